//! How a plan contradicts the sweep that it is added to.

use super::{Plan, UntilDecided};
use crate::config::{Role, role};
use crate::statistics::tuning::Tune;
use std::collections::BTreeSet;

/// The first setting that both plans give a single value, and not the same one; else a setting that is tuned in one of them
/// alone, or with other values. Units, layers and seeds may always be extended, and so may a setting that either plan varies.
pub(super) fn of_plans(old: &Plan, new: &Plan) -> Option<String> {
    let single = keys(old, new).into_iter().filter(|key| role(key) == Role::Protocol).find_map(|key| {
        let (there, here) = (old.only_value(key)?, new.only_value(key)?);
        (there != here).then(|| format!("{key} = {here}, not {there}"))
    });
    single.or_else(|| of_tunes(old.tune().as_ref(), new.tune().as_ref()))
}

/// Every value is trained with every setting and seed, so the values are fixed when the sweep begins. Their order makes no
/// difference.
fn of_tunes(old: Option<&Tune>, new: Option<&Tune>) -> Option<String> {
    match (old, new) {
        (None, None) => None,
        (None, Some(new)) => Some(format!("{}, not a sweep without --tune", new.option())),
        (Some(old), None) => Some(format!("no --tune, not {}", old.option())),
        (Some(old), Some(new)) => {
            let among = |value: &toml::Value| old.values.contains(value);
            let same = old.setting == new.setting
                && old.values.len() == new.values.len()
                && new.values.iter().all(among);
            (!same).then(|| format!("{}, not {}", new.option(), old.option()))
        }
    }
}

/// How a sweep with the rule `new` and this plan is another one than that with the rule `old`: its rounds were planned for all of
/// its settings, so it cannot be extended. No rule is a fixed number of seeds.
pub(super) fn of_rules(
    (old, there): (Option<&UntilDecided>, &Plan),
    (new, here): (Option<&UntilDecided>, &Plan),
) -> Option<String> {
    match (old, new) {
        (None, None) => None,
        (None, Some(_)) => Some("--until-decided, not a fixed number of seeds".into()),
        (Some(_), None) => Some("a fixed number of seeds, not --until-decided".into()),
        (Some(old), Some(new)) => old.difference(new).or_else(|| of_whole_plans(there, here)),
    }
}

/// The first difference of two plans, seeds and sizes included.
fn of_whole_plans(old: &Plan, new: &Plan) -> Option<String> {
    if old.seeds != new.seeds {
        return Some(format!("seeds = {}, not {}", new.seeds_in_words(), old.seeds_in_words()));
    }
    let differs = |key: &&String| old.grid.get(*key) != new.grid.get(*key);
    // Where the data lie makes no difference if they are the same.
    let key = keys(old, new).into_iter().filter(|key| *key != "data-dir").find(differs)?;
    Some(format!("{key} = {}, not {}", new.values_in_words(key), old.values_in_words(key)))
}

fn keys<'a>(old: &'a Plan, new: &'a Plan) -> BTreeSet<&'a String> {
    old.grid.keys().chain(new.grid.keys()).collect()
}
