//! Answers: JSON, files of the page, and errors with a fitting status.

use crate::playground::laboratory::LaboratoryError;
use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

/// The whole answer to a connection too many.
pub const FULL: &[u8] =
    b"HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/json\r\nContent-Length: 62\r\n\
    Connection: close\r\n\r\n{\"error\":\"64 connections are open, which is the most at once\"}";

/// An error as a client sees it.
#[derive(Debug)]
pub struct Problem {
    pub status: StatusCode,
    pub error: String,
}

impl Problem {
    pub fn new(status: StatusCode, error: impl Into<String>) -> Self {
        Self { status, error: error.into() }
    }
}

impl From<LaboratoryError> for Problem {
    fn from(error: LaboratoryError) -> Self {
        let status = match &error {
            LaboratoryError::Settings(_) => StatusCode::BAD_REQUEST,
            LaboratoryError::NoSuchRun { .. } => StatusCode::NOT_FOUND,
            LaboratoryError::WrongState { .. } => StatusCode::CONFLICT,
            LaboratoryError::Busy { .. } => StatusCode::TOO_MANY_REQUESTS,
            LaboratoryError::Closing => StatusCode::SERVICE_UNAVAILABLE,
            LaboratoryError::Run(crate::error::RunError::Io { .. }) | LaboratoryError::Weights(_) => {
                StatusCode::INTERNAL_SERVER_ERROR
            }
            // The folder is in use, damaged, or of another run.
            LaboratoryError::Run(_) => StatusCode::CONFLICT,
        };
        Self::new(status, error.to_string())
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        (self.status, json(&json!({ "error": self.error }))).into_response()
    }
}

pub fn json(value: &Value) -> Response {
    typed("application/json", value.to_string())
}

/// A body of this type.
pub fn typed(kind: &'static str, body: impl Into<Body>) -> Response {
    ([(header::CONTENT_TYPE, HeaderValue::from_static(kind))], body.into()).into_response()
}

#[cfg(test)]
mod tests {
    use super::FULL;

    #[test]
    fn the_answer_to_a_connection_too_many_is_as_long_as_it_says() {
        let text = std::str::from_utf8(FULL).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        assert!(head.contains(&format!("Content-Length: {}\r\n", body.len())), "{}", body.len());
        assert!(serde_json::from_str::<serde_json::Value>(body).is_ok());
        assert!(body.contains(&super::super::MOST_CONNECTIONS.to_string()));
    }
}
