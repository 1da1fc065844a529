//! The page and its laboratory over HTTP, on this machine only. `router` has the addresses, `guards` what is refused before
//! them, `answer` what is sent, `events` the stream of events, `socket` the limits of a connection.

mod answer;
mod events;
mod guards;
mod router;
mod socket;

use super::laboratory::Laboratory;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use socket::{Patience, Socket};
use std::io::{self, ErrorKind};
use std::net::{Ipv4Addr, Ipv6Addr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::Semaphore;

/// Most connections at a time.
const MOST_CONNECTIONS: usize = 64;
/// How long a client may take for the head of a request; also how long a connection may wait for the next.
const HEAD_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a client may take nothing of an answer.
const WRITE_TIMEOUT: Duration = Duration::from_secs(20);
/// Most bytes of the head of a request.
const MOST_HEAD: usize = 16 * 1024;
/// How often the flag is read that ends the server.
const LOOK: Duration = Duration::from_millis(50);

/// A server that listens, and answers when it runs.
pub struct Server {
    runtime: Runtime,
    listeners: Vec<TcpListener>,
    port: u16,
}

impl Server {
    /// Listens on a port of 127.0.0.1 and, where there is IPv6, of ::1; 0 stands for a free one.
    ///
    /// # Errors
    /// As the operating system reports: [`ErrorKind::AddrInUse`] if another program listens there.
    pub fn listen(port: u16) -> io::Result<Self> {
        let runtime = Builder::new_current_thread().enable_io().enable_time().build()?;
        let (listeners, port) = runtime.block_on(async {
            let first = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
            let port = first.local_addr()?.port();
            let second = TcpListener::bind((Ipv6Addr::LOCALHOST, port)).await;
            io::Result::Ok(([Ok(first), second].into_iter().flatten().collect(), port))
        })?;
        Ok(Self { runtime, listeners, port })
    }

    /// The address of the page.
    pub fn address(&self) -> String {
        format!("http://127.0.0.1:{}/", self.port)
    }

    /// Answers requests until `stop` is set.
    pub fn run(self, laboratory: Arc<Laboratory>, stop: &AtomicBool) {
        let Self { runtime, listeners, port } = self;
        let router = router::router(laboratory, port);
        let places = Arc::new(Semaphore::new(MOST_CONNECTIONS));
        for listener in listeners {
            runtime.spawn(accept(listener, router.clone(), places.clone()));
        }
        runtime.block_on(async {
            while !stop.load(Ordering::Relaxed) {
                tokio::time::sleep(LOOK).await;
            }
        });
        // Connections are cut; requests that wait for a run end with it.
        runtime.shutdown_background();
    }
}

async fn accept(listener: TcpListener, router: axum::Router, places: Arc<Semaphore>) {
    loop {
        let (stream, _) = match listener.accept().await {
            Ok(accepted) => accepted,
            Err(error) => {
                // No file descriptors are left, for example; others may be closed soon.
                tracing::warn!("cannot accept a connection: {error}");
                tokio::time::sleep(LOOK).await;
                continue;
            }
        };
        let Ok(place) = places.clone().try_acquire_owned() else {
            let _ = stream.try_write(answer::FULL);
            continue;
        };
        let router = router.clone();
        tokio::spawn(async move {
            serve(stream, router).await;
            drop(place);
        });
    }
}

/// Answers the requests of one connection.
async fn serve(stream: TcpStream, router: axum::Router) {
    let patience = Patience::default();
    let socket = Socket::new(stream, patience.clone(), WRITE_TIMEOUT);
    let service = TowerToHyperService::new(router.layer(axum::Extension(patience)));
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .max_buf_size(MOST_HEAD)
        .serve_connection(TokioIo::new(socket), service);
    if let Err(error) = connection.await {
        tracing::debug!("a connection ended: {error}");
    }
}

/// Whether another program listens on the port.
pub fn is_in_use(error: &io::Error) -> bool {
    error.kind() == ErrorKind::AddrInUse
}

/// The hosts by which a browser may call the server on this port.
fn hosts(port: u16) -> Vec<String> {
    let names = ["127.0.0.1", "localhost", "[::1]"];
    let mut hosts: Vec<String> = names.iter().map(|name| format!("{name}:{port}")).collect();
    if port == 80 {
        // Browsers leave it out.
        hosts.extend(names.map(String::from));
    }
    hosts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_in_use_is_an_error() {
        let first = Server::listen(0).unwrap();
        let error = Server::listen(first.port).map(|_| ()).unwrap_err();
        assert!(is_in_use(&error), "{error}");
    }
}
