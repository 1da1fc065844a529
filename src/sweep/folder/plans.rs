//! What may be added to a sweep: plans that do not contradict it.

use super::super::{MAX_SEEDS, Plan, UntilDecided, contradiction};
use super::{FORMAT, FORMAT_FIXED, FORMAT_UNTIL_DECIDED, SWEEP, Stored, SweepFolder, read};
use crate::config::{SWEEP_FOLDS, TrainConfig};
use crate::error::{RunError, SweepError};
use crate::run::{atomic, write_json};
use crate::statistics::verdict::Options;
use std::collections::{BTreeSet, HashSet};
use std::path::Path;

/// What was asked of a sweep that goes on until its settings are decided. What was not is as the sweep has it, or at its
/// default.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Asked {
    pub margin: Option<f64>,
    pub max_seeds: Option<usize>,
}

impl SweepFolder {
    /// A plan as it is added to the sweep in a folder: if it names no folds, with those of the sweep, or of a new sweep with
    /// [`SWEEP_FOLDS`].
    ///
    /// # Errors
    /// [`SweepError::Tune`] if the plan tunes a setting and cannot, [`SweepError::Run`] if the folder cannot be read.
    pub fn complete(path: &Path, plan: Plan) -> Result<Plan, SweepError> {
        let stored = read(path)?.and_then(|stored| stored.plans.first().map(Plan::folds));
        let plan = plan.with_folds(stored.unwrap_or(SWEEP_FOLDS));
        plan.check_tune().map(|()| plan)
    }

    /// A plan and its rule as [`Self::complete`] gives the plan, for a sweep that goes on until its settings are decided. If it
    /// names no seeds, with those of the sweep; a new sweep begins with one for each fold.
    ///
    /// # Errors
    /// [`SweepError::Rule`] if the rule makes no sense for the plan, [`SweepError::Tune`] if the plan tunes a setting,
    /// [`SweepError::Run`] if the folder cannot be read.
    pub fn complete_until_decided(
        path: &Path,
        plan: Plan,
        asked: Asked,
    ) -> Result<(Plan, UntilDecided), SweepError> {
        plan.check_not_tuned()?;
        let mut plan = Self::complete(path, plan)?;
        let stored =
            read(path)?.and_then(|stored| Some((stored.until_decided?, stored.plans.first()?.seeds.clone())));
        let margin = asked.margin.or_else(|| Some(stored.as_ref()?.0.margin));
        let max_seeds = asked.max_seeds.or_else(|| Some(stored.as_ref()?.0.max_seeds)).unwrap_or(MAX_SEEDS);
        let folds = plan.folds();
        if plan.seeds.is_empty() {
            let first = |stored: (UntilDecided, Vec<u64>)| stored.1;
            plan.seeds = stored.map_or_else(|| (1..=folds.min(max_seeds) as u64).collect(), first);
        }
        let problem = |problem| SweepError::Rule { problem };
        if folds == 0 {
            let text = "needs folds, because it compares networks on images that they did not train on: leave out \
                        --folds 0, or name a new folder with --out if the sweep has none";
            return Err(problem(text.into()));
        }
        let fold = |seed: &u64| TrainConfig { folds, seed: *seed, ..TrainConfig::default() }.fold_of_seed();
        if plan.seeds.iter().map(fold).collect::<BTreeSet<_>>().len() < 2 {
            let text = "seeds = {}: must hold out at least two different folds in the first round";
            return Err(problem(text.replace("{}", &plan.seeds_in_words())));
        }
        let first: HashSet<&u64> = plan.seeds.iter().collect();
        let margin = margin.unwrap_or(Options::default().margin);
        let rule = UntilDecided::new(margin, first.len(), max_seeds).map_err(problem)?;
        Ok((plan, rule))
    }

    /// Adds a plan to the sweep in a folder, which is created if it does not exist.
    ///
    /// # Errors
    /// [`SweepError::Contradiction`] if the sweep has other data, or another value of a setting that neither plan varies, or
    /// tunes otherwise, or goes on until its settings are decided; [`SweepError::Run`] if the folder cannot be read or
    /// written.
    pub fn add(path: &Path, plan: &Plan, data_checksum: &str) -> Result<Self, SweepError> {
        Self::add_with(path, plan, None, data_checksum)
    }

    /// As [`Self::add`], for a sweep with this rule, if any. With a rule, plans must be the same.
    ///
    /// # Errors
    /// As [`Self::add`].
    pub fn add_with(
        path: &Path,
        plan: &Plan,
        rule: Option<UntilDecided>,
        data_checksum: &str,
    ) -> Result<Self, SweepError> {
        atomic::create_folder(path).map_err(RunError::io("create the folder", path))?;
        let folder = Self::preview(path, plan, rule, data_checksum)?;
        if !read(path)?.is_some_and(|stored| stored.plans.contains(plan)) {
            write_json(&path.join(SWEEP), &folder.stored)?;
        }
        Ok(folder)
    }

    /// The sweep as [`Self::add_with`] makes it, without writing anything.
    ///
    /// # Errors
    /// As [`Self::add`].
    pub fn preview(
        path: &Path,
        plan: &Plan,
        rule: Option<UntilDecided>,
        data_checksum: &str,
    ) -> Result<Self, SweepError> {
        let mut stored = read(path)?.unwrap_or_else(|| Stored {
            format: match rule {
                _ if plan.tune().is_some() => FORMAT,
                Some(_) => FORMAT_UNTIL_DECIDED,
                None => FORMAT_FIXED,
            },
            version: env!("CARGO_PKG_VERSION").to_string(),
            data_checksum: data_checksum.to_string(),
            plans: Vec::new(),
            until_decided: rule,
        });
        let contradiction = |difference| SweepError::Contradiction { path: path.to_path_buf(), difference };
        if stored.data_checksum != data_checksum {
            // The first digits.
            let difference =
                format!("data with checksum {data_checksum:.8}…, not {:.8}…", stored.data_checksum);
            return Err(contradiction(difference));
        }
        let old = stored.until_decided.as_ref();
        let of_plan = |other: &Plan| {
            let of_rules = || contradiction::of_rules((old, other), (rule.as_ref(), plan));
            contradiction::of_plans(other, plan).or_else(of_rules)
        };
        if let Some(difference) = stored.plans.iter().find_map(of_plan) {
            return Err(contradiction(difference));
        }
        if !stored.plans.contains(plan) {
            stored.plans.push(plan.clone());
        }
        Ok(Self { path: path.to_path_buf(), stored })
    }

    /// Whether this plan is one of those stored, with this rule, if any.
    pub fn holds(&self, plan: &Plan, rule: Option<&UntilDecided>) -> bool {
        self.stored.plans.contains(plan) && self.stored.until_decided.as_ref() == rule
    }

    /// Refuses to continue a sweep with a fixed number of seeds until its settings are decided, and a rule that is not the
    /// sweep's.
    ///
    /// # Errors
    /// [`SweepError::Contradiction`], [`SweepError::Rule`].
    pub fn require_rule(&self, asked: Asked) -> Result<(), SweepError> {
        let plan = self.stored.plans.first().cloned().unwrap_or_default();
        let (plan, rule) = Self::complete_until_decided(&self.path, plan, asked)?;
        Self::preview(&self.path, &plan, Some(rule), &self.stored.data_checksum).map(|_| ())
    }

    /// Refuses a number of folds that is not the sweep's.
    ///
    /// # Errors
    /// [`SweepError::Contradiction`].
    pub fn require_folds(&self, folds: usize) -> Result<(), SweepError> {
        if folds == self.folds() {
            return Ok(());
        }
        let difference = format!("folds = {folds}, not {}", self.folds());
        Err(SweepError::Contradiction { path: self.path.clone(), difference })
    }
}
