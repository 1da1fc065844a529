//! A run at a glance as one HTML file.

use super::Glance;
use crate::format::{joined, percent, thousands};
use crate::plot::page::{begin, figure, repeat, section, table};
use crate::plot::{Chart, escape};
use crate::report::charts::{Material, charts};
use crate::statistics::Report;

/// The run as one HTML file. `command` makes it.
pub fn glance_html(glance: &Glance, command: &str) -> String {
    let run = &glance.result;
    let report = Report::new(vec![run.clone()], Vec::new());
    let histories = [vec![glance.history.clone()]];
    let material = Material {
        report: &report,
        histories: &histories,
        predictions: &[],
        test_images: None,
        command,
        title: &run.name,
    };
    let shown = |chart: &Chart| ["learning-curves", "confusion-matrix"].contains(&chart.name);
    let figures: String = charts(&material).iter().filter(|chart| shown(chart)).map(figure).collect();
    let entry = |(name, value): (&str, &str)| format!("<dt>{}</dt><dd>{}</dd>", escape(name), escape(value));
    let facts = joined(glance.facts(), "", |(name, value)| entry((name, &value)) + "\n");
    let settings =
        joined(glance.settings(), "", |(name, value)| format!("<div>{}</div>\n", entry((&name, &value))));
    let digits = glance.per_digit().into_iter().enumerate().map(|(digit, (all, right))| {
        vec![digit.to_string(), percent(right as f64 / all.max(1) as f64), thousands(right), thousands(all)]
    });
    let epochs = glance.history.iter().map(|epoch| {
        let known = |value: Option<f64>, text: fn(f64) -> String| value.map_or("-".into(), text);
        let loss = |value: f64| format!("{value:.4}");
        vec![
            epoch.epoch.to_string(),
            loss(epoch.train_loss),
            percent(epoch.train_accuracy),
            known(epoch.validation_loss, loss),
            known(epoch.validation_accuracy, percent),
            format!("{:.1}", epoch.seconds),
        ]
    });
    let sections = [
        section("facts", "The run", format!("<dl>\n{facts}</dl>\n")),
        section("charts", "Charts", format!("<div class=\"figures\">\n{figures}</div>\n")),
        section(
            "digits",
            "Accuracy per digit",
            table(
                "Accuracy per digit",
                &["Digit", "Accuracy", "Right", "Test images"],
                &[],
                digits.collect(),
            ),
        ),
        section(
            "epochs",
            "Every epoch",
            table(
                "Every epoch",
                &[
                    "Epoch",
                    "Training loss",
                    "Training accuracy",
                    "Validation loss",
                    "Validation accuracy",
                    "Seconds",
                ],
                &[],
                epochs.collect(),
            ),
        ),
        section("settings", "Settings", format!("<dl class=\"columns\">\n{settings}</dl>\n")),
        repeat(command),
    ];
    let lead = format!("Test accuracy {}", percent(run.test_accuracy));
    begin(&run.name, &lead) + &sections.concat() + "</main>\n</body>\n</html>\n"
}
