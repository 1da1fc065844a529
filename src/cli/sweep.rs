//! `rowlstm sweep`.

use super::network::{note_replaced, require};
use super::ranges::seeds;
use super::sweep_rounds::{UntilDecidedOptions, round_text, verdict_text};
use super::sweep_slurm::SlurmOptions;
use super::sweep_status::status;
use super::sweep_training::{Training, part, schedule};
use super::sweep_tune::TuneOption;
use super::terminal::{duration, note, print};
use super::train_options::GridOptions;
use super::{STOPPING, stop_on_signal, usage_error, whole};
use crate::data::Dataset;
use crate::error::{RunError, SweepError};
use crate::format::count;
use crate::machine::thread_count;
use crate::statistics::tuning::Tune;
use crate::sweep::{CostModel, Plan, Shard, SweepFolder, Trial, UntilDecided};
use std::path::{Path, PathBuf};

/// Train a grid of settings, each with several seeds
///
/// Give options of train several values, separated by commas. Each combination with each seed is a trial. Finished trials are
/// not trained again, interrupted ones resume from their checkpoint, and a larger grid adds trials. Several processes may
/// work in one folder, on one machine or many.
#[derive(Debug, clap::Args)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "Examples:
  rowlstm sweep --num-units 8,16,32,64,128 --seeds 5 --out sweeps/units
  rowlstm sweep --num-units 8..128 --seeds 1..12   doubles from 8 to 128; all twelve seeds
  rowlstm sweep --out sweeps/units                 resume
  rowlstm sweep --num-units 8..128 --until-decided --margin 0.2
  rowlstm sweep --num-units 8..128 --seeds 12 --tune learning-rate=0.002,0.004,0.008,0.016
  rowlstm sweep --num-units 32 --learning-rate 0.002,0.005,0.01 --seeds 3 --dry-run
  rowlstm sweep --config sweeps/units --shard 2/8
  rowlstm sweep --config sweeps/units --slurm --time 01:00:00
  rowlstm sweep status sweeps/units"
)]
pub struct SweepArguments {
    #[command(subcommand)]
    action: Option<Action>,
    /// Plan file (TOML) with seeds and a grid of settings, or a plan's name (`rowlstm configs`); typed options win
    #[arg(short, long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Seeds: N for 1 to N, a list like 1,4,9, or a range like 4..9 [default: 3; with
    /// --until-decided one for each fold]
    #[arg(short, long, value_name = "N", value_delimiter = ',')]
    seeds: Vec<String>,
    /// The sweep's folder [default: sweeps/default, or sweeps/ and the plan file's name; with a number if that holds another
    /// sweep]
    #[arg(short, long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Trials at a time [default: the number that is predicted to finish soonest]
    #[arg(short = 'j', long, value_name = "N", value_parser = whole(1..=1024))]
    jobs: Option<usize>,
    /// Cores to use in all [default: all]
    #[arg(long, value_name = "N", value_parser = whole(1..=1024))]
    cores: Option<usize>,
    /// Train shard i of n only, i from 1 to n
    #[arg(long, value_name = "i/n")]
    shard: Option<Shard>,
    /// Train failed trials again
    #[arg(long)]
    retry_failed: bool,
    /// Write event files for TensorBoard into the trials' folders, with their settings for its HPARAMS page; also for
    /// trials that are finished
    #[arg(long, conflicts_with = "slurm")]
    tensorboard: bool,
    /// Print the trials with their predicted time, and train nothing
    #[arg(short = 'n', long)]
    dry_run: bool,
    /// Print no progress
    #[arg(short, long)]
    quiet: bool,
    #[command(flatten)]
    tune: TuneOption,
    #[command(flatten)]
    until: UntilDecidedOptions,
    #[command(flatten)]
    slurm: SlurmOptions,
    #[command(flatten)]
    grid: GridOptions,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Show which trials of a sweep are finished, running, interrupted, failed or missing
    Status {
        /// The sweep's folder
        #[arg(value_name = "DIR")]
        folder: PathBuf,
        /// Print one JSON object
        #[arg(long)]
        json: bool,
    },
}

pub fn execute(arguments: &SweepArguments) -> anyhow::Result<()> {
    match &arguments.action {
        Some(Action::Status { folder, json }) => status(folder, *json),
        None => arguments.sweep(),
    }
}

impl SweepArguments {
    fn sweep(&self) -> anyhow::Result<()> {
        let (path, plan) = self.place(self.plan()?)?;
        let (data_dir, checksum) = match &plan {
            Some((plan, _)) => (plan.data_dir(), None),
            None => {
                let stored = SweepFolder::open(&path)?;
                if let [folds] = self.typed("folds") {
                    stored.require_folds(folds.parse()?)?;
                }
                self.until.asked().map_or(Ok(()), |asked| stored.require_rule(asked))?;
                (stored.data_dir(), Some(stored.data_checksum().to_string()))
            }
        };
        // To resume, it is the folder where the data is now.
        let moved = self.typed("data-dir").first().filter(|_| plan.is_none()).map(PathBuf::from);
        let data = Dataset::of(moved.as_deref(), &data_dir, checksum.as_deref())?;
        let planned = plan.as_ref().map(|(plan, _)| plan.trials(&path, &data.checksum)).transpose()?;
        for trial in planned.iter().flatten() {
            require(trial.config.backend)?;
        }
        if let (true, Some(trials), Some((plan, rule))) = (self.dry_run, planned, &plan) {
            // A dry run writes nothing.
            return match rule {
                Some(_) => {
                    self.print_round(&SweepFolder::preview(&path, plan, *rule, &data.checksum)?, &data)
                }
                None => self.print_plan(trials, plan.tune(), &data),
            };
        }
        let folder = match &plan {
            Some((plan, rule)) => SweepFolder::add_with(&path, plan, *rule, &data.checksum)?,
            None => SweepFolder::open(&path)?,
        };
        if folder.data_checksum() != data.checksum {
            let (expected, found) = (folder.data_checksum().to_string(), data.checksum);
            return Err(RunError::OtherData { data: moved.unwrap_or(data_dir), expected, found }.into());
        }
        let standing = folder.standing(&data)?;
        let trials = match &standing {
            Some(standing) => standing.trials().to_vec(),
            None => folder.trials()?,
        };
        let trials = part(trials, self.shard);
        // A stored plan may come from a build with more backends.
        if let Some(trial) = trials.iter().find(|trial| require(trial.config.backend).is_err()) {
            note_replaced(trial.config.backend);
        }
        if self.dry_run {
            return match standing {
                Some(_) => self.print_round(&folder, &data),
                None => self.print_plan(trials, folder.tune(), &data),
            };
        }
        if self.slurm.slurm {
            let given = moved.or_else(|| plan.map(|_| data_dir)).filter(|path| !path.as_os_str().is_empty());
            return match standing {
                Some(standing) if standing.ended => print(&verdict_text(&standing)),
                Some(standing) => {
                    self.slurm.submit(&folder, trials, &data, given.as_deref())?;
                    print(&format!(
                        "{}\nWhen its tasks have ended, the same command submits the next round.",
                        round_text(&standing)
                    ))
                }
                None => self.slurm.submit(&folder, trials, &data, given.as_deref()),
            };
        }
        let stop = stop_on_signal(STOPPING)?;
        let training = Training {
            folder: &folder,
            data: &data,
            jobs: self.jobs,
            cores: self.cores(),
            shard: self.shard,
            retry_failed: self.retry_failed,
            tensorboard: self.tensorboard,
            quiet: self.quiet,
            stop: &stop,
        };
        if standing.is_some() { training.rounds() } else { training.all(trials) }
    }

    /// Prints the trials of the round under way; of a sweep that has ended, the verdict.
    fn print_round(&self, folder: &SweepFolder, data: &Dataset) -> anyhow::Result<()> {
        let Some(standing) = folder.standing(data)? else { return Ok(()) };
        if standing.ended {
            return print(&format!("{}\n{}", round_text(&standing), verdict_text(&standing)));
        }
        self.print_plan(part(standing.trials().to_vec(), self.shard), None, data)?;
        print(&format!("{}; at most {} in all", round_text(&standing), count(standing.most_trials, "trial")))
    }

    /// The values of an option of the grid.
    fn typed(&self, key: &str) -> &[String] {
        let values = &self.grid.values;
        values.iter().find(|(name, _)| name == key).map_or(&[], |(_, values)| values)
    }

    /// The sweep's folder, and the plan as it is added to it. A plan without --out gets a folder that holds no other plan.
    fn place(&self, plan: Option<Plan>) -> Result<(PathBuf, Option<RuledPlan>), SweepError> {
        let complete = |path: &Path| -> Result<Option<RuledPlan>, SweepError> {
            let Some(plan) = plan.clone() else { return Ok(None) };
            let Some(asked) = self.until.asked() else {
                return Ok(Some((SweepFolder::complete(path, plan)?, None)));
            };
            let (plan, rule) = SweepFolder::complete_until_decided(path, plan, asked)?;
            Ok(Some((plan, Some(rule))))
        };
        if let Some(out) = &self.out {
            return Ok((out.clone(), complete(out)?));
        }
        let stem = self.config.as_deref().and_then(Path::file_stem).unwrap_or("default".as_ref());
        let first = Path::new("sweeps").join(stem);
        let (mut path, mut number) = (first.clone(), 1);
        while let Some((plan, rule)) = complete(&path)? {
            match SweepFolder::open(&path) {
                Err(SweepError::NoPlan { .. }) => break,
                Err(error) => return Err(error),
                Ok(stored) if stored.holds(&plan, rule.as_ref()) => break,
                Ok(_) => number += 1,
            }
            path = first.with_file_name(format!("{}-{number}", stem.display()));
        }
        if path != first && !self.quiet {
            let (first, path) = (first.display(), path.display());
            note(&format!(
                "{first} holds another sweep: this one is in {path} (--out {first} would add to that one)"
            ));
        }
        let plan = complete(&path)?;
        Ok((path, plan))
    }

    /// The plan that was given; `None` to resume the stored ones.
    fn plan(&self) -> anyhow::Result<Option<Plan>> {
        let of_grid = self.grid.values.iter().any(|(key, _)| !["data-dir", "folds"].contains(&key.as_str()));
        let tune = self.tune.values()?;
        if self.config.is_none() && self.seeds.is_empty() && !of_grid && tune.is_none() {
            return Ok(None);
        }
        let mut plan = self.config.as_deref().map_or_else(|| Ok(Plan::default()), Plan::read)?;
        for (key, values) in &self.grid.values {
            plan.set_typed(key, values)?;
        }
        if let Some((key, values)) = tune {
            plan.set_tune_typed(&key, &values)?;
        }
        if !self.seeds.is_empty() {
            plan.seeds = seeds(&self.seeds).or_else(usage_error)?;
        } else if plan.seeds.is_empty() && self.until.asked().is_none() {
            plan.seeds = vec![1, 2, 3];
        }
        Ok(Some(plan))
    }

    fn cores(&self) -> usize {
        thread_count(self.cores.unwrap_or(0))
    }

    /// * `tune`: the setting that is tuned, if any is.
    fn print_plan(&self, trials: Vec<Trial>, tune: Option<Tune>, data: &Dataset) -> anyhow::Result<()> {
        let model = CostModel::calibrate(data, self.cores())?;
        let (trials, schedule) = schedule(trials, &model, self.cores(), self.jobs);
        let mut text = String::from("trial                         predicted seconds\n");
        for trial in &trials {
            text.push_str(&format!("{:<30} {:>16.1}\n", trial.name, model.seconds(trial, schedule.threads)));
        }
        text.push_str(&format!(
            "{}: about {} in all, {} at a time with {} each. Predicted from timed training steps; error at a unit count \
             that was not timed: {:+.0} %.",
            count(trials.len(), "trial"),
            duration(schedule.seconds),
            schedule.jobs,
            count(schedule.threads, "thread"),
            100.0 * model.error
        ));
        text.extend(
            tune.map(|tune| format!("\n{}, each with every other setting and seed.", tune.in_words())),
        );
        print(&text)
    }
}

/// A plan, and when to stop adding seeds to it: `None` for a fixed number of seeds.
type RuledPlan = (Plan, Option<UntilDecided>);
