//! Tuned beside untuned on the page.

use super::items;
use super::tables::{html, or_dash};
use crate::format::{percent, signed_points};
use crate::plot::escape;
use crate::plot::page::section;
use crate::report::tuning::{ABOUT, ABOUT_TEST, accuracy, accuracy_interval, chosen, gain, gain_interval};
use crate::statistics::tuning::{OfValue, TunedSetting, Tuning};
use crate::statistics::value_in_words;

pub(super) fn sections(tuning: &Tuning) -> String {
    let notes = items(tuning.notes.iter().map(|note| escape(note)));
    [
        section("tuned", "Tuned beside untuned", held_out(tuning) + &notes),
        section("tuned-test", "Tuned beside untuned on test images", test(tuning)),
        section("values", "Every value of what is tuned", values(tuning)),
    ]
    .concat()
}

fn dash(text: Option<String>) -> String {
    or_dash(text, |text| text)
}

/// With typographic minus signs.
fn signed(text: Option<String>) -> String {
    dash(text).replace('-', "−")
}

fn held_out(tuning: &Tuning) -> String {
    html::<TunedSetting>(
        "Tuned beside untuned",
        &[5],
        ABOUT,
        &tuning.settings,
        &[
            ("Setting", &|setting| escape(&setting.label)),
            ("Untuned", &|setting| dash(accuracy(setting.untuned.held_out))),
            ("Tuned", &|setting| dash(accuracy(setting.tuned.held_out))),
            ("Gain", &|setting| signed(gain(setting.gain))),
            ("95 % interval", &|setting| signed(gain_interval(setting.gain))),
            ("Chosen", &|setting| escape(&chosen(setting, tuning))),
        ],
    )
}

fn test(tuning: &Tuning) -> String {
    html::<TunedSetting>(
        "Tuned beside untuned on test images",
        &[],
        ABOUT_TEST,
        &tuning.settings,
        &[
            ("Setting", &|setting| escape(&setting.label)),
            ("Untuned", &|setting| dash(accuracy(setting.untuned.test))),
            ("95 % interval, untuned", &|setting| dash(accuracy_interval(setting.untuned.test))),
            ("Tuned", &|setting| dash(accuracy(setting.tuned.test))),
            ("95 % interval, tuned", &|setting| dash(accuracy_interval(setting.tuned.test))),
            ("Gain", &|setting| signed(setting.test_gain.map(signed_points))),
        ],
    )
}

/// One row per setting and value.
fn values(tuning: &Tuning) -> String {
    let rows: Vec<(&TunedSetting, &OfValue)> = tuning
        .settings
        .iter()
        .flat_map(|setting| setting.values.iter().map(move |value| (setting, value)))
        .collect();
    let folds = |(setting, of): &(&TunedSetting, &OfValue)| {
        let chosen = setting.chosen.iter().find(|chosen| chosen.value == of.value);
        chosen.map_or(0, |chosen| chosen.folds.len()).to_string()
    };
    html::<(&TunedSetting, &OfValue)>(
        "Every value of what is tuned",
        &[],
        "Means over all seeds. The highest of these means is too high, because it was picked by these trials themselves. The tuned \
         accuracy is of values that other folds picked.",
        &rows,
        &[
            ("Setting", &|(setting, _)| escape(&setting.label)),
            ("Value", &|(_, of)| escape(&value_in_words(&of.value))),
            ("Held out, mean", &|(_, of)| or_dash(of.held_out, percent)),
            ("Seeds", &|(_, of)| of.seeds.to_string()),
            ("Chosen for folds", &folds),
        ],
    )
}
