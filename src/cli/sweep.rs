//! `rowlstm sweep`.

use super::network::{note_replaced, require};
use super::report::of_sweep;
use super::sweep_progress::{SweepBars, SweepLines, SweepSilent};
use super::sweep_slurm::SlurmOptions;
use super::train_options::GridOptions;
use super::{Ending, UsageError, note, print, stop_on_signal};
use crate::data::Dataset;
use crate::error::{SweepError, TrainError, data_name};
use crate::machine::thread_count;
use crate::report::render;
use crate::statistics::Report;
use crate::sweep::{
    Cell, CellState, CostModel, Events, Plan, Runner, Schedule, Shard, Summary, SweepFolder, best_schedule,
};
use std::collections::BTreeMap;
use std::io::{IsTerminal, stderr};
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;

/// Train every network of a grid of settings, each with several seeds
///
/// Every option of train may be given several values, by commas; the grid has each combination of them, each with every
/// seed. Cells that are finished are not trained again, interrupted ones go on from their checkpoint, and a larger grid
/// adds to what is there. Several processes may work in one folder, on one machine or many.
#[derive(Debug, clap::Args)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "Examples:
  rowlstm sweep --num-units 8,16,32,64,128 --seeds 5 --out sweeps/units
  rowlstm sweep --out sweeps/units                 go on with what is left
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
    /// Seeds: N for 1 to N, or a list like 1,4,9, [default: 3]
    #[arg(short, long, value_name = "N", value_delimiter = ',')]
    seeds: Vec<u64>,
    /// The sweep's folder [default: sweeps/ and the plan file's name, or sweeps/default]
    #[arg(short, long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Cells at a time [default: what is predicted to finish soonest]
    #[arg(short = 'j', long, value_name = "N",
        value_parser = clap::builder::RangedU64ValueParser::<usize>::new().range(1..=1024))]
    jobs: Option<usize>,
    /// Cores to use in all [default: all there are]
    #[arg(long, value_name = "N",
        value_parser = clap::builder::RangedU64ValueParser::<usize>::new().range(1..=1024))]
    cores: Option<usize>,
    /// Make the i-th of n fixed parts only, i from 1 to n
    #[arg(long, value_name = "i/n")]
    shard: Option<Shard>,
    /// Try cells again that failed before
    #[arg(long)]
    retry_failed: bool,
    /// Show the cells with their predicted cost, and train nothing
    #[arg(short = 'n', long)]
    dry_run: bool,
    /// Print no progress
    #[arg(short, long)]
    quiet: bool,
    #[command(flatten)]
    slurm: SlurmOptions,
    #[command(flatten)]
    grid: GridOptions,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Show which cells of a sweep are done, running, failed or missing
    Status {
        /// The sweep's folder
        #[arg(value_name = "DIR")]
        folder: PathBuf,
        /// Print one JSON object on stdout and nothing else there
        #[arg(long)]
        json: bool,
    },
}

pub fn execute(arguments: &SweepArguments) -> anyhow::Result<Ending> {
    match &arguments.action {
        Some(Action::Status { folder, json }) => status(folder, *json),
        None => arguments.sweep(),
    }
}

impl SweepArguments {
    fn sweep(&self) -> anyhow::Result<Ending> {
        let path = self.path();
        let plan = self.plan()?;
        let (data_dir, checksum) = match &plan {
            Some(plan) => (plan.data_dir(), None),
            None => {
                let stored = SweepFolder::open(&path)?;
                (stored.data_dir(), Some(stored.data_checksum().to_string()))
            }
        };
        let data = Dataset::of(None, &data_dir, checksum.as_deref()).map_err(TrainError::from)?;
        let planned = plan.as_ref().map(|plan| plan.cells(&path, &data.checksum)).transpose()?;
        for cell in planned.iter().flatten() {
            require(cell.config.backend)?;
        }
        if let (true, Some(cells)) = (self.dry_run, planned) {
            // Nothing is written: a dry run leaves no trace.
            return self.tell_plan(cells, &data);
        }
        let folder = match &plan {
            Some(plan) => SweepFolder::add(&path, plan, &data.checksum)?,
            None => SweepFolder::open(&path)?,
        };
        if folder.data_checksum() != data.checksum {
            let difference = format!("{} is not what it was made with", data_name(&data_dir));
            return Err(SweepError::Contradiction { path, difference }.into());
        }
        let cells = match (self.shard, folder.cells()?) {
            (Some(shard), cells) => shard.part(cells),
            (None, cells) => cells,
        };
        // A stored plan may come from a build with more backends.
        if let Some(cell) = cells.iter().find(|cell| require(cell.config.backend).is_err()) {
            note_replaced(cell.config.backend);
        }
        if self.dry_run {
            return self.tell_plan(cells, &data);
        }
        if self.slurm.slurm {
            self.slurm.submit(&folder, cells, &data)
        } else {
            self.run(&folder, cells, &data)
        }
    }

    fn path(&self) -> PathBuf {
        let stem = self.config.as_deref().and_then(Path::file_stem).unwrap_or("default".as_ref());
        self.out.clone().unwrap_or_else(|| Path::new("sweeps").join(stem))
    }

    /// The plan in force; `None` to go on with the one that is stored.
    fn plan(&self) -> anyhow::Result<Option<Plan>> {
        if self.config.is_none() && self.grid.values.is_empty() && self.seeds.is_empty() {
            return Ok(None);
        }
        let mut plan = self.config.as_deref().map_or_else(|| Ok(Plan::default()), Plan::read)?;
        for (key, values) in &self.grid.values {
            plan.set_typed(key, values)?;
        }
        match self.seeds.as_slice() {
            [] => {}
            [0] => {
                return Err(UsageError(
                    "--seeds 0 asks for no run: give a number of seeds, or a list".into(),
                )
                .into());
            }
            [count] => plan.seeds = (1..=*count.min(&1_000_000)).collect(),
            list => plan.seeds = list.to_vec(),
        }
        if plan.seeds.is_empty() {
            plan.seeds = vec![1, 2, 3];
        }
        Ok(Some(plan))
    }

    /// The cells still to be made, the costliest first, and how to make them.
    fn schedule(&self, mut cells: Vec<Cell>, model: &CostModel) -> (Vec<Cell>, Schedule) {
        cells.sort_by(|a, b| {
            model.seconds(b, 1).total_cmp(&model.seconds(a, 1)).then_with(|| a.name.cmp(&b.name))
        });
        let schedule = best_schedule(model, &cells, self.cores(), self.jobs);
        (cells, schedule)
    }

    fn cores(&self) -> usize {
        thread_count(self.cores.unwrap_or(0))
    }

    fn tell_plan(&self, cells: Vec<Cell>, data: &Dataset) -> anyhow::Result<Ending> {
        let model = CostModel::calibrate(data, self.cores())?;
        let (cells, schedule) = self.schedule(cells, &model);
        let mut text = String::from("cell                          predicted seconds\n");
        for cell in &cells {
            text.push_str(&format!("{:<30} {:>16.1}\n", cell.name, model.seconds(cell, schedule.threads)));
        }
        text.push_str(&format!(
            "{} cells; about {} in all, {} at a time on {} thread(s) each. The prediction is from training steps timed \
             just now; at a unit count that was not timed for it, it was off by {:+.0} %.",
            cells.len(),
            duration(schedule.seconds),
            schedule.jobs,
            schedule.threads,
            100.0 * model.error
        ));
        print(&text)?;
        Ok(Ending::Done)
    }

    fn run(&self, folder: &SweepFolder, cells: Vec<Cell>, data: &Dataset) -> anyhow::Result<Ending> {
        let stop = stop_on_signal()?;
        let (mut finished, mut left) = (Vec::new(), Vec::new());
        for cell in &cells {
            match folder.state(cell) {
                CellState::Finished(result) => finished.push(*result),
                _ => left.push(cell.clone()),
            }
        }
        // Timing training steps takes seconds; it is done where its answer is wanted.
        let shown = !self.quiet && stderr().is_terminal();
        let model = match self.jobs {
            Some(_) if !shown => CostModel::uncalibrated(self.cores()),
            _ => CostModel::calibrate(data, self.cores())?,
        };
        let (left, schedule) = self.schedule(left, &model);
        if !self.quiet {
            let time = if model.error.is_nan() {
                String::new()
            } else {
                format!("; about {} for the others", duration(schedule.seconds))
            };
            note(&format!(
                "{}: {} of {} cells are done{time}, {} at a time on {} thread(s) each",
                folder.path().display(),
                finished.len(),
                cells.len(),
                schedule.jobs,
                schedule.threads
            ));
        }
        let events: Box<dyn Events> = if self.quiet {
            Box::new(SweepSilent)
        } else if stderr().is_terminal() {
            Box::new(SweepBars::new(&left, &schedule, &model, finished))
        } else {
            Box::new(SweepLines::new(left.len()))
        };
        let runner = Runner {
            folder,
            data,
            jobs: schedule.jobs.min(left.len()).max(1),
            threads: schedule.threads,
            retry_failed: self.retry_failed,
            stop: &stop,
            events: events.as_ref(),
        };
        let summary = runner.run(left)?;
        drop(events);
        if stop.load(Ordering::Relaxed) && summary.left > 0 {
            note(&format!(
                "interrupted with {} cells left; go on with\n  rowlstm sweep --out {}",
                summary.left,
                folder.path().display()
            ));
            return Ok(Ending::Interrupted);
        }
        tell_end(folder, &cells, summary)
    }
}

fn tell_end(folder: &SweepFolder, cells: &[Cell], summary: Summary) -> anyhow::Result<Ending> {
    let names: std::collections::HashSet<&str> = cells.iter().map(|cell| cell.name.as_str()).collect();
    let (runs, mut unfinished) = of_sweep(folder)?;
    // Of a shard's sweep the other cells are other processes' to tell of.
    unfinished.retain(|cell| names.contains(cell.name.as_str()));
    if !runs.is_empty() {
        print(render::text(&Report::new(runs, unfinished)).trim_end())?;
    }
    if summary.failed > 0 {
        let path = folder.path().display();
        anyhow::bail!(
            "{} cells failed: `rowlstm sweep status {path}` tells why, `rowlstm sweep --out {path} --retry-failed` \
             tries them again",
            summary.failed
        );
    }
    Ok(Ending::Done)
}

fn status(path: &Path, json: bool) -> anyhow::Result<Ending> {
    let folder = SweepFolder::open(path)?;
    let mut counts: BTreeMap<&str, usize> =
        ["finished", "running", "interrupted", "failed", "missing"].map(|k| (k, 0)).into();
    let mut others = Vec::new();
    for cell in folder.cells()? {
        let state = folder.state(&cell);
        let (state, detail) = state.in_words();
        *counts.entry(state).or_default() += 1;
        if state != "finished" {
            others.push((cell.name, state, detail.to_string()));
        }
    }
    if json {
        let cell = |(name, state, detail): &(String, &str, String)| serde_json::json!({ "name": name, "state": state, "detail": detail });
        let cells: Vec<_> = others.iter().map(cell).collect();
        print(&serde_json::json!({ "counts": counts, "unfinished": cells }).to_string())?;
        return Ok(Ending::Done);
    }
    let parts: Vec<String> = counts.iter().map(|(state, count)| format!("{count} {state}")).collect();
    let mut text = format!("{}: {}", path.display(), parts.join(", "));
    for (name, state, detail) in others {
        text.push_str(&format!("\n{name:<30} {state:<12} {detail}"));
    }
    print(text.trim_end())?;
    Ok(Ending::Done)
}

/// Seconds as people say them.
pub fn duration(seconds: f64) -> String {
    match seconds.round() as u64 {
        seconds @ 0..=119 => format!("{seconds} s"),
        seconds @ 120..=7199 => format!("{} min", (seconds + 30) / 60),
        seconds => format!("{:.1} h", seconds as f64 / 3600.0),
    }
}
