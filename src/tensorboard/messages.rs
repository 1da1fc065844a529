//! The TensorBoard protocol buffers that scalars and hyperparameters need (tensorboard/compat/proto/event.proto,
//! summary.proto, tensor.proto; tensorboard/plugins/hparams/plugin_data.proto).

use crate::config::{Role, TrainConfig};
use crate::run::{EpochRecord, RunResult};
use crate::training::StepReport;
use prost::Message as _;
use std::collections::BTreeMap;
use std::time::{SystemTime, UNIX_EPOCH};

/// The format version at the start of each file.
const FILE_VERSION: &str = "brain.Event:2";
/// SessionLog.SessionStatus.START
const START: i32 = 1;
/// hparams Status.STATUS_SUCCESS
const SUCCESS: i32 = 1;
/// DataType.DT_FLOAT
const FLOAT: i32 = 1;

/// Tag of the mean training loss, which every epoch has.
pub const TRAINING_LOSS: &str = "loss/training";
/// Tag of the test accuracy, which is written last.
pub const TEST_ACCURACY: &str = "accuracy/test";

/// One entry of an event file. In TensorBoard the last three fields are a `oneof`: exactly one is set.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Event {
    /// Seconds since 1970.
    #[prost(double, tag = "1")]
    pub wall_time: f64,
    /// Training steps taken.
    #[prost(int64, tag = "2")]
    pub step: i64,
    #[prost(string, optional, tag = "3")]
    pub file_version: Option<String>,
    #[prost(message, optional, tag = "5")]
    pub summary: Option<Summary>,
    #[prost(message, optional, tag = "7")]
    pub session_log: Option<SessionLog>,
}

/// Values of one step.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Summary {
    #[prost(message, repeated, tag = "1")]
    pub value: Vec<Value>,
}

/// A value with its tag: a scalar, or what a plugin reads from the metadata. In TensorBoard `simple_value` and `tensor` are
/// a `oneof`.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Value {
    #[prost(string, tag = "1")]
    pub tag: String,
    #[prost(float, optional, tag = "2")]
    pub simple_value: Option<f32>,
    #[prost(message, optional, tag = "8")]
    pub tensor: Option<Tensor>,
    #[prost(message, optional, tag = "9")]
    pub metadata: Option<Metadata>,
}

/// One f32.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Tensor {
    #[prost(int32, tag = "1")]
    pub dtype: i32,
    #[prost(float, repeated, tag = "5")]
    pub float_val: Vec<f32>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct Metadata {
    #[prost(message, optional, tag = "1")]
    pub plugin_data: Option<PluginData>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct PluginData {
    #[prost(string, tag = "1")]
    pub plugin_name: String,
    /// [`Hyperparameters`].
    #[prost(bytes = "vec", tag = "2")]
    pub content: Vec<u8>,
}

/// What the plugin `hparams` reads; exactly one field is set.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Hyperparameters {
    #[prost(message, optional, tag = "3")]
    pub start: Option<SessionStart>,
    #[prost(message, optional, tag = "4")]
    pub end: Option<SessionEnd>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct SessionStart {
    #[prost(btree_map = "string, message", tag = "1")]
    pub hparams: BTreeMap<String, Setting>,
    /// Sessions of one group are averaged.
    #[prost(string, tag = "4")]
    pub group_name: String,
    #[prost(double, tag = "5")]
    pub start_time_secs: f64,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct SessionEnd {
    #[prost(int32, tag = "1")]
    pub status: i32,
    #[prost(double, tag = "2")]
    pub end_time_secs: f64,
}

/// google.protobuf.Value
#[derive(Clone, PartialEq, prost::Message)]
pub struct Setting {
    #[prost(oneof = "SettingKind", tags = "2, 3, 4")]
    pub kind: Option<SettingKind>,
}

#[derive(Clone, PartialEq, prost::Oneof)]
pub enum SettingKind {
    #[prost(double, tag = "2")]
    Number(f64),
    #[prost(string, tag = "3")]
    Text(String),
    #[prost(bool, tag = "4")]
    Flag(bool),
}

impl Setting {
    fn of(value: &toml::Value) -> Self {
        let kind = match value {
            toml::Value::Integer(number) => SettingKind::Number(*number as f64),
            toml::Value::Float(number) => SettingKind::Number(*number),
            toml::Value::Boolean(flag) => SettingKind::Flag(*flag),
            toml::Value::String(text) => SettingKind::Text(text.clone()),
            other => SettingKind::Text(other.to_string()),
        };
        Self { kind: Some(kind) }
    }
}

/// The start of a program.
#[derive(Clone, PartialEq, prost::Message)]
pub struct SessionLog {
    #[prost(int32, tag = "1")]
    pub status: i32,
}

impl Event {
    fn now(step: usize) -> Self {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let step = i64::try_from(step).unwrap_or(i64::MAX);
        Self { wall_time: since.as_secs_f64(), step, ..Self::default() }
    }

    /// The first event of a file.
    pub fn version() -> Self {
        Self { file_version: Some(FILE_VERSION.into()), ..Self::now(0) }
    }

    /// Makes TensorBoard discard what earlier files hold from `step` on.
    pub fn restart(step: usize) -> Self {
        Self { session_log: Some(SessionLog { status: START }), ..Self::now(step) }
    }

    /// Whether it is a [`Self::restart`].
    pub fn is_restart(&self) -> bool {
        self.session_log.as_ref().is_some_and(|log| log.status == START)
    }

    fn scalars(step: usize, values: &[(&str, Option<f64>)]) -> Self {
        let values = values.iter().filter_map(|(tag, value)| {
            Some(Value { tag: tag.to_string(), simple_value: Some((*value)? as f32), ..Value::default() })
        });
        Self { summary: Some(Summary { value: values.collect() }), ..Self::now(step) }
    }

    /// The settings of a run, in which runs that differ only by their seed form a group.
    pub fn session_start(config: &TrainConfig) -> Self {
        let settings = config.table_of(&[Role::Size, Role::Protocol]);
        let TrainConfig { num_units, num_layers, .. } = config;
        let start = SessionStart {
            hparams: settings.iter().map(|(key, value)| (key.clone(), Setting::of(value))).collect(),
            group_name: format!("u{num_units}-l{num_layers}-{}", &config.protocol("")[..8]),
            start_time_secs: Self::now(0).wall_time,
        };
        Self::hyperparameters("start", Hyperparameters { start: Some(start), end: None })
    }

    /// The end of a run that has a result.
    pub fn session_end() -> Self {
        let end = SessionEnd { status: SUCCESS, end_time_secs: Self::now(0).wall_time };
        Self::hyperparameters("end", Hyperparameters { start: None, end: Some(end) })
    }

    fn hyperparameters(part: &str, data: Hyperparameters) -> Self {
        let plugin = PluginData { plugin_name: "hparams".into(), content: data.encode_to_vec() };
        let value = Value {
            tag: format!("_hparams_/session_{part}_info"),
            // TensorBoard passes over values without a tensor.
            tensor: Some(Tensor { dtype: FLOAT, float_val: vec![0.0] }),
            metadata: Some(Metadata { plugin_data: Some(plugin) }),
            ..Value::default()
        };
        Self { summary: Some(Summary { value: vec![value] }), ..Self::now(0) }
    }

    /// Loss and learning rate of one training step.
    pub fn step(report: &StepReport) -> Self {
        let values = [("loss/update", Some(report.loss)), ("learning_rate", Some(report.learning_rate))];
        Self::scalars(report.step, &values)
    }

    /// The scores of an epoch; validation only if there are validation images.
    pub fn epoch(record: &EpochRecord) -> Self {
        let values = [
            (TRAINING_LOSS, Some(record.train_loss)),
            ("accuracy/training", Some(record.train_accuracy)),
            ("loss/validation", record.validation_loss),
            ("accuracy/validation", record.validation_accuracy),
        ];
        Self::scalars(record.steps, &values)
    }

    /// The score on the test images.
    pub fn test(result: &RunResult) -> Self {
        let values = [("loss/test", Some(result.test_loss)), (TEST_ACCURACY, Some(result.test_accuracy))];
        Self::scalars(result.steps, &values)
    }

    /// Whether it has a value with this tag.
    pub fn has(&self, tag: &str) -> bool {
        self.summary.iter().flat_map(|summary| &summary.value).any(|value| value.tag == tag)
    }
}
