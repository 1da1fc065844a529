//! The TensorBoard protocol buffers that scalars need (tensorboard/compat/proto/event.proto, summary.proto).

use crate::run::{EpochRecord, RunResult};
use crate::training::StepReport;
use std::time::{SystemTime, UNIX_EPOCH};

/// The format version at the start of each file.
const FILE_VERSION: &str = "brain.Event:2";
/// SessionLog.SessionStatus.START
const START: i32 = 1;

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

/// A scalar with its tag. In TensorBoard `simple_value` is one of a `oneof`.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Value {
    #[prost(string, tag = "1")]
    pub tag: String,
    #[prost(float, optional, tag = "2")]
    pub simple_value: Option<f32>,
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
            Some(Value { tag: tag.to_string(), simple_value: Some((*value)? as f32) })
        });
        Self { summary: Some(Summary { value: values.collect() }), ..Self::now(step) }
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
