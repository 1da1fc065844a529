//! What can be wrong with drawing.

/// What can be wrong with drawing.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReportError {
    /// A picture cannot be turned into pixels.
    #[error("cannot draw the picture as PNG: {detail}")]
    Png { detail: String },
}
