//! Connections as they come: how many may be open, in all and from one address, and how long one may take to ask for
//! something.
//!
//! Guarantees: a connection without a request within the limit is closed, and when the service stops. So is, then, one whose
//! caller takes nothing of its answers for some seconds. One beyond a limit is closed as it comes; those that are open are not
//! touched. A process without file descriptors says so at a bounded rate, pauses, and takes
//! connections again as soon as there are descriptors.

use std::collections::HashMap;
use std::io::{self, ErrorKind, IoSlice};
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use clap::Args;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;
use tonic::transport::server::Connected;

use crate::repeats::Repeats;

/// Pause after the system gave no connection: descriptors do not come back faster, and a loop without a pause takes a core.
const PAUSE: Duration = Duration::from_millis(100);

/// How long, after a stop was asked for, a caller may take nothing of its answers before its connection is closed: longer than a
/// hiccup of a network, much shorter than calls in hand are given.
const UNTAKEN_MAX: Duration = Duration::from_secs(3);

/// Calls of one connection that have no end of their own. With the windows that the server offers, the frames that so many
/// unread calls leave behind stay within what the HTTP/2 library allows a connection.
pub const ENDLESS_CALLS_MAX: usize = 16;

/// Connections beyond a limit.
pub(crate) const REFUSED: &str = "daybook_connections_refused_total";

/// Limits of the connections of a service.
#[derive(Debug, Clone, Args)]
pub struct ConnectionSettings {
    /// Connections that may be open at a time, each with a file descriptor; one more is closed as it comes
    #[arg(long, env = "DAYBOOK_CONNECTIONS_MAX", default_value_t = 800, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub connections_max: u32,

    /// Of these, connections from one address; of IPv6 from one /64 network
    #[arg(long, env = "DAYBOOK_CONNECTIONS_PER_ADDRESS_MAX", default_value_t = 400, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub connections_per_address_max: u32,

    /// Milliseconds that a new connection may take to its first request; then it is closed
    #[arg(long, env = "DAYBOOK_FIRST_REQUEST_MAX_MS", default_value_t = 30_000, value_parser = clap::value_parser!(u64).range(100..=3_600_000))]
    pub first_request_max_ms: u64,
}

/// Takes connections within limits.
pub(crate) struct Acceptor {
    listener: TcpListener,
    settings: ConnectionSettings,
    open: Arc<Mutex<Open>>,
    stopping: CancellationToken,
    repeats: Repeats,
}

/// Connections that are open.
#[derive(Default)]
struct Open {
    all: u32,
    by_network: HashMap<IpAddr, u32>,
}

/// A connection's share of [`Open`], until it is dropped.
struct Place {
    open: Arc<Mutex<Open>>,
    network: IpAddr,
}

/// Ready when a connection is to be closed.
type Ending = Pin<Box<dyn Future<Output = ()> + Send>>;

/// A connection that was taken.
pub(crate) struct Connection {
    stream: TcpStream,
    info: ConnectionInfo,
    /// Until the first request: ends when that was waited for long enough.
    silence: Option<Ending>,
    /// Ends when the service stops and the caller takes nothing.
    untaken: Ending,
    /// That has ended.
    is_over: bool,
    _place: Place,
}

/// What the handlers of a connection's requests are told of it, as an extension of each request.
#[derive(Debug, Clone)]
pub struct ConnectionInfo {
    peer: SocketAddr,
    has_asked: Arc<AtomicBool>,
    endless_calls: Arc<Semaphore>,
    flow: Arc<Flow>,
}

/// How much of its answers a caller takes.
#[derive(Debug, Default)]
struct Flow {
    /// Parts of answers that were handed over to the connection so far, and taken.
    handed_over: AtomicU64,
    taken: AtomicU64,
    /// The system takes no more bytes of this connection.
    is_full: AtomicBool,
}

impl Flow {
    /// Whether something is there to be taken, and how much was taken so far.
    fn look(&self) -> (bool, u64) {
        let taken = self.taken.load(Ordering::Relaxed);
        let waits = self.handed_over.load(Ordering::Relaxed) > taken;
        (waits || self.is_full.load(Ordering::Relaxed), taken)
    }
}

impl ConnectionInfo {
    fn new(peer: SocketAddr, endless_calls: usize) -> Self {
        let endless_calls = Arc::new(Semaphore::new(endless_calls));
        Self { peer, has_asked: Arc::default(), endless_calls, flow: Arc::default() }
    }

    /// The other end.
    #[must_use]
    pub fn peer(&self) -> SocketAddr {
        self.peer
    }

    /// Permission for one more of the [`ENDLESS_CALLS_MAX`] calls; `None`: there are as many already.
    #[must_use]
    pub fn endless_call(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.endless_calls).try_acquire_owned().ok()
    }

    /// A part of an answer was handed over to the connection.
    pub(crate) fn handed_over(&self) {
        self.flow.handed_over.fetch_add(1, Ordering::Relaxed);
    }

    /// It was taken.
    pub(crate) fn taken(&self) {
        self.flow.taken.fetch_add(1, Ordering::Relaxed);
    }

    /// A request came.
    pub(crate) fn asked(&self) {
        if !self.has_asked.load(Ordering::Relaxed) {
            self.has_asked.store(true, Ordering::Relaxed);
        }
    }
}

impl Acceptor {
    pub(crate) fn new(
        listener: TcpListener,
        settings: ConnectionSettings,
        stopping: CancellationToken,
    ) -> Self {
        Self { listener, settings, open: Arc::default(), stopping, repeats: Repeats::new() }
    }

    /// The next connection that has a place.
    pub(crate) async fn next(&mut self) -> Connection {
        loop {
            let (stream, peer) = match self.listener.accept().await {
                Ok(accepted) => accepted,
                Err(error) => {
                    self.failed(&error).await;
                    continue;
                }
            };
            match self.place(peer) {
                Ok(place) => return self.connection(stream, peer, place),
                Err(limit) => self.refuse(peer, limit),
            }
        }
    }

    fn connection(&self, stream: TcpStream, peer: SocketAddr, place: Place) -> Connection {
        // Small answers are not held back for more; where that cannot be set, they are slower.
        let _slower = stream.set_nodelay(true);
        let limit = Duration::from_millis(self.settings.first_request_max_ms);
        let info = ConnectionInfo::new(peer, ENDLESS_CALLS_MAX);
        let untaken = Box::pin(untaken(Arc::clone(&info.flow), self.stopping.clone()));
        let stopping = self.stopping.clone().cancelled_owned();
        let silence = async move {
            let _either = tokio::time::timeout(limit, stopping).await;
        };
        Connection {
            stream,
            info,
            silence: Some(Box::pin(silence)),
            untaken,
            is_over: false,
            _place: place,
        }
    }

    /// Counts the connection, or gives the flag of the limit that it is beyond.
    fn place(&self, peer: SocketAddr) -> Result<Place, &'static str> {
        let network = network(peer.ip());
        let mut open = lock(&self.open);
        if open.all >= self.settings.connections_max {
            return Err("--connections-max");
        }
        let here = open.by_network.get(&network).copied().unwrap_or_default();
        if here >= self.settings.connections_per_address_max {
            return Err("--connections-per-address-max");
        }
        open.by_network.insert(network, here + 1);
        open.all += 1;
        Ok(Place { open: Arc::clone(&self.open), network })
    }

    fn refuse(&self, peer: SocketAddr, limit: &'static str) {
        metrics::counter!(REFUSED).increment(1);
        if let Some(left_out) = self.repeats.note(limit) {
            tracing::warn!(%peer, limit, left_out, "too many connections: closed a new one");
        }
    }

    async fn failed(&self, error: &io::Error) {
        let is_of_one_connection = matches!(
            error.kind(),
            ErrorKind::ConnectionAborted
                | ErrorKind::ConnectionReset
                | ErrorKind::ConnectionRefused
                | ErrorKind::Interrupted
        );
        if is_of_one_connection {
            return;
        }
        if let Some(left_out) = self.repeats.note("accept") {
            tracing::error!(
                %error,
                left_out,
                "cannot take connections, and tries again; where there are too many open files, raise the limit \
                 (ulimit -n, LimitNOFILE) or lower --connections-max"
            );
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// What the server of metrics asks for.
impl axum::serve::Listener for Acceptor {
    type Io = Connection;
    type Addr = ConnectionInfo;

    async fn accept(&mut self) -> (Connection, ConnectionInfo) {
        let connection = self.next().await;
        let info = connection.info.clone();
        (connection, info)
    }

    fn local_addr(&self) -> io::Result<ConnectionInfo> {
        Ok(ConnectionInfo::new(self.listener.local_addr()?, 0))
    }
}

impl axum::extract::connect_info::Connected<axum::serve::IncomingStream<'_, Acceptor>>
    for ConnectionInfo
{
    fn connect_info(stream: axum::serve::IncomingStream<'_, Acceptor>) -> Self {
        stream.remote_addr().clone()
    }
}

/// What the gRPC server asks for.
impl Connected for Connection {
    type ConnectInfo = ConnectionInfo;

    fn connect_info(&self) -> ConnectionInfo {
        self.info.clone()
    }
}

/// Returns when nothing was taken of what is there to be taken for [`UNTAKEN_MAX`], after the stop was asked for.
async fn untaken(flow: Arc<Flow>, stopping: CancellationToken) {
    stopping.cancelled().await;
    let mut before = None;
    loop {
        let (waits, taken) = flow.look();
        if waits && before == Some(taken) {
            return;
        }
        before = waits.then_some(taken);
        tokio::time::sleep(UNTAKEN_MAX).await;
    }
}

impl Connection {
    /// The same, or an error once the caller has taken nothing for too long.
    fn unless_untaken<T>(
        &mut self,
        outcome: Poll<io::Result<T>>,
        context: &mut Context<'_>,
    ) -> Poll<io::Result<T>> {
        if !outcome.is_pending() {
            return outcome;
        }
        self.is_over = self.is_over || self.untaken.as_mut().poll(context).is_ready();
        if self.is_over { Poll::Ready(Err(ErrorKind::TimedOut.into())) } else { Poll::Pending }
    }

    fn note_written<T>(
        &mut self,
        written: Poll<io::Result<T>>,
        context: &mut Context<'_>,
    ) -> Poll<io::Result<T>> {
        if self.info.flow.is_full.load(Ordering::Relaxed) != written.is_pending() {
            self.info.flow.is_full.store(written.is_pending(), Ordering::Relaxed);
        }
        self.unless_untaken(written, context)
    }
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.info.has_asked.load(Ordering::Relaxed) {
            self.silence = None;
        }
        if let Some(silence) = &mut self.silence
            && silence.as_mut().poll(context).is_ready()
        {
            return Poll::Ready(Err(ErrorKind::TimedOut.into()));
        }
        let read = Pin::new(&mut self.stream).poll_read(context, buffer);
        self.unless_untaken(read, context)
    }
}

impl AsyncWrite for Connection {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.note_written(written, context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(context, slices);
        self.note_written(written, context)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut open = lock(&self.open);
        open.all -= 1;
        if let Some(here) = open.by_network.get_mut(&self.network) {
            *here -= 1;
            if *here == 0 {
                open.by_network.remove(&self.network);
            }
        }
    }
}

fn lock(open: &Mutex<Open>) -> MutexGuard<'_, Open> {
    open.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What counts as one address: one customer of IPv6 has 2^64 of them.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => IpAddr::V4(address),
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_one_ipv6_network_count_as_one() {
        let network = |text: &str| network(text.parse().unwrap()).to_string();
        assert_eq!(network("10.1.2.3"), "10.1.2.3");
        assert_eq!(network("::ffff:10.1.2.3"), "10.1.2.3");
        assert_eq!(network("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::");
    }
}
