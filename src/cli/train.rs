//! `rowlstm train`.

use super::instructions::Instructions;
use super::network::{note_replaced, require, test_accuracy_text};
use super::progress::{Bars, Lines};
use super::runs::{RunsFolder, TO_RESUME, runs_in};
use super::terminal::{note, print};
use super::train_options::SettingsOptions;
use super::{Interrupted, STOPPING, stop_on_signal, usage_error};
use crate::benchmark::step_seconds;
use crate::config::TrainConfig;
use crate::data::{Dataset, TEST_IMAGES};
use crate::format::{count, typed_count};
use crate::machine::{thread_count, with_threads};
use crate::model::ModelShape;
use crate::report::comparison_after;
use crate::run::{Checkpoint, RunFolder, RunResult, RunState};
use crate::tensorboard::EventLog;
use crate::training::{Both, Observer, Outcome, Session, Silent};
use std::io::{IsTerminal, stderr};
use std::path::{Path, PathBuf};
use std::time::Instant;

/// Train a network, score it on the 10,000 test images, and compare it with the other runs
///
/// Runs with the same settings are bit-identical. Ctrl-C stops after the current training step and keeps a checkpoint, from
/// which the same command resumes. A finished run is not trained again.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  rowlstm train --num-units 128
  rowlstm train --num-units 32 --seed 2 --epochs 3
  rowlstm train --config best
  rowlstm train --resume u128")]
pub struct TrainArguments {
    #[command(flatten)]
    settings: SettingsOptions,
    /// Settings file (TOML) with the options below as keys, or a config's name (`rowlstm configs`); typed options win
    #[arg(short, long, value_name = "FILE")]
    config: Option<PathBuf>,
    #[arg(long, value_name = "RUN", help = TO_RESUME, conflicts_with_all = ["config", "force", "dry_run"])]
    resume: Option<PathBuf>,
    /// Restart even if the run's folder holds a result or a checkpoint
    #[arg(long)]
    force: bool,
    /// Print the settings, the network and the predicted cost; train nothing
    #[arg(short = 'n', long)]
    dry_run: bool,
    /// Write event files for TensorBoard into the run's folder: `tensorboard --logdir runs` shows them
    #[arg(long)]
    tensorboard: bool,
    /// Vector instructions to use; the result is the same with all. auto: the fastest that this processor has
    #[arg(long, value_name = "NAME", default_value = "auto", value_parser = Instructions::of_training())]
    instructions: Instructions,
    /// Print only the result on stdout, as one JSON object
    #[arg(long)]
    json: bool,
    /// Print no progress
    #[arg(short, long)]
    quiet: bool,
}

pub fn execute(arguments: TrainArguments) -> anyhow::Result<()> {
    arguments.instructions.apply()?;
    let config = arguments.decide()?;
    let threads = thread_count(config.threads);
    with_threads(threads, || arguments.train(&config))?
}

impl TrainArguments {
    /// The settings of this run.
    fn decide(&self) -> anyhow::Result<TrainConfig> {
        let Some(typed_run) = &self.resume else {
            let config = self.settings.resolve(self.config.as_deref())?;
            require(config.backend)?;
            return Ok(config);
        };
        let default = TrainConfig::default().runs_dir;
        let runs_dir = self.settings.runs_dir.clone().unwrap_or(default);
        let run = RunsFolder { runs_dir }.to_resume(typed_run)?;
        let mut config = RunFolder::at(&run).settings()?;
        note_replaced(config.backend);
        let typed = self.settings.typed();
        let allowed = ["threads", "data-dir", "runs-dir"];
        if let Some(name) = typed.iter().find(|name| !allowed.contains(&name.as_str())) {
            return usage_error(format!(
                "--{name} cannot be used with --resume, which takes the settings from {}; only --threads, --data-dir and \
                 --runs-dir can",
                run.display()
            ));
        }
        self.settings.apply(&mut config);
        config.validate()?;
        config.out = run;
        Ok(config)
    }

    fn train(&self, config: &TrainConfig) -> anyhow::Result<()> {
        let start = Instant::now();
        let data = self.data(config)?;
        tracing::info!("read the data in {:.2} s", start.elapsed().as_secs_f64());
        let mut folder = RunFolder::of(config, &data.checksum);
        if self.dry_run {
            return dry_run(config, &data, &folder);
        }
        let checkpoint = match folder.open(config, &data.checksum, self.force)? {
            RunState::Finished(result) => {
                if !self.quiet {
                    let path = folder.path().display();
                    note(&match result.version.as_str() {
                        env!("CARGO_PKG_VERSION") => {
                            format!("{path} is finished; this is its result (--force trains it again)")
                        }
                        version => format!(
                            "{path} was finished by rowlstm {version}; this is its result (--force trains it again, with \
                             the last digits of this version)"
                        ),
                    });
                }
                if self.tensorboard {
                    EventLog::complete(&folder, &result)?;
                }
                return self.print_result(config, folder.path(), &result);
            }
            RunState::Interrupted { checkpoint, skipped } => {
                if let Some(error) = skipped {
                    note(&format!("warning: {error}; resuming from the previous checkpoint"));
                }
                if !self.quiet {
                    note(&format!(
                        "resuming {} after {} and {} (--force restarts)",
                        folder.path().display(),
                        count(checkpoint.progress.epochs_done, "epoch"),
                        count(checkpoint.progress.steps_done, "training step")
                    ));
                }
                Some(*checkpoint)
            }
            RunState::Fresh => None,
        };
        match self.run_session(config, &data, &folder, checkpoint)? {
            Outcome::Finished(result) => self.print_result(config, folder.path(), &result),
            Outcome::Interrupted { epochs_done, steps_done } => {
                note(&format!(
                    "interrupted after {} and {}; resume with\n  rowlstm train --resume {}",
                    count(epochs_done, "epoch"),
                    count(steps_done, "training step"),
                    folder.path().display()
                ));
                Err(Interrupted.into())
            }
        }
    }

    /// The data to train on; for a resumed run, what it was started with.
    fn data(&self, config: &TrainConfig) -> anyhow::Result<Dataset> {
        let resumed = self.resume.as_ref().map(|_| RunFolder::at(&config.out).info()).transpose()?;
        let checksum = resumed.as_ref().map(|info| info.data_checksum.as_str());
        let typed = self.settings.data_dir.as_deref();
        Ok(Dataset::of(typed, &config.data_dir, checksum)?)
    }

    fn run_session(
        &self,
        config: &TrainConfig,
        data: &Dataset,
        folder: &RunFolder,
        checkpoint: Option<Checkpoint>,
    ) -> anyhow::Result<Outcome> {
        let stop = stop_on_signal(STOPPING)?;
        let progress = checkpoint.as_ref().map(|checkpoint| checkpoint.progress.clone()).unwrap_or_default();
        let mut events = self.tensorboard.then(|| EventLog::begin(folder, config, &progress)).transpose()?;
        let session = Session::new(config, data, folder, checkpoint)?;
        if !self.quiet {
            note(&heading(config, folder));
        }
        let mut observer: Box<dyn Observer> = if self.quiet {
            Box::new(Silent)
        } else if stderr().is_terminal() {
            Box::new(Bars::new(config, progress.steps_done))
        } else {
            Box::new(Lines { epochs: config.total_epochs() })
        };
        let outcome = match &mut events {
            Some(events) => session.run(&mut Both(observer.as_mut(), events), &stop)?,
            None => session.run(observer.as_mut(), &stop)?,
        };
        let result = if let Outcome::Finished(result) = &outcome { Some(result.as_ref()) } else { None };
        if let Some(Err(error)) = events.map(|events| events.end(result)) {
            note(&format!(
                "warning: {error}; TensorBoard shows the run up to that point; the result is complete"
            ));
        }
        Ok(outcome)
    }

    fn print_result(&self, config: &TrainConfig, path: &Path, result: &RunResult) -> anyhow::Result<()> {
        if self.json {
            return print(&serde_json::to_string(result)?);
        }
        let runs_dir =
            path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let runs_dir = if config.out.as_os_str().is_empty() { &config.runs_dir } else { runs_dir };
        let results = runs_in(runs_dir)?.results();
        let default = TrainConfig::default().runs_dir;
        let compare = match runs_dir {
            folder if *folder == default => "rowlstm compare".to_string(),
            folder => format!("rowlstm compare {}", folder.display()),
        };
        print(&format!(
            "{}, {:.1} s of training, {:.0} images/s; stored in {}\n\n{}\n{}",
            count(result.parameters, "parameter"),
            result.train_seconds,
            result.images_per_second,
            path.display(),
            comparison_after(results, result, &compare),
            test_accuracy_text(result.test_accuracy, result.test_correct, result.test_total)
        ))
    }
}

fn heading(config: &TrainConfig, folder: &RunFolder) -> String {
    let shape = ModelShape::of(config);
    let view: String = config.view_in_words().iter().map(|words| format!(", {words}")).collect();
    let held_out = config.fold_in_words().map_or_else(String::new, |fold| format!(", {fold} held out"));
    format!(
        "{}, {}, {} parameters; {}{held_out}{view}, {} of {}; {} on {}; {}",
        typed_count(config.num_units, "unit"),
        typed_count(config.num_layers, "layer"),
        shape.parameters(),
        typed_count(config.train_images(), "image"),
        typed_count(config.total_epochs(), "epoch"),
        typed_count(config.steps_per_epoch(), "training step"),
        config.backend,
        typed_count(thread_count(config.threads), "thread"),
        folder.path().display()
    )
}

fn dry_run(config: &TrainConfig, data: &Dataset, folder: &RunFolder) -> anyhow::Result<()> {
    let shape = ModelShape::of(config);
    let (b, t, w, u) = (config.batch_size, config.timesteps, config.inputs(), config.num_units);
    let mut text = format!("# Settings; nothing is trained\n{}\n# Network\n", config.to_table());
    let view: String = config.view_in_words().iter().map(|words| format!("{words} -> ")).collect();
    text.push_str(&format!("images            [{b}, 784] -> {view}[{b}, {t}, {w}]\n"));
    for layer in 0..config.num_layers {
        let (number, gates, inputs) = (layer + 1, 4 * u, shape.layer_inputs(layer));
        let out =
            if number == config.num_layers { format!("[{b}, {u}]") } else { format!("[{b}, {t}, {u}]") };
        text.push_str(&format!(
            "LSTM layer {number}      -> {out}, weights [{inputs}, {gates}] and [{u}, {gates}], bias [{gates}]: {} parameters\n",
            shape.layer_parameters(layer)
        ));
    }
    let operations = 6.0 * shape.multiply_adds(t) as f64;
    let step = step_seconds(config, data)?;
    let images = config.train_images() as f64 * config.total_steps() as f64 / config.steps_per_epoch() as f64;
    text.push_str(&format!(
        "dense head        -> [{b}, {}]: {} parameters\ntotal             {} parameters\n\n# Predicted cost\n\
         {}, {:.2e} floating-point operations; about {:.0} s of training on {}, predicted from training steps \
         timed now; then {} validation images per epoch and {TEST_IMAGES} test images\nfolder: {}",
        shape.classes,
        shape.head_parameters(),
        shape.parameters(),
        count(config.total_steps(), "training step"),
        operations * images,
        step * config.total_steps() as f64,
        typed_count(thread_count(config.threads), "thread"),
        config.validation_images(),
        folder.path().display()
    ));
    print(&text)
}
