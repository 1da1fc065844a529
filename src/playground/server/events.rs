//! The stream of events: text/event-stream, as in the HTML standard, section 9.2.

use crate::playground::laboratory::{Cursor, Laboratory};
use axum::body::{Body, Bytes};
use hyper::body::Frame;
use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::sync::mpsc::{Receiver, channel};
use tokio::time::{Instant, sleep};

/// Time between two looks at the laboratory.
const EVERY: Duration = Duration::from_millis(100);
/// After so long without an event a comment is sent, which finds connections that are gone.
const SIGN_OF_LIFE: Duration = Duration::from_secs(15);

/// What happens in the laboratory, from what has happened so far on. A client that does not read makes the stream wait; then
/// it is shown what is new by then.
pub fn stream(laboratory: Arc<Laboratory>) -> Body {
    let (sender, receiver) = channel(1);
    tokio::spawn(async move {
        let mut cursor = Cursor::default();
        let mut last = Instant::now();
        // Opens the stream in the browser before anything happens.
        let mut text = String::from(": the events of rowlstm playground\n\n");
        loop {
            for event in laboratory.events_since(&mut cursor) {
                let data = serde_json::to_string(&event).expect("an event is plain numbers and names");
                text.push_str(&format!("event: {}\ndata: {data}\n\n", event.name()));
            }
            if text.is_empty() && last.elapsed() > SIGN_OF_LIFE {
                text.push_str(":\n\n");
            }
            if !text.is_empty() {
                last = Instant::now();
                if sender.send(Bytes::from(std::mem::take(&mut text))).await.is_err() {
                    return;
                }
            }
            if sender.is_closed() {
                return;
            }
            sleep(EVERY).await;
        }
    });
    Body::new(Parts(receiver))
}

/// The parts of the stream as a body.
struct Parts(Receiver<Bytes>);

impl hyper::body::Body for Parts {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        self.0.poll_recv(context).map(|part| part.map(|bytes| Ok(Frame::data(bytes))))
    }
}
