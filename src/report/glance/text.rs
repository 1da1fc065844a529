//! A run at a glance for a terminal of 80 columns.

use super::Glance;
use crate::format::{joined, percent};
use crate::plot::scale::AccuracyScale;

/// Width of the text.
const WIDTH: usize = 80;
/// Width of the names of facts.
const NAMES: usize = 19;
/// Lines and columns of the learning curve.
const CURVE: (usize, usize) = (9, 60);
/// Height of a line in the scale's units, in which a label is 14 high.
const LINE: f64 = 18.0;

/// The run for a terminal, in lines of at most 80 characters.
pub fn glance_text(glance: &Glance) -> String {
    let facts = joined(glance.facts(), "\n", |(name, value)| indented(name, &value));
    let settings = joined(glance.settings(), ", ", |(name, value)| format!("{name} {value}"));
    let mut sections = vec![glance.result.name.clone() + "\n" + &facts, indented("settings", &settings)];
    if !glance.history.is_empty() {
        sections.push(curve(glance));
    }
    sections.push(confusions(glance));
    sections.join("\n\n")
}

/// A name and its value, in lines that are broken at spaces.
fn indented(name: &str, value: &str) -> String {
    let mut lines = vec![String::new()];
    for word in value.split(' ') {
        match lines.last_mut() {
            Some(line)
                if line.is_empty() || NAMES + line.chars().count() + 1 + word.chars().count() <= WIDTH =>
            {
                line.push_str(if line.is_empty() { "" } else { " " });
                line.push_str(word);
            }
            _ => lines.push(word.to_string()),
        }
    }
    let names = [name].into_iter().chain(std::iter::repeat(""));
    joined(names.zip(lines), "\n", |(name, line)| format!("{name:<NAMES$}{line}"))
}

/// The learning curve in characters.
fn curve(glance: &Glance) -> String {
    let (history, (lines, columns)) = (&glance.history, CURVE);
    let training: Vec<f64> = history.iter().map(|epoch| epoch.train_accuracy).collect();
    let validation: Vec<Option<f64>> = history.iter().map(|epoch| epoch.validation_accuracy).collect();
    let values: Vec<f64> = validation.iter().flatten().chain(&training).copied().collect();
    let bottom = LINE * (lines - 1) as f64;
    let scale = AccuracyScale::new(&values, &[], glance.result.train_images, bottom, 0.0);
    let line = |place: f64| ((place / LINE).round().max(0.0) as usize).min(lines - 1);
    let last = history.len() - 1;
    // Three columns per epoch, as long as they fit.
    let columns = columns.min(3 * last + 1);
    let column = |epoch: usize| epoch * (columns - 1) / last.max(1);
    let mut drawn = vec![vec![' '; columns]; lines];
    for (epoch, (training, validation)) in training.iter().zip(&validation).enumerate() {
        drawn[line(scale.place(*training))][column(epoch)] = 't';
        if let Some(accuracy) = validation {
            let place = &mut drawn[line(scale.place(*accuracy))][column(epoch)];
            *place = if *place == 't' { '*' } else { 'v' };
        }
    }
    let ticks = scale.ticks();
    let rows = drawn.iter().enumerate().map(|(index, characters)| {
        let tick = ticks.iter().find(|(place, _)| line(*place) == index);
        let label = tick.map_or("", |(_, label)| label.as_str());
        let line = format!("{label:>9} | {}", characters.iter().collect::<String>());
        line.trim_end().to_string() + "\n"
    });
    let key = if validation.iter().any(Option::is_some) {
        "accuracy on v validation images, t training images, * both"
    } else {
        "accuracy on t training images"
    };
    let end = format!("epoch {}", history[last].epoch);
    let axis =
        if last == 0 { end } else { format!("1{end:>width$}", width = (columns - 1).max(end.len() + 1)) };
    let rows: String = rows.collect();
    format!("Learning curve: {key}\n{rows}{:>9} +{}\n{:>9}   {axis}", "", "-".repeat(columns + 1), "")
}

/// The confusion matrix, with the accuracy of each digit beside it.
fn confusions(glance: &Glance) -> String {
    let cells =
        |values: &mut dyn Iterator<Item = String>| values.map(|value| format!("{value:>6}")).collect();
    let matrix = &glance.result.confusion_matrix;
    let heads: String = cells(&mut (0..matrix.len()).map(|digit| digit.to_string()));
    let digits = matrix.iter().zip(glance.per_digit()).enumerate().map(|(digit, (row, (all, right)))| {
        let counts: String = cells(&mut row.iter().map(|count| match count {
            0 => ".".into(),
            count => count.to_string(),
        }));
        format!("\n{digit:>4} {counts}{:>11}", percent(right as f64 / all.max(1) as f64))
    });
    format!(
        "Test images by true digit (row) and predicted digit (column)\n     {heads}{:>11}{}",
        "right",
        digits.collect::<String>()
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::benchmark::InferenceTime;
    use crate::report::charts::sample::Sample;
    use crate::report::glance::milliseconds;
    use crate::run::EpochRecord;

    /// A run whose training accuracy is 0.5 in all of ten epochs, and whose validation accuracy grows.
    fn glance() -> Glance {
        let sample = Sample::new();
        let (result, history) = (sample.report.settings[4].runs[0].clone(), sample.histories[4][0].clone());
        let inference = Some(InferenceTime { alone: 1.234e-3, per_image: 4.56e-6, batch: 500, threads: 2 });
        Glance { result, history, file_bytes: 326_696, inference }
    }

    #[test]
    fn the_curve_stands_higher_the_higher_the_accuracy() {
        let curve = curve(&glance());
        let rows: Vec<&str> = curve.lines().skip(1).take(CURVE.0).collect();
        let places = |mark: char| -> Vec<(usize, usize)> {
            let row = |(row, line): (usize, &&str)| {
                line.chars()
                    .enumerate()
                    .filter(|(_, found)| *found == mark)
                    .map(|(column, _)| (column, row))
                    .collect()
            };
            let mut places: Vec<(usize, usize)> =
                rows.iter().enumerate().flat_map(|line| -> Vec<_> { row(line) }).collect();
            places.sort_unstable();
            places
        };
        let (training, validation) = (places('t'), places('v'));
        // Three columns per epoch, behind the labels and "| ".
        let columns: Vec<usize> = (0..10).map(|epoch| 12 + 3 * epoch).collect();
        assert_eq!(training.iter().map(|place| place.0).collect::<Vec<_>>(), columns, "{curve}");
        assert_eq!(validation.iter().map(|place| place.0).collect::<Vec<_>>(), columns, "{curve}");
        assert!(training.iter().all(|place| place.1 == training[0].1), "{curve}");
        assert!(validation.windows(2).all(|two| two[1].1 <= two[0].1), "{curve}");
        assert!(validation[0].1 < training[0].1 && validation[9].1 < validation[0].1, "{curve}");
    }

    #[test]
    fn one_epoch_and_many_are_drawn_in_80_columns() {
        for epochs in [1, 2, 300] {
            let mut glance = glance();
            let first = glance.history[0].clone();
            glance.history = (1..=epochs).map(|epoch| EpochRecord { epoch, ..first.clone() }).collect();
            let text = glance_text(&glance);
            assert!(text.contains(&format!("epoch {epochs}")), "{text}");
            assert!(text.lines().all(|line| line.chars().count() <= WIDTH), "{text}");
        }
    }

    #[test]
    fn times_have_three_digits() {
        assert_eq!(
            [1.234e-3, 4.56e-6, 2.0, 0.0].map(milliseconds),
            ["1.23 ms", "0.00456 ms", "2000 ms", "0.000000000 ms"]
        );
        let text = glance_text(&glance());
        assert!(
            text.contains("inference time     1.23 ms alone, 0.00456 ms each in batches of 500, 2 threads"),
            "{text}"
        );
    }
}
