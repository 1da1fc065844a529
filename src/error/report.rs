//! What can be wrong with drawing a report.

/// What can be wrong with drawing a report.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReportError {
    /// A chart cannot be turned into pixels.
    #[error("cannot draw the chart {chart} as PNG: {detail}")]
    Png { chart: &'static str, detail: String },
}
