//! `rowlstm report`.

use super::files::{file_of, write};
use super::runs::{RUNS, RunsFolder};
use super::terminal::{note, print};
use super::verdict::{self, VerdictOptions};
use crate::config::TrainConfig;
use crate::data::Dataset;
use crate::error::data_name;
use crate::format::{count, joined};
use crate::report::{Material, charts, html, render};
use crate::run::{RunFolder, RunResult};
use crate::statistics::tuning::Tune;
use crate::statistics::{Apart, Report, Unfinished, one_protocol, value_in_words};
use crate::sweep::{SweepFolder, TrialState, UntilDecided};
use anyhow::bail;
use std::cell::LazyCell;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// Which network is good enough: the verdict, means, intervals, paired tests and charts over seeds
///
/// Reads a sweep's folder, or any folder of runs; of the latter, the runs of one protocol: all settings but units, layers and
/// seed are equal. Runs that differ only by their seed are averaged. Runs with folds get a verdict: the smallest network
/// that is shown to be less than the margin below the best, on images that were held out, never on test images.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  rowlstm report sweeps/units
  rowlstm report sweeps/units --html units.html
  rowlstm report sweeps/units --margin 0.5 --target 98.5 --budget 30s
  rowlstm report runs --where epochs=3
  rowlstm report runs --markdown > runs.md
  rowlstm report sweeps/units --csv > runs.csv")]
pub struct ReportArguments {
    #[arg(value_name = "RUN", help = format!("{RUNS} [default: all in --runs-dir]"))]
    folder: Option<PathBuf>,
    #[command(flatten)]
    runs: RunsFolder,
    /// Only runs with this value of a setting, such as epochs=3; may be given several times
    #[arg(long = "where", value_name = "SETTING=VALUE")]
    conditions: Vec<Condition>,
    #[command(flatten)]
    verdict: VerdictOptions,
    /// Print CSV, one line per run
    #[arg(long, group = "form")]
    csv: bool,
    /// Print one JSON object
    #[arg(long, group = "form")]
    json: bool,
    /// Print Markdown
    #[arg(long, group = "form")]
    markdown: bool,
    /// Write a self-contained HTML page with charts
    #[arg(long, value_name = "FILE", value_parser = file_of("html"))]
    html: Option<PathBuf>,
    /// Write each chart as SVG into this folder
    #[arg(long, value_name = "DIR")]
    svg: Option<PathBuf>,
    /// Write each chart as PNG into this folder
    #[arg(long, value_name = "DIR")]
    png: Option<PathBuf>,
    /// Width of each PNG in pixels, 1 to 20000
    #[arg(long, value_name = "PIXELS", default_value_t = 1600, requires = "png", value_parser = clap::value_parser!(u32).range(1..=20_000))]
    png_width: u32,
    /// Heading of the page
    #[arg(long, value_name = "TEXT", default_value = "What does num_units do?")]
    title: String,
    /// Folder with the data of the runs [default: the one that they were trained with]
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
}

/// What a folder holds for a report.
struct Collected {
    /// The folder that holds the runs.
    folder: PathBuf,
    runs: Vec<RunResult>,
    /// Trials without a result.
    unfinished: Vec<Unfinished>,
    /// Runs of other protocols.
    apart: Vec<Apart>,
    /// Of a sweep that goes on until its settings are decided.
    rule: Option<UntilDecided>,
    /// Of a sweep in which a setting is tuned.
    tune: Option<Tune>,
}

/// A value that a setting must have.
#[derive(Clone, Debug)]
struct Condition {
    key: String,
    value: String,
}

impl FromStr for Condition {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (key, value) = text.split_once('=').ok_or("must be SETTING=VALUE, such as epochs=3")?;
        let (key, value) = (key.trim().to_string(), value.trim().to_string());
        if !TrainConfig::has(&key) {
            return Err(format!("there is no setting {key} (`rowlstm configs show default` lists them)"));
        }
        Ok(Self { key, value })
    }
}

impl Condition {
    fn value_of(&self, run: &RunResult) -> String {
        value_in_words(&run.settings.to_table()[&self.key])
    }

    fn holds(&self, run: &RunResult) -> bool {
        let value = self.value_of(run);
        match (value.parse::<f64>(), self.value.parse::<f64>()) {
            (Ok(value), Ok(wanted)) => value == wanted,
            _ => value == self.value,
        }
    }
}

pub fn execute(arguments: &ReportArguments) -> anyhow::Result<()> {
    let Collected { folder, runs, unfinished, apart, rule, tune } = arguments.collect()?;
    if runs.is_empty() && unfinished.is_empty() {
        let path = folder.display();
        return print(&format!(
            "No finished runs in {path}. `rowlstm sweep --num-units 8,16,32` makes some."
        ));
    }
    let mut report = Report::with_tuned(runs, unfinished, tune.as_ref());
    report.apart.extend(apart);
    let data_of = arguments.data_of(&report);
    let data = LazyCell::new(data_of);
    let known = || data.as_ref().map_err(String::as_str);
    verdict::add(&mut report, &folder, &arguments.verdict, rule.as_ref(), known)?;
    let text = match arguments {
        ReportArguments { csv: true, .. } => render::csv(&report),
        ReportArguments { json: true, .. } => render::json(&report),
        ReportArguments { markdown: true, .. } => render::markdown(&report),
        _ => render::text(&report),
    };
    print(text.trim_end())?;
    if arguments.html.is_some() || arguments.svg.is_some() || arguments.png.is_some() {
        arguments.write_charts(&report, &folder, known())?;
    }
    Ok(())
}

impl ReportArguments {
    fn collect(&self) -> anyhow::Result<Collected> {
        if let Some(path) = self.folder.as_ref().filter(|path| path.join("sweep.json").exists()) {
            let sweep = SweepFolder::open(path)?;
            let (runs, mut unfinished) = of_sweep(&sweep)?;
            if !self.conditions.is_empty() {
                // The choice among some trials does not wait for the others.
                unfinished.clear();
            }
            let runs = self.chosen(path, runs)?;
            // With one value there is nothing to choose.
            let one_value = |tune: &Tune| self.conditions.iter().any(|one| one.key == tune.setting);
            return Ok(Collected {
                folder: path.clone(),
                runs,
                unfinished,
                apart: Vec::new(),
                rule: sweep.rule(),
                tune: sweep.tune().filter(|tune| !one_value(tune)),
            });
        }
        let runs = self.runs.all(self.folder.as_deref())?;
        if runs.unfinished > 0 {
            note(&format!("left out {}", count(runs.unfinished, "unfinished run")));
        }
        let folder = runs.folder.clone();
        let (runs, apart) = one_protocol(self.chosen(&folder, runs.results())?);
        if !apart.is_empty() {
            let others = count(apart.iter().map(|apart| apart.names.len()).sum(), "run");
            note(&format!(
                "left out {others} of other protocols than that with most runs; --where chooses others (--where epochs=3)"
            ));
        }
        Ok(Collected { folder, runs, unfinished: Vec::new(), apart, rule: None, tune: None })
    }

    /// The runs that meet every condition.
    fn chosen(&self, folder: &Path, mut runs: Vec<RunResult>) -> anyhow::Result<Vec<RunResult>> {
        for condition in &self.conditions {
            let found: BTreeSet<String> = runs.iter().map(|run| condition.value_of(run)).collect();
            runs.retain(|run| condition.holds(run));
            if runs.is_empty() && !found.is_empty() {
                let Condition { key, value } = condition;
                let found = joined(found, ", ", |value| value);
                bail!("--where {key}={value}: no run in {} has it; {key} is {found}", folder.display());
            }
        }
        Ok(runs)
    }

    fn write_charts(
        &self,
        report: &Report,
        folder: &Path,
        data: Result<&Dataset, &str>,
    ) -> anyhow::Result<()> {
        let (mut histories, mut predictions) = (Vec::new(), Vec::new());
        for setting in &report.settings {
            let folder = |run: &RunResult| RunFolder::at(folder.join(&run.name));
            let of_runs = setting.runs.iter().map(|run| folder(run).history());
            histories.push(of_runs.collect::<Result<Vec<_>, _>>()?);
            let of_runs = setting.runs.iter().map(|run| folder(run).predictions_of(run.test_total));
            predictions.push(of_runs.collect::<Result<Vec<_>, _>>()?);
        }
        if let (Err(problem), false) = (data, report.settings.is_empty()) {
            note(&format!("warning: {problem}; the page has no images"));
        }
        let command = command(folder);
        let material = Material {
            report,
            histories: &histories,
            predictions: &predictions,
            test_images: data.ok().map(|data| &data.test),
            command: &command,
            title: &self.title,
        };
        if let Some(file) = &self.html {
            write(file, html(&material).as_bytes())?;
        }
        if let Some(folder) = &self.svg {
            for chart in charts(&material) {
                write(&folder.join(chart.name).with_extension("svg"), chart.svg().as_bytes())?;
            }
        }
        if let Some(folder) = &self.png {
            for chart in charts(&material) {
                write(&folder.join(chart.name).with_extension("png"), &chart.png(self.png_width)?)?;
            }
        }
        Ok(())
    }

    /// Reads the data that the runs were trained and scored on, when it is called, or says why it cannot.
    fn data_of(&self, report: &Report) -> impl FnOnce() -> Result<Dataset, String> + use<> {
        let run = report.settings.first().and_then(|setting| setting.runs.first());
        let of = run.map(|run| (run.settings.data_dir.clone(), run.data_checksum.clone()));
        let typed = self.data_dir.clone();
        move || {
            let (stored, checksum) = of.ok_or("there are no runs")?;
            match Dataset::of(typed.as_deref(), &stored, Some(&checksum)) {
                Ok(data) if data.checksum == checksum => Ok(data),
                Ok(_) => Err(format!(
                    "{} is not the data that the runs were scored on (name the right folder with --data-dir)",
                    data_name(typed.as_deref().unwrap_or(&stored))
                )),
                Err(error) => Err(error.to_string()),
            }
        }
    }
}

/// The command that repeats the runs in a folder.
fn command(folder: &Path) -> String {
    match SweepFolder::open(folder) {
        Ok(sweep) => sweep.command(),
        Err(_) => "rowlstm train --config RUN/settings.toml    # for each run".into(),
    }
}

/// The results of a sweep, and its trials without one.
pub fn of_sweep(folder: &SweepFolder) -> anyhow::Result<(Vec<RunResult>, Vec<Unfinished>)> {
    let (mut runs, mut unfinished) = (Vec::new(), Vec::new());
    for trial in folder.trials()? {
        let state = folder.state(&trial);
        if let TrialState::Finished(result) = state {
            runs.push(*result);
            continue;
        }
        let (word, detail) = state.in_words();
        let state = if detail.is_empty() { word.to_string() } else { format!("{word}: {detail}") };
        unfinished.push(Unfinished { name: trial.name, state, settings: Some(trial.config) });
    }
    Ok((runs, unfinished))
}
