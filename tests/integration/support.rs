//! What several tests need: the program, small data, tolerances.

use assert_cmd::Command;
use rowlstm::config::{BackendName, TrainConfig};
use rowlstm::data::{Dataset, Images, PIXELS};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// Every backend that is built in.
pub const DEVICES: &[BackendName] = rowlstm::device::BUILT_IN;

/// The folder with the real data.
pub fn mnist() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("data/mnist")
}

/// The program, without anything of the environment that could change what it prints.
pub fn rowlstm() -> Command {
    let mut command = Command::cargo_bin("rowlstm").expect("cargo builds the program for its tests");
    command.env_remove("NO_COLOR").env("COLUMNS", "110");
    command
}

/// `rowlstm train` on few real images, to be done in about a second: 8 units, 600 images.
pub fn quick_train(runs_dir: &Path) -> Command {
    let mut command = rowlstm();
    command
        .args(["train", "--num-units", "8", "--epochs", "2", "--batch-size", "50", "--train-limit", "600"])
        .args(["--validation", "200", "--data-dir"])
        .arg(mnist())
        .arg("--runs-dir")
        .arg(runs_dir);
    command
}

/// The weights of every finished trial of a sweep, by name.
pub fn trials(out: &Path) -> std::collections::BTreeMap<String, Vec<u8>> {
    let entries = std::fs::read_dir(out).unwrap().map(Result::unwrap);
    let finished = entries.filter(|entry| entry.path().join("result.json").exists());
    finished
        .map(|entry| {
            let weights = std::fs::read(entry.path().join("model.safetensors")).unwrap();
            (entry.file_name().into_string().unwrap(), weights)
        })
        .collect()
}

/// What `rowlstm sweep status --json` prints.
pub fn status(out: &Path) -> serde_json::Value {
    let output = rowlstm().args(["sweep", "status", "--json"]).arg(out).assert().success();
    serde_json::from_slice(&output.get_output().stdout).unwrap()
}

/// The first 1,000 training and 300 test images of MNIST, for tests inside this process.
pub fn small_data() -> &'static Dataset {
    static DATA: OnceLock<Dataset> = OnceLock::new();
    DATA.get_or_init(|| {
        let mut data = Dataset::load(&mnist()).unwrap();
        data.train = first(&data.train, 1000);
        data.test = first(&data.test, 300);
        data
    })
}

fn first(images: &Images, count: usize) -> Images {
    let pixels: Vec<u8> = (0..count).flat_map(|index| images.image(index).to_vec()).collect();
    assert_eq!(pixels.len(), count * PIXELS);
    Images::new(pixels, images.labels()[..count].to_vec()).unwrap()
}

/// Settings for [`small_data`]: 2 epochs of 10 updates.
pub fn small_config() -> TrainConfig {
    TrainConfig {
        num_units: 8,
        epochs: 2,
        batch_size: 50,
        validation: 200,
        train_limit: 490,
        learning_rate: 0.01,
        ..TrainConfig::default()
    }
}

/// Holds every value within `tolerance` of what is expected, relative to the largest expected magnitude or 1.
pub fn assert_within(found: &[f32], expected: &[f64], tolerance: f64, what: &str) {
    assert_eq!(found.len(), expected.len(), "{what}: number of values");
    let scale = expected.iter().fold(1.0, |top: f64, value| top.max(value.abs()));
    for (index, (found, expected)) in found.iter().zip(expected).enumerate() {
        let error = (f64::from(*found) - expected).abs();
        assert!(error <= tolerance * scale, "{what}, value {index}: {found}, expected {expected}");
    }
}

/// Files that a whole run folder holds, with their bytes.
pub fn folder_files(path: &Path) -> std::collections::BTreeMap<String, Vec<u8>> {
    let entries = std::fs::read_dir(path).unwrap().map(Result::unwrap);
    entries
        .map(|entry| (entry.file_name().into_string().unwrap(), std::fs::read(entry.path()).unwrap()))
        .collect()
}

/// The one run folder in a folder of runs.
pub fn only_run(runs_dir: &Path) -> PathBuf {
    let mut runs: Vec<PathBuf> =
        std::fs::read_dir(runs_dir).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(runs.len(), 1, "{runs:?}");
    runs.remove(0)
}

/// A small disk in memory, taken away again when dropped.
#[cfg(target_os = "linux")]
pub struct SmallDisk(tempfile::TempDir);

#[cfg(target_os = "linux")]
impl SmallDisk {
    /// `None` where one may not mount file systems.
    pub fn mount(kilobytes: usize) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let size = format!("size={kilobytes}k");
        Self::run("mount", &["-t", "tmpfs", "-o", &size, "tmpfs"], folder.path()).then_some(Self(folder))
    }

    pub fn path(&self) -> &Path {
        self.0.path()
    }

    pub fn grow(&self) {
        assert!(Self::run("mount", &["-o", "remount,size=64m"], self.0.path()));
    }

    fn run(program: &str, arguments: &[&str], path: &Path) -> bool {
        let mut command = std::process::Command::new(program);
        command.args(arguments).arg(path).stderr(std::process::Stdio::null());
        command.status().is_ok_and(|status| status.success())
    }
}

#[cfg(target_os = "linux")]
impl Drop for SmallDisk {
    fn drop(&mut self) {
        Self::run("umount", &[], self.0.path());
    }
}

/// The folder of a run of two layers on few real images, trained once for all tests.
pub fn trained() -> &'static Path {
    static RUN: OnceLock<PathBuf> = OnceLock::new();
    RUN.get_or_init(|| {
        // Not a temporary folder, which would remain at the end.
        let runs = Path::new(env!("CARGO_TARGET_TMPDIR")).join("trained");
        let _ = std::fs::remove_dir_all(&runs);
        quick_train(&runs).args(["--num-layers", "2", "--seed", "7", "-q"]).assert().success();
        only_run(&runs)
    })
}
