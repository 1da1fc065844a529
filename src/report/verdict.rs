//! The verdict's numbers as text, for every rendering.

use crate::format::{interval, percent, percent_number, points};
use crate::statistics::findings::{ErrorChange, Findings};
use crate::statistics::verdict::{Class, Judgement};
use crate::statistics::{Report, Setting};

/// What the columns of accuracies and bounds are.
pub(super) const ABOUT: &str = "Each interval holds for its setting alone; all bounds below the best hold at once. Both are \
     for new seeds, new training images and new images to read.";

/// What the changes of the error are.
pub(super) const ABOUT_CHANGES: &str =
    "Changes of the error on held-out images of common seeds. Each interval holds for its row alone.";

/// A setting in the verdict.
pub(super) struct Row<'a> {
    pub judgement: &'a Judgement,
    /// None for a setting without a finished run.
    pub setting: Option<&'a Setting>,
    findings: &'a Findings,
    index: usize,
}

/// The settings of the verdict, in their order.
pub(super) fn rows<'a>(report: &'a Report, findings: &'a Findings) -> Vec<Row<'a>> {
    let settings = findings.verdict.settings.iter().enumerate();
    settings
        .map(|(index, judgement)| Row { judgement, setting: report.settings.get(index), findings, index })
        .collect()
}

impl Row<'_> {
    /// "98.93 %"
    pub fn accuracy(&self) -> Option<String> {
        Some(percent(self.findings.held_out[self.index]?.mean))
    }

    /// "98.80 to 99.04"
    pub fn interval(&self) -> Option<String> {
        Some(interval(self.findings.held_out[self.index]?.interval, percent_number))
    }

    /// "0.50 to 0.70"
    pub fn below(&self) -> Option<String> {
        let below = self.judgement.below?;
        if below.high >= 1.0 {
            return Some(if below.low == 0.0 {
                "no bound".into()
            } else {
                format!("{} or more", points(below.low))
            });
        }
        Some(interval((below.low, below.high), points))
    }

    /// Whether it is the smallest setting within the margin.
    pub fn is_answer(&self) -> bool {
        self.findings.verdict.answer == Some(self.index)
    }

    /// The class, with the margin left out of its words.
    pub fn class(&self) -> &'static str {
        match self.judgement.class {
            Class::Within => "within",
            class => class.in_words(),
        }
    }
}

/// "16 to 32 units", with what else the settings have in their labels.
pub(super) fn change_label(report: &Report, change: &ErrorChange) -> String {
    super::units_from_to(report, change.slope.from, change.slope.to)
}

/// A change of the error in percent: "-46 %".
pub(super) fn change(fraction: f64) -> String {
    // "-0 %" says no more than "0 %".
    let percent = (100.0 * fraction).round() + 0.0;
    let sign = if percent > 0.0 { "+" } else { "" };
    if percent > 1000.0 { "> +1000 %".into() } else { format!("{sign}{percent:.0} %") }
}

/// "-52 to -40 %"
pub(super) fn change_interval(change_of: &ErrorChange) -> String {
    let (low, high) = change_of.change_interval;
    format!("{} to {}", change(low).trim_end_matches(" %"), change(high))
}

/// The change for each doubling of the units, where the two unit counts are not one doubling apart.
pub(super) fn per_doubling(change_of: &ErrorChange) -> String {
    change(change_of.slope.per_doubling.min(1000.0).exp2() - 1.0)
}

/// Whether any two neighbours are not one doubling apart.
pub(super) fn uneven(findings: &Findings) -> bool {
    findings.error_changes.iter().any(|change| (change.slope.doublings - 1.0).abs() > 1e-9)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_have_their_sign_and_no_minus_before_nothing() {
        assert_eq!(
            [-0.456, 0.2, 0.0, -0.001, 50.0].map(change),
            ["-46 %", "+20 %", "0 %", "0 %", "> +1000 %"]
        );
    }
}
