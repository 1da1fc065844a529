//! Which network is good enough: estimates with intervals that cover seeds, training images and images; differences; the verdict
//! against the best; the curve of errors; targets. Pure functions of the trials' answers: reading them from runs, and showing
//! the results, is left to others. docs/statistics.md explains all of it.
//!
//! A caller builds one [`Measured`] per setting from its [`Trial`]s and asks:
//!
//! * [`judge()`]: which settings are within the margin of the best, in numbers and sentences, and which need more seeds
//! * [`held_out_accuracy`], [`test_accuracy`]: one setting
//! * [`held_out_difference`], [`test_difference`]: two settings; [`held_out_gain`]: a setting tuned and untuned
//! * [`slopes`]: the error by units
//! * [`reaching`], [`within_budget`]: the smallest that reaches an accuracy, the best that a budget allows
//!
//! Accuracies, differences and margins are fractions. No result is NaN or infinite, and what the trials do not show is
//! `None` or a class of its own.

mod accuracy;
mod best;
mod crossed;
mod curve;
mod difference;
mod judge;
mod paired;
mod quantiles;
mod repeated;
mod targets;
mod trials;
mod uncertain;
mod words;

pub use accuracy::{Estimate, held_out_accuracy, test_accuracy};
pub use best::Below;
pub use curve::{Slope, slopes};
pub use difference::{Difference, held_out_difference, held_out_gain, test_difference};
pub use judge::{Class, Judgement, Options, Verdict, judge};
pub use paired::Needed;
pub use targets::{Affordable, Reaching, reaching, within_budget};
pub use trials::{Answers, Gap, Measured, Missing, Trial};
pub use uncertain::{Covers, Parts};
pub(super) use words::confidence;

#[cfg(test)]
mod tests;
