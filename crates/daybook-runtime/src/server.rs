//! The frame of every gRPC server here: limits, keepalive, health, reflection, and a stop that finishes what is in hand.

use std::time::Duration;

use anyhow::Context as _;
use futures::stream;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tonic::service::Routes;
use tonic::transport::Server;
use tower::layer::layer_fn;

use crate::accept::{Acceptor, ConnectionSettings};
use crate::calls::Calls;
pub use crate::health::Health;

/// Largest answer, in bytes. A page of 1000 events of 64 KiB is not allowed to exist.
pub const ANSWER_BYTES_MAX: usize = 4 * 1024 * 1024;

/// Largest request, in bytes; the largest that can be right, of a hundred event types of 200 bytes, has a third of it. What a
/// connection has sent of requests that are not complete is in memory: 1,024 calls times this, 64 MiB.
pub const REQUEST_BYTES_MAX: usize = 64 * 1024;

/// Calls in flight on one connection.
const STREAMS_PER_CONNECTION_MAX: u32 = 1024;

/// Request bytes that one call may have under way to the service and not read. It is the protocol's own default, so that no
/// caller is beyond it before it has heard of it.
const CALL_WINDOW_BYTES: u32 = 65_535;

/// The same for all calls of a connection together. From it the HTTP/2 library derives how many small frames it takes
/// before the service has read them, half of this in bytes by which they fall short of 256 each, and ends a connection that
/// is beyond. A caller that the service makes wait must be held by its windows before that: [`ENDLESS_CALLS_MAX`] calls,
/// each with its window full of messages of 16 bytes or more, stay below. It is a limit and no memory: what is there unread
/// is bounded by the windows of calls that nothing reads, and these are the endless ones alone.
const CONNECTION_WINDOW_BYTES: u32 = 32 * 1024 * 1024;

/// Request headers of one call, in bytes.
const HEADER_BYTES_MAX: u32 = 16 * 1024;

/// How long calls in hand may take after the stop was asked for.
const STOP_GRACE: Duration = Duration::from_secs(20);

/// Routes that hold health (`grpc.health.v1`, see [`Health`]) and, given descriptors, reflection (v1 and v1alpha). Health
/// says NOT_SERVING until told otherwise.
///
/// # Errors
/// When the descriptors are malformed.
pub async fn routes(
    service_name: &str,
    descriptors: Option<&'static [u8]>,
) -> anyhow::Result<(Routes, Health)> {
    let (health, health_service) = Health::new(service_name).await;
    let mut routes = Routes::new(health_service);
    if let Some(descriptors) = descriptors {
        let configure = || {
            tonic_reflection::server::Builder::configure()
                .register_encoded_file_descriptor_set(descriptors)
                .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
        };
        routes = routes
            .add_service(configure().build_v1().context("build reflection")?)
            .add_service(configure().build_v1alpha().context("build reflection")?);
    }
    Ok((routes, health))
}

/// Serves until `shutdown`, then says NOT_SERVING, takes no new connection, and finishes the calls in hand.
///
/// # Errors
/// When the listener fails, or calls in hand take longer than 20 s.
pub async fn serve(
    listener: TcpListener,
    connections: &ConnectionSettings,
    routes: Routes,
    health: Health,
    shutdown: CancellationToken,
) -> anyhow::Result<()> {
    let acceptor = Acceptor::new(listener, connections.clone(), shutdown.clone());
    let incoming = stream::unfold(acceptor, async |mut acceptor| {
        let connection = acceptor.next().await;
        Some((std::io::Result::Ok(connection), acceptor))
    });
    let stopping = {
        let (shutdown, mut health) = (shutdown.clone(), health);
        async move {
            shutdown.cancelled().await;
            health.stop().await;
        }
    };
    let serving = Server::builder()
        .layer(layer_fn(Calls))
        .initial_stream_window_size(CALL_WINDOW_BYTES)
        .initial_connection_window_size(CONNECTION_WINDOW_BYTES)
        .max_concurrent_streams(STREAMS_PER_CONNECTION_MAX)
        .http2_max_header_list_size(HEADER_BYTES_MAX)
        .http2_keepalive_interval(Some(Duration::from_secs(20)))
        .http2_keepalive_timeout(Some(Duration::from_secs(10)))
        .add_routes(routes)
        .serve_with_incoming_shutdown(incoming, stopping);
    let grace = async {
        shutdown.cancelled().await;
        tokio::time::sleep(STOP_GRACE).await;
    };
    tokio::select! {
        served = serving => served.context("serve gRPC"),
        () = grace => anyhow::bail!("calls in hand did not finish within {STOP_GRACE:?}"),
    }
}
