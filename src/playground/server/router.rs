//! The server's addresses. docs/playground.md describes them.

use super::answer::{Problem, json, typed};
use super::socket::Patience;
use super::{events, guards};
use crate::data::is_mnist;
use crate::playground::laboratory::{Laboratory, LaboratoryError, MOST_UNITS, Pace};
use crate::playground::{content, files};
use axum::body::{Body, HttpBody};
use axum::extract::{Extension, Path, Request, State};
use axum::http::{StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Router, middleware};
use serde_json::{Map, Value, json};
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::spawn_blocking;
use tokio::time::timeout;

/// Most bytes of a request's body.
const MOST_BYTES: usize = 64 * 1024;
/// How long a client may take for it.
const BODY_TIMEOUT: Duration = Duration::from_secs(10);
/// Most images of an answer.
const MOST_IMAGES: usize = 1000;

type Lab = State<Arc<Laboratory>>;
type Answer = Result<Response, Problem>;

pub fn router(laboratory: Arc<Laboratory>, port: u16) -> Router {
    Router::new()
        .route("/api/runs", get(runs))
        .route("/api/runs/{name}", get(run))
        .route("/api/runs/{name}/model.safetensors", get(weights))
        .route("/api/runs/{name}/{action}", post(act))
        .route("/api/train", post(train))
        .route("/api/images", get(images))
        .route("/api/digits", get(digits))
        .route("/api/events", get(stream))
        .method_not_allowed_fallback(wrong_method)
        .fallback(page)
        .layer(middleware::from_fn_with_state(port, guards::guard))
        .with_state(laboratory)
}

/// Runs what reads files or waits for a run beside the server's thread.
async fn beside<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, LaboratoryError> + Send + 'static,
) -> Result<T, Problem> {
    match spawn_blocking(work).await {
        Ok(done) => Ok(done?),
        Err(_) => Err(Problem::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "internal error: this request failed; the server's stderr has the message",
        )),
    }
}

async fn runs(State(laboratory): Lab) -> Answer {
    let shared = laboratory.clone();
    let (runs, problems) = beside(move || shared.list()).await?;
    Ok(json(&json!({
        "version": env!("CARGO_PKG_VERSION"),
        "cores": laboratory.cores(),
        "most_units": MOST_UNITS,
        "runs": runs,
        "problems": problems,
    })))
}

async fn run(State(laboratory): Lab, Path(name): Path<String>) -> Answer {
    let run = beside(move || laboratory.summary(&name)).await?;
    Ok(json(&json!(run)))
}

async fn weights(State(laboratory): Lab, Path(name): Path<String>) -> Answer {
    let bytes = beside(move || laboratory.weights(&name)).await?;
    Ok(typed("application/octet-stream", bytes))
}

async fn train(State(laboratory): Lab, request: Request) -> Answer {
    let settings = object(request).await?;
    let (name, state) = beside(move || laboratory.train(settings)).await?;
    Ok(json(&json!({ "run": name, "state": state })))
}

async fn act(State(laboratory): Lab, Path((name, action)): Path<(String, String)>) -> Answer {
    let run = name.clone();
    let state = beside(move || match action.as_str() {
        "pause" => laboratory.halt(&name, false).map(Some),
        "stop" => laboratory.halt(&name, true).map(Some),
        "resume" => laboratory.resume(&name, Pace::Steadily).map(Some),
        "step" => laboratory.resume(&name, Pace::OneStep).map(Some),
        _ => Ok(None),
    });
    match state.await? {
        Some(state) => Ok(json(&json!({ "run": run, "state": state }))),
        None => {
            Err(Problem::new(StatusCode::NOT_FOUND, "a run can be asked to pause, step, resume and stop"))
        }
    }
}

async fn images(State(laboratory): Lab, uri: Uri) -> Answer {
    let total = laboratory.data().test.len();
    let (first, count) = range(uri.query().unwrap_or_default(), total)?;
    let images = beside(move || Ok(content::images(&laboratory.data().test, first..first + count))).await?;
    Ok(json(&images))
}

/// `first` and `count` of a query about so many images.
fn range(query: &str, total: usize) -> Result<(usize, usize), Problem> {
    let wrong = |error: String| Problem::new(StatusCode::BAD_REQUEST, error);
    let (mut first, mut count) = (0, 100);
    for part in query.split('&').filter(|part| !part.is_empty()) {
        let (key, value) = part.split_once('=').unwrap_or((part, ""));
        let number = value.parse::<usize>();
        let place = match key {
            "first" => &mut first,
            "count" => &mut count,
            _ => return Err(wrong("images are asked for with first=N and count=M".into())),
        };
        *place = number.map_err(|_| wrong(format!("{key}: must be a whole number")))?;
    }
    if first >= total {
        return Err(wrong(format!("first = {first}: must be 0 to {}", total - 1)));
    }
    if count == 0 || count > MOST_IMAGES {
        return Err(wrong(format!("count = {count}: must be 1 to {MOST_IMAGES}")));
    }
    Ok((first, count.min(total - first)))
}

async fn digits(State(laboratory): Lab) -> Answer {
    // Other images have no digits to compare drawings with.
    let known = is_mnist(&laboratory.data().checksum);
    Ok(json(&beside(move || Ok(if known { content::known() } else { Value::Null })).await?))
}

async fn stream(State(laboratory): Lab, Extension(patience): Extension<Patience>) -> Response {
    patience.never_ends();
    typed("text/event-stream", events::stream(laboratory))
}

/// The page's own files.
async fn page(request: Request) -> Answer {
    let path = request.uri().path();
    let Some((kind, text)) = files::file(path) else {
        return Err(Problem::new(StatusCode::NOT_FOUND, "there is nothing at this address"));
    };
    match request.method().as_str() {
        "GET" | "HEAD" => Ok(typed(kind, text)),
        _ => Ok(wrong_method().await),
    }
}

async fn wrong_method() -> Response {
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, "this address does not take this method").into_response()
}

/// The JSON object in a request's body.
async fn object(request: Request) -> Result<Map<String, Value>, Problem> {
    let kind = request.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let kind = kind.and_then(|kind| kind.split(';').next()).unwrap_or_default().trim();
    if !kind.eq_ignore_ascii_case("application/json") {
        let error = "settings must be sent as application/json";
        return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, error));
    }
    let late = |_| Problem::new(StatusCode::REQUEST_TIMEOUT, "the request's body did not arrive in time");
    let bytes = timeout(BODY_TIMEOUT, collected(request.into_body())).await.map_err(late)??;
    let wrong = |error: String| Problem::new(StatusCode::BAD_REQUEST, error);
    match serde_json::from_slice(&bytes) {
        Ok(Value::Object(settings)) => Ok(settings),
        Ok(_) => Err(wrong("settings must be a JSON object, as {\"num-units\": 16}".into())),
        Err(error) => Err(wrong(format!("the request is not JSON: {error}"))),
    }
}

async fn collected(mut body: Body) -> Result<Vec<u8>, Problem> {
    let too_long = || {
        let error = format!("a request's body must be at most {MOST_BYTES} bytes");
        Problem::new(StatusCode::PAYLOAD_TOO_LARGE, error)
    };
    if body.size_hint().lower() > MOST_BYTES as u64 {
        return Err(too_long());
    }
    let mut bytes = Vec::new();
    while let Some(frame) = poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await {
        let broken = |_| Problem::new(StatusCode::BAD_REQUEST, "the request's body ended early");
        if let Ok(data) = frame.map_err(broken)?.into_data() {
            if bytes.len() + data.len() > MOST_BYTES {
                return Err(too_long());
            }
            bytes.extend_from_slice(&data);
        }
    }
    Ok(bytes)
}
