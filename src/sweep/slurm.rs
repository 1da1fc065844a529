//! A sweep as a Slurm job array: a batch script, one task per shard.
//!
//! A minute before its time limit a task gets SIGTERM, writes checkpoints and goes back into the queue. A killed task leaves
//! leases and checkpoints, from which the next process resumes (see `lease`). So a job may be requeued, cancelled and
//! submitted again at any time.

use crate::error::{RunError, SweepError};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Seconds before the time limit at which a task gets SIGTERM.
const NOTICE_SECONDS: u32 = 60;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SlurmJob {
    /// Tasks, one per shard; at least 1.
    pub tasks: usize,
    /// Cores per task, each with one trial at a time.
    pub cpus_per_task: usize,
    /// Time limit of a task in Slurm's format; empty: the partition's.
    pub time: String,
    /// Partition; empty: Slurm's default.
    pub partition: String,
    /// Further `#SBATCH` options, for example `--mem=2G`.
    pub options: Vec<String>,
    pub program: PathBuf,
    pub sweep: PathBuf,
    /// Folds of the sweep; the tasks refuse a folder with others.
    pub folds: usize,
    /// The folder with the data, as an absolute path; `None`: as the sweep's plans say.
    pub data_dir: Option<PathBuf>,
}

impl SlurmJob {
    pub fn script(&self) -> String {
        let Self { tasks, cpus_per_task, folds, .. } = self;
        let data =
            self.data_dir.as_ref().map_or_else(String::new, |data| format!(" --data-dir {}", quoted(data)));
        let name = self.sweep.file_name().map_or_else(|| "sweep".into(), |name| name.to_string_lossy());
        let log = self.folder().join("%A_%a.log");
        let mut options = vec![
            format!("--job-name=rowlstm-{}", name.replace(char::is_whitespace, "-")),
            format!("--array=1-{tasks}"),
            format!("--cpus-per-task={cpus_per_task}"),
            "--requeue".into(),
            "--open-mode=append".into(),
            format!("--signal=B:TERM@{NOTICE_SECONDS}"),
            format!("--output={}", quoted(&log)),
        ];
        options.extend((!self.time.is_empty()).then(|| format!("--time={}", self.time)));
        options.extend((!self.partition.is_empty()).then(|| format!("--partition={}", self.partition)));
        options.extend(self.options.iter().cloned());
        let options: String = options.iter().map(|option| format!("#SBATCH {option}\n")).collect();
        format!(
            "#!/bin/bash\n{options}\n\
             {} sweep --out {} --folds {folds}{data} --shard \"$SLURM_ARRAY_TASK_ID/{tasks}\" --cores {cpus_per_task} --jobs {cpus_per_task} &\n\
             sweep=$!\n\
             # Passed on, so that every trial writes its checkpoint. A signal ends `wait` early, so wait again.\n\
             trap 'kill -TERM \"$sweep\" 2>/dev/null' TERM\n\
             wait \"$sweep\"\n\
             code=$?\n\
             while kill -0 \"$sweep\" 2>/dev/null; do\n    wait \"$sweep\"\n    code=$?\ndone\n\
             # Stopped with checkpoints: back into the queue, unless the job was cancelled.\n\
             job=${{SLURM_ARRAY_JOB_ID}}_$SLURM_ARRAY_TASK_ID\n\
             if [[ $code -eq 130 && $(squeue --noheader --jobs \"$job\" --format %T) == RUNNING ]]; then\n    \
             exec scontrol requeue \"$job\"\n\
             fi\n\
             exit \"$code\"\n",
            quoted(&self.program),
            quoted(&self.sweep)
        )
    }

    /// The folder of script and logs.
    fn folder(&self) -> PathBuf {
        self.sweep.join("slurm")
    }

    /// Writes the script into the sweep's folder; returns its path.
    ///
    /// # Errors
    /// [`SweepError::Run`] if it cannot be written.
    pub fn write(&self) -> Result<PathBuf, SweepError> {
        let folder = self.folder();
        std::fs::create_dir_all(&folder).map_err(RunError::io("create the folder", &folder))?;
        let script = folder.join("sweep.sh");
        std::fs::write(&script, self.script()).map_err(RunError::io("write", &script))?;
        Ok(script)
    }
}

/// Submits a batch script; returns the job's number.
///
/// # Errors
/// [`SweepError::Cluster`] if `sbatch` is missing or fails.
pub fn submit(script: &Path) -> Result<String, SweepError> {
    let failed = |detail: String| SweepError::Cluster { program: "sbatch".into(), detail };
    let output = Command::new("sbatch").arg("--parsable").arg(script).output();
    let output = output
        .map_err(|error| failed(format!("{error}; submit {} on a machine with Slurm", script.display())))?;
    if !output.status.success() {
        return Err(failed(String::from_utf8_lossy(&output.stderr).trim().to_string()));
    }
    // "job" or "job;cluster"
    let answer = String::from_utf8_lossy(&output.stdout);
    Ok(answer.trim().split(';').next().unwrap_or_default().to_string())
}

/// A path as one word of a shell script.
fn quoted(path: &Path) -> String {
    format!("'{}'", path.display().to_string().replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn job() -> SlurmJob {
        SlurmJob {
            tasks: 7,
            cpus_per_task: 2,
            time: "00:30:00".into(),
            partition: "main".into(),
            options: vec!["--mem=2G".into()],
            program: "/opt/it's here/rowlstm".into(),
            sweep: "/data/my units".into(),
            folds: 12,
            data_dir: Some("/data/it's fashion".into()),
        }
    }

    #[test]
    fn the_script_asks_for_what_was_said_and_is_valid_bash() {
        let folder = tempfile::tempdir().unwrap();
        let script = SlurmJob { sweep: folder.path().join("my units"), ..job() }.write().unwrap();
        let text = std::fs::read_to_string(&script).unwrap();
        for line in [
            "--array=1-7",
            "--cpus-per-task=2",
            "--time=00:30:00",
            "--partition=main",
            "--mem=2G",
            "--requeue",
        ] {
            assert!(text.contains(&format!("#SBATCH {line}\n")), "{line} in {text}");
        }
        assert!(text.contains(r"'/opt/it'\''s here/rowlstm' sweep --out "));
        assert!(text.contains(r" --folds 12 --data-dir '/data/it'\''s fashion' --shard "), "{text}");
        assert!(text.contains(r#"--shard "$SLURM_ARRAY_TASK_ID/7" --cores 2 --jobs 2 &"#));
        assert!(Command::new("bash").arg("-n").arg(&script).status().unwrap().success());
    }

    #[test]
    fn what_is_not_said_is_left_to_slurm() {
        let text = SlurmJob {
            time: String::new(),
            partition: String::new(),
            options: vec![],
            data_dir: None,
            ..job()
        }
        .script();
        assert!(text.contains(" --folds 12 --shard "), "{text}");
        assert!(!text.contains("--time") && !text.contains("--partition"));
    }
}
