//! Accuracy by epoch, one line per setting, named at its end.

use super::{Chart, Material};
use crate::format::{joined, percent, signed_points};
use crate::plot::lines::AccuracyLines;
use crate::plot::scale::even_steps;
use crate::run::EpochRecord;

/// A setting's mean over its seeds after each epoch, from the first.
struct LearningCurve<'a> {
    label: &'a str,
    accuracies: Vec<f64>,
    /// The same of the training images while they trained; empty if `accuracies` are those.
    training: Vec<f64>,
}

/// The chart, or `None` without histories. It shows the validation accuracy beside that of the training images as they were
/// met, or only the latter where a history has no validation.
pub(super) fn learning_curves(material: &Material) -> Option<Chart> {
    let stored = || material.histories.iter().flatten().flatten();
    let validated = stored().all(|record| record.validation_accuracy.is_some());
    let curves = curves(material, validated);
    let epochs = curves.iter().map(|curve| curve.accuracies.len()).max()?;

    let what = if validated { "Validation accuracy" } else { "Training accuracy" };
    let points = |accuracies: &[f64]| {
        accuracies.iter().enumerate().map(|(index, value)| (index as f64 + 1.0, *value)).collect()
    };
    let training = curves.iter().filter(|_| validated).map(|curve| points(&curve.training));
    let chart = AccuracyLines {
        lines: curves.iter().map(|curve| (curve.label, points(&curve.accuracies))).collect(),
        training: training.collect(),
        what: if validated { "Accuracy" } else { what },
        images: images(material, validated),
        axis: "Epoch",
        ticks: epoch_ticks(epochs).into_iter().map(|epoch| (epoch as f64, epoch.to_string())).collect(),
        height: 260.0,
    };
    let canvas = chart.draw(|frame, epoch| {
        frame.left + 10.0 + (epoch - 1.0) / (epochs as f64 - 1.0).max(1.0) * (frame.right - frame.left - 10.0)
    });
    let shown = if validated { "Validation and training accuracy" } else { what };
    let title = format!("{shown} by epoch, mean of the seeds");
    Some(Chart::new("learning-curves", title, describe(&curves, what), canvas))
}

/// The curves, as far as every stored history of a setting goes: a mean over fewer seeds would be of something else.
fn curves<'a>(material: &Material<'a>, validated: bool) -> Vec<LearningCurve<'a>> {
    let accuracy = |record: &EpochRecord| match record.validation_accuracy {
        Some(value) if validated => value,
        _ => record.train_accuracy,
    };
    let training = |record: &EpochRecord| record.train_accuracy;
    let settings = material.report.settings.iter().zip(material.histories);
    let curves = settings.map(|(setting, histories)| {
        let stored: Vec<_> = histories.iter().filter(|history| !history.is_empty()).collect();
        let epochs = stored.iter().map(|history| history.len()).min().unwrap_or(0);
        let means = |of: &dyn Fn(&EpochRecord) -> f64| -> Vec<f64> {
            let mean = |epoch: usize| {
                stored.iter().map(|history| of(&history[epoch])).sum::<f64>() / stored.len() as f64
            };
            (0..epochs).map(mean).collect()
        };
        let training = if validated { means(&training) } else { Vec::new() };
        LearningCurve { label: &setting.label, accuracies: means(&accuracy), training }
    });
    curves.filter(|curve| !curve.accuracies.is_empty()).collect()
}

/// The number of images that an accuracy is of.
fn images(material: &Material, validated: bool) -> usize {
    let runs = material.report.settings.iter().flat_map(|setting| &setting.runs);
    runs.map(|run| if validated { run.validation_total } else { run.train_images }).max().unwrap_or(0).max(1)
}

/// Whole epochs, the first and the last among them.
fn epoch_ticks(epochs: usize) -> Vec<usize> {
    if epochs <= 12 {
        return (1..=epochs).collect();
    }
    let inner = even_steps(1.0, epochs as f64, 6).into_iter().map(|value| value as usize);
    let apart = epochs / 10;
    let inner = inner.filter(|value| *value > apart && *value + apart < epochs);
    [1].into_iter().chain(inner).chain([epochs]).collect()
}

fn describe(curves: &[LearningCurve], what: &str) -> String {
    let parts = joined(curves, ". ", |curve| {
        let first = format!("{}: {} after epoch 1", curve.label, percent(curve.accuracies[0]));
        let curves = match curve.accuracies.as_slice() {
            [_, .., last] => format!("{first}, {} after epoch {}", percent(*last), curve.accuracies.len()),
            _ => first,
        };
        curves + &gap(curve)
    });
    let how = if curves.iter().all(|curve| curve.training.is_empty()) {
        ""
    } else {
        " The training accuracy is of the images as they train, so it lags behind the network at the end of the epoch. \
         Where it is far above the validation accuracy, the network overfits."
    };
    format!("{what}, mean of the seeds. {parts}.{how}")
}

/// The training accuracy of the last epoch, compared with the validation accuracy.
fn gap(curve: &LearningCurve) -> String {
    match (curve.training.last(), curve.accuracies.last()) {
        (Some(training), Some(validation)) => {
            format!(" (training {}, {} points)", percent(*training), signed_points(training - validation))
        }
        _ => String::new(),
    }
}
