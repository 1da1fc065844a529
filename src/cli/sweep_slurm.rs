//! `rowlstm sweep --slurm`.

use super::terminal::print;
use super::whole;
use crate::data::Dataset;
use crate::format::count;
use crate::machine::thread_count;
use crate::sweep::{CostModel, SlurmJob, SweepFolder, Trial, TrialState, submit};
use anyhow::Context;
use std::path::Path;

/// Options for a cluster.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Slurm")]
pub struct SlurmOptions {
    /// Submit the trials that are left as a Slurm job array instead of training here
    #[arg(long)]
    pub slurm: bool,
    /// Write the batch script without submitting it
    #[arg(long, requires = "slurm")]
    no_submit: bool,
    /// Tasks of the array [default: from --task-minutes]
    #[arg(long, value_name = "N", requires = "slurm", value_parser = whole(1..=100_000))]
    tasks: Option<usize>,
    /// Minutes per task, as predicted on this machine
    #[arg(long, value_name = "MINUTES", requires = "slurm", default_value_t = 20)]
    task_minutes: u32,
    /// Cores per task; each trains one trial at a time
    #[arg(long, value_name = "N", requires = "slurm", default_value_t = 2, value_parser = whole(1..=1024))]
    cpus_per_task: usize,
    /// Time limit of a task, in Slurm's format
    #[arg(long, value_name = "TIME", requires = "slurm", default_value = "")]
    time: String,
    /// Partition
    #[arg(long, value_name = "NAME", requires = "slurm", default_value = "")]
    partition: String,
    /// A further #SBATCH option, for example --sbatch=--mem=2G; may be repeated
    #[arg(long, value_name = "OPTION", requires = "slurm")]
    sbatch: Vec<String>,
}

impl SlurmOptions {
    /// Submits those of the trials that have no result.
    ///
    /// * `data_dir`: the folder with the data, if one was given.
    pub fn submit(
        &self,
        folder: &SweepFolder,
        mut left: Vec<Trial>,
        data: &Dataset,
        data_dir: Option<&Path>,
    ) -> anyhow::Result<()> {
        left.retain(|trial| !matches!(folder.state(trial), TrialState::Finished(_)));
        if left.is_empty() {
            return print(&format!("All trials of {} are finished.", folder.path().display()));
        }
        let tasks = match self.tasks {
            Some(tasks) => tasks,
            None => {
                let model = CostModel::calibrate(data, thread_count(0))?;
                let seconds: f64 = left.iter().map(|trial| model.seconds(trial, 1)).sum();
                (seconds / self.cpus_per_task as f64 / f64::from(60 * self.task_minutes.max(1))).ceil()
                    as usize
            }
        };
        let sweep =
            std::path::absolute(folder.path()).context("cannot resolve the path of the sweep's folder")?;
        let job = SlurmJob {
            tasks: tasks.clamp(1, left.len()),
            cpus_per_task: self.cpus_per_task,
            time: self.time.clone(),
            partition: self.partition.clone(),
            options: self.sbatch.clone(),
            program: std::env::current_exe().context("cannot find the path of this program")?,
            sweep,
            folds: folder.folds(),
            data_dir: data_dir
                .map(std::path::absolute)
                .transpose()
                .context("cannot resolve the path of the data")?,
        };
        let (trials, tasks) = (count(left.len(), "trial"), count(job.tasks, "task"));
        let script = job.write()?;
        if self.no_submit {
            return print(&format!("{trials} in {tasks}: sbatch {}", script.display()));
        }
        let number = submit(&script)?;
        print(&format!(
            "{trials} in {tasks}: job {number}; `rowlstm sweep status {}` shows the progress",
            folder.path().display()
        ))
    }
}
