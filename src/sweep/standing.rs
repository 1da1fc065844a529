//! Where a sweep that goes on until its settings are decided stands: its rounds, by the results in its folder.

use super::rounds::{Outcome, Place, Position, RankedSetting, position};
use super::{SweepFolder, Trial, TrialState, UntilDecided};
use crate::config::TrainConfig;
use crate::data::Dataset;
use crate::error::SweepError;
use crate::model::ModelShape;
use crate::run::RunFolder;
use crate::statistics::verdict::{Class, Verdict};
use crate::statistics::{Origin, Run, TrialReader, group, labels};
use std::collections::HashMap;

impl Run for Trial {
    fn settings(&self) -> &TrainConfig {
        &self.config
    }

    /// All trials of a sweep have the same.
    fn origin(&self) -> Origin {
        Origin::default()
    }
}

/// The rounds of a sweep so far.
#[derive(Clone, Debug)]
pub struct Standing {
    pub rule: UntilDecided,
    /// The trials of each round so far, in the order of settings, then seeds. The last round is under way, or the sweep has
    /// ended.
    pub rounds: Vec<Vec<Trial>>,
    /// The verdict after the last round that has ended.
    pub verdict: Option<Verdict>,
    /// Whether there is nothing left to train.
    pub ended: bool,
    /// The labels of the settings of the last round.
    pub settings: Vec<String>,
    /// Trials of all settings with all seeds: what would be trained without looking.
    pub most_trials: usize,
}

impl Standing {
    /// The number of the last round, from 1.
    pub fn round(&self) -> usize {
        self.rounds.len()
    }

    /// The trials of the last round.
    pub fn trials(&self) -> &[Trial] {
        self.rounds.last().map_or(&[], Vec::as_slice)
    }

    /// The trials of all rounds so far.
    pub fn all_trials(&self) -> Vec<Trial> {
        self.rounds.concat()
    }

    /// The labels of the settings that the last verdict does not decide; all before the first.
    pub fn undecided(&self) -> Vec<&str> {
        match &self.verdict {
            None => self.settings.iter().map(String::as_str).collect(),
            Some(verdict) => {
                let open = |class| matches!(class, Class::Undecided | Class::NotCompared);
                let settings = verdict.settings.iter().filter(|judgement| open(judgement.class));
                settings.map(|judgement| judgement.label.as_str()).collect()
            }
        }
    }
}

impl SweepFolder {
    /// Where the sweep stands; `None` if it has a fixed number of seeds.
    ///
    /// * `data`: that of the sweep.
    ///
    /// # Errors
    /// As [`SweepFolder::trials`]; [`SweepError::Run`] if predictions cannot be read or are damaged.
    pub fn standing(&self, data: &Dataset) -> Result<Option<Standing>, SweepError> {
        let mut reader = TrialReader::new(&data.train);
        self.standing_by(|trial| {
            Ok(match self.state(trial) {
                TrialState::Finished(result) => {
                    let folder = RunFolder::at(self.trial_path(trial));
                    Outcome::Finished(reader.read(&folder, &result)?)
                }
                TrialState::Failed(error) => Outcome::Failed(error),
                TrialState::Running(_) | TrialState::Interrupted | TrialState::Missing => Outcome::Open,
            })
        })
    }

    fn standing_by(
        &self,
        mut known: impl FnMut(&Trial) -> Result<Outcome, SweepError>,
    ) -> Result<Option<Standing>, SweepError> {
        let Some((rule, seeds)) = self.rule_and_seeds() else { return Ok(None) };
        let groups = group(self.full_grid()?);
        let settings: Vec<RankedSetting> = labels(&groups)
            .into_iter()
            .zip(&groups)
            .map(|(label, group)| {
                let config = &group.runs[0].config;
                RankedSetting { label, size: ModelShape::of(config).parameters(), units: config.num_units }
            })
            .collect();
        let most_trials = groups.iter().map(|group| group.runs.len()).sum();
        let trials: HashMap<Place, Trial> = groups
            .into_iter()
            .enumerate()
            .flat_map(|(setting, group)| {
                group.runs.into_iter().map(move |trial| ((setting, trial.config.seed), trial))
            })
            .collect();
        let Position { rounds, verdict, ended } =
            position(&rule, &settings, &seeds, self.folds(), |place| known(&trials[&place]))?;
        let mut last: Vec<usize> = rounds.last().into_iter().flatten().map(|(setting, _)| *setting).collect();
        last.dedup();
        Ok(Some(Standing {
            rule,
            settings: last.into_iter().map(|setting| settings[setting].label.clone()).collect(),
            rounds: rounds
                .into_iter()
                .map(|places| places.iter().map(|place| trials[place].clone()).collect())
                .collect(),
            verdict,
            ended,
            most_trials,
        }))
    }
}
