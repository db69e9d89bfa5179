//! The accept loop: from sockets to requests.
//!
//! Our own loop instead of the framework's: only so do slow heads time out, is the number of sockets bounded, and can a
//! shutdown let requests finish while upgraded sockets live on.

mod stalled;
mod turned_away;

use crate::{config::HttpConfig, http::source::Peer, ws::Admission};
use axum::{Router, body::Body, extract::Request};
use hyper::server::conn::http1;
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
pub(crate) use stalled::Stalled;
use std::{
    io,
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::{
    net::{TcpListener, TcpSocket, TcpStream, lookup_host},
    sync::{OwnedSemaphorePermit, Semaphore, oneshot},
};
use tokio_util::{
    sync::CancellationToken,
    task::{TaskTracker, task_tracker::TaskTrackerToken},
};
use tower::{ServiceExt as _, service_fn};
use turned_away::turned_away;

/// Connections that may wait to be accepted: a class that comes back at once after a cut. The system may cap it.
const BACKLOG: u32 = 4_096;
/// Sockets that are accepted before everybody else has had a turn: thousands at once, each with a task of its own, would be
/// a queue that those who are connected stand in as well.
const IN_TURN: u32 = 8;
/// Pause after the system refused to give a socket, as it does when the process has too many.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// Buffer for the head of a request, bytes: tokens have up to 8 KiB.
const HEAD_BUFFER: usize = 32 * 1_024;
/// Time without any progress after which a client that takes nothing is given up, upgraded or not.
const STALL: Duration = Duration::from_secs(30);
/// Time for requests that are under way when the server goes down, and for the last bytes of a stream.
const FINISH: Duration = Duration::from_secs(5);

/// Why the server does not listen.
#[derive(Debug, thiserror::Error)]
pub enum ListenError {
    /// The name means nothing.
    #[error("listen: {address} is no address ({cause}); give a host and a port like localhost:8000")]
    Address {
        /// As configured.
        address: String,
        /// Why.
        cause: io::Error,
    },
    /// The port is not to be had.
    #[error(
        "cannot listen on {address}: {cause}; is another server running there? choose another by --listen"
    )]
    Bind {
        /// Which address.
        address: SocketAddr,
        /// Why.
        cause: io::Error,
    },
}

/// Bound sockets: names like `localhost` may stand for several addresses.
#[derive(Debug)]
pub struct Listeners(Vec<TcpListener>);

/// Binds all addresses that `address` (`host:port`) stands for. With port 0 only the first, since each would get a port
/// of its own.
///
/// # Errors
/// [`ListenError`]
pub async fn bind(address: &str) -> Result<Listeners, ListenError> {
    let unknown = |cause| ListenError::Address { address: address.to_owned(), cause };
    let mut found: Vec<SocketAddr> = lookup_host(address).await.map_err(unknown)?.collect();
    // IPv4 first: it is what a machine without IPv6 has.
    found.sort_by_key(|address| (address.is_ipv6(), *address));
    found.dedup();
    let mut listeners: Vec<TcpListener> = Vec::new();
    for address in found {
        if address.port() == 0 && !listeners.is_empty() {
            break;
        }
        match open(address) {
            Ok(listener) => listeners.push(listener),
            // A name may have an IPv6 address that this machine cannot use; a port that is taken is another matter.
            Err(error) if !listeners.is_empty() && error.kind() != io::ErrorKind::AddrInUse => {
                tracing::debug!(%address, %error, "this address is left out");
            }
            Err(cause) => return Err(ListenError::Bind { address, cause }),
        }
    }
    if listeners.is_empty() {
        return Err(unknown(io::ErrorKind::AddrNotAvailable.into()));
    }
    Ok(Listeners(listeners))
}

fn open(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    // A server that is started again must not wait for the old connections' last packets.
    #[cfg(unix)]
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

impl Listeners {
    /// The addresses that are bound.
    #[must_use]
    pub fn addresses(&self) -> Vec<SocketAddr> {
        self.0.iter().filter_map(|listener| listener.local_addr().ok()).collect()
    }

    /// Serves until `stop`, then lets requests finish. Upgraded sockets are not its concern.
    pub async fn serve(
        self,
        router: Router,
        config: &HttpConfig,
        admission: Arc<Admission>,
        stop: CancellationToken,
    ) {
        let mut http = http1::Builder::new();
        let patience = Duration::from_secs(config.header_timeout_s);
        http.timer(TokioTimer::new()).header_read_timeout(patience).max_buf_size(HEAD_BUFFER);
        let seats = Arc::new(Semaphore::new(config.sockets.min(Semaphore::MAX_PERMITS)));
        let front =
            Arc::new(Front { http, router, admission, patience, seats, stop, open: TaskTracker::new() });
        let loops = TaskTracker::new();
        for listener in self.0 {
            loops.spawn(accept(listener, Arc::clone(&front)));
        }
        loops.close();
        loops.wait().await;
        front.open.close();
        if tokio::time::timeout(FINISH, front.open.wait()).await.is_err() {
            tracing::warn!(open = front.open.len(), "some requests did not finish in time");
        }
    }
}

struct Front {
    http: http1::Builder,
    router: Router,
    admission: Arc<Admission>,
    /// For the head of a request.
    patience: Duration,
    seats: Arc<Semaphore>,
    stop: CancellationToken,
    open: TaskTracker,
}

/// Goes with a response whose body has no end of its own. Its socket gives its place back, and a shutdown waits for it
/// elsewhere, as with upgraded sockets.
#[derive(Clone)]
pub(crate) struct Streaming {
    /// Cancelled when nothing but the end of the body is to come.
    pub(crate) ending: CancellationToken,
}

/// What a socket has as long as it serves requests.
struct Place {
    _seat: OwnedSemaphorePermit,
    _open: TaskTrackerToken,
    streaming: oneshot::Sender<Streaming>,
}

async fn accept(listener: TcpListener, front: Arc<Front>) {
    let mut accepted_in_turn = 0;
    loop {
        accepted_in_turn = (accepted_in_turn + 1) % IN_TURN;
        if accepted_in_turn == 0 {
            tokio::task::yield_now().await;
        }
        let next = async {
            // The seat comes first: who gets none waits in the system's queue, not in our memory.
            let seat = Arc::clone(&front.seats).acquire_owned().await;
            (seat, listener.accept().await)
        };
        let Some((Ok(seat), accepted)) = front.stop.run_until_cancelled(next).await else {
            return;
        };
        match accepted {
            Ok((stream, peer)) => {
                let (streaming, streams) = oneshot::channel();
                let place = Place { _seat: seat, _open: front.open.token(), streaming };
                let serving = Arc::clone(&front);
                tokio::spawn(async move { serving.serve(stream, peer, place, streams).await });
            }
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

impl Front {
    async fn serve(
        &self,
        mut stream: TcpStream,
        peer: SocketAddr,
        place: Place,
        streams: oneshot::Receiver<Streaming>,
    ) {
        // Small frames go out at once: an answer's acknowledgement must not wait for the next packet.
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "a client was gone before it said anything");
            return;
        }
        // On the heap: for most connections there is no storm.
        if self.admission.is_storm()
            && Box::pin(turned_away(&mut stream, &self.admission, self.patience)).await
        {
            return;
        }
        let router = self.router.clone();
        let peer = Peer(peer.ip());
        let place = Arc::new(Mutex::new(Some(place)));
        let service = service_fn(move |request: Request<hyper::body::Incoming>| {
            let mut request = request.map(Body::new);
            request.extensions_mut().insert(peer);
            let place = Arc::clone(&place);
            let answered = router.clone().oneshot(request);
            async move {
                let mut answered = answered.await;
                if let Ok(response) = &mut answered
                    && let Some(streaming) = response.extensions_mut().remove::<Streaming>()
                    && let Some(place) = place.lock().unwrap_or_else(PoisonError::into_inner).take()
                {
                    // Whoever serves the socket is there as long as the socket is.
                    let _heard = place.streaming.send(streaming);
                }
                answered
            }
        });
        let connection = self
            .http
            .serve_connection(TokioIo::new(Stalled::new(stream, STALL)), TowerToHyperService::new(service));
        let mut connection = std::pin::pin!(connection.with_upgrades());
        let served = async {
            tokio::select! {
                ended = connection.as_mut() => ended,
                () = self.stop.cancelled() => {
                    connection.as_mut().graceful_shutdown();
                    connection.await
                }
            }
        };
        tokio::select! {
            ended = served => if let Err(error) = ended {
                // Broken heads, slow heads, clients that left: their own affair.
                tracing::debug!(%error, "a connection ended early");
            },
            () = given_up(streams) => tracing::debug!("a client did not take the end of its stream"),
        }
    }
}

/// Waits until a stream has had its time to end; for ever when there is none.
async fn given_up(streams: oneshot::Receiver<Streaming>) {
    match streams.await {
        Ok(Streaming { ending }) => {
            ending.cancelled().await;
            tokio::time::sleep(FINISH).await;
        }
        Err(_) => std::future::pending().await,
    }
}
