//! A connection that gives up a client which does not take what it asked for.

use std::io::{self, ErrorKind};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Instant, Sleep, sleep};

/// Whether a client may be as slow as it likes: a stream of events waits for it.
#[derive(Clone, Debug, Default)]
pub struct Patience(Arc<AtomicBool>);

impl Patience {
    pub fn never_ends(&self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

pub struct Socket {
    stream: TcpStream,
    patience: Patience,
    /// How long the client may take nothing of an answer.
    limit: Duration,
    /// Runs while the client takes nothing.
    timer: Pin<Box<Sleep>>,
    waiting: bool,
}

impl Socket {
    pub fn new(stream: TcpStream, patience: Patience, limit: Duration) -> Self {
        // Events are small and must not wait for more.
        let _ = stream.set_nodelay(true);
        Self { stream, patience, limit, timer: Box::pin(sleep(limit)), waiting: false }
    }

    /// Passes on what a write said, unless it has been waiting for too long.
    fn timed<T>(&mut self, context: &mut Context, written: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if written.is_ready() {
            self.waiting = false;
            return written;
        }
        if self.patience.0.load(Ordering::Relaxed) {
            return Poll::Pending;
        }
        if !self.waiting {
            self.waiting = true;
            let end = Instant::now() + self.limit;
            self.timer.as_mut().reset(end);
        }
        ready!(self.timer.as_mut().poll(context));
        Poll::Ready(Err(ErrorKind::TimedOut.into()))
    }
}

impl AsyncRead for Socket {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context,
        buffer: &mut ReadBuf,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Socket {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.timed(context, written)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.stream).poll_flush(context);
        self.timed(context, flushed)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::Ipv4Addr;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpSocket;
    use tokio::runtime::Builder;
    use tokio::time::timeout;

    const LIMIT: Duration = Duration::from_millis(300);
    /// Several times what the buffers of the connection hold.
    const BYTES: usize = 1 << 21;

    /// What a client that waits for so long before it reads gets of an answer: whether all was written, and how much was read.
    fn answer_to(patience: Patience, pause: Duration) -> (io::Result<()>, usize) {
        let runtime = Builder::new_current_thread().enable_io().enable_time().build().unwrap();
        runtime.block_on(async {
            let listening = TcpSocket::new_v4().unwrap();
            listening.set_send_buffer_size(8192).unwrap();
            listening.bind((Ipv4Addr::LOCALHOST, 0).into()).unwrap();
            let listener = listening.listen(1).unwrap();
            let client = TcpSocket::new_v4().unwrap();
            client.set_recv_buffer_size(8192).unwrap();
            let mut client = client.connect(listener.local_addr().unwrap()).await.unwrap();
            let (stream, _) = listener.accept().await.unwrap();
            let mut socket = Socket::new(stream, patience, LIMIT);
            let writer = tokio::spawn(async move { socket.write_all(&vec![7; BYTES]).await });
            sleep(pause).await;
            let mut read = Vec::new();
            // The connection ends with the socket, be it in the middle of the answer.
            let ended = timeout(Duration::from_secs(20), client.read_to_end(&mut read)).await;
            assert!(ended.is_ok(), "the connection ends");
            (writer.await.unwrap(), read.len())
        })
    }

    #[test]
    fn a_client_that_takes_nothing_for_longer_than_the_limit_is_given_up() {
        let (written, read) = answer_to(Patience::default(), 4 * LIMIT);
        assert_eq!(written.unwrap_err().kind(), ErrorKind::TimedOut);
        assert!(read < BYTES, "{read} bytes");
    }

    #[test]
    fn a_client_that_is_slow_within_the_limit_and_a_stream_of_events_get_all() {
        let (written, read) = answer_to(Patience::default(), LIMIT / 3);
        assert!(written.is_ok() && read == BYTES, "{written:?}, {read} bytes");
        let events = Patience::default();
        events.never_ends();
        let (written, read) = answer_to(events, 4 * LIMIT);
        assert!(written.is_ok() && read == BYTES, "{written:?}, {read} bytes");
    }
}
