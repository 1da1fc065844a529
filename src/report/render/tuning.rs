//! Tuned beside untuned as text and as Markdown.

use super::tables::table;
use super::verdict::{or_dash, paragraph};
use super::{Form, list};
use crate::format::signed_points;
use crate::report::Column;
use crate::report::tuning::{ABOUT, ABOUT_TEST, accuracy, accuracy_interval, chosen, gain, gain_interval};
use crate::statistics::tuning::{TunedSetting, Tuning};

/// The sections, each with its title.
pub(super) fn sections(tuning: &Tuning, form: Form) -> Vec<(&'static str, String)> {
    let label = |setting: &TunedSetting| form.plain(&setting.label);
    let values = |setting: &TunedSetting| form.plain(&chosen(setting, tuning));
    let columns: Vec<Column<TunedSetting>> = vec![
        ("setting", &label),
        ("untuned", &|setting| or_dash(accuracy(setting.untuned.held_out))),
        ("tuned", &|setting| or_dash(accuracy(setting.tuned.held_out))),
        ("gain", &|setting| or_dash(gain(setting.gain))),
        ("95 % interval", &|setting| or_dash(gain_interval(setting.gain))),
        ("chosen", &values),
    ];
    let held_out = table::<TunedSetting>(form, &[0, 5], &tuning.settings, &columns);
    let test = table::<TunedSetting>(
        form,
        &[0],
        &tuning.settings,
        &[
            ("setting", &label),
            ("untuned", &|setting| or_dash(accuracy(setting.untuned.test))),
            ("95 % interval", &|setting| or_dash(accuracy_interval(setting.untuned.test))),
            ("tuned", &|setting| or_dash(accuracy(setting.tuned.test))),
            ("95 % interval", &|setting| or_dash(accuracy_interval(setting.tuned.test))),
            ("gain", &|setting| or_dash(setting.test_gain.map(signed_points))),
        ],
    );
    let notes = Some(list(tuning.notes.iter().cloned(), form)).filter(|notes| !notes.is_empty());
    let held_out = [Some(held_out), notes, Some(paragraph(ABOUT, form))];
    vec![
        ("Tuned beside untuned", held_out.into_iter().flatten().collect::<Vec<_>>().join("\n\n")),
        ("Tuned beside untuned on test images", test + "\n\n" + &paragraph(ABOUT_TEST, form)),
    ]
}
