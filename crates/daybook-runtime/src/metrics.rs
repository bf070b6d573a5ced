//! Metrics for Prometheus, served as text at `http://ADDRESS/metrics`. They are counted whether or not anybody asks; a
//! service says what it counts where it counts it, and describes it once with [`metrics::describe_counter`] and its like.

use std::future::ready;
use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use anyhow::Context as _;
use axum::Router;
use axum::extract::ConnectInfo;
use axum::routing::get;
use metrics::{counter, describe_counter, describe_gauge, gauge};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use sqlx::PgPool;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::accept::{self, Acceptor, ConnectionInfo, ConnectionSettings};
use crate::telemetry;

/// How often samples of histograms are put into their buckets; in between they take memory.
const UPKEEP_INTERVAL: Duration = Duration::from_secs(5);

/// Connections that ask for metrics: a few scrapers, and somebody who looks.
const CONNECTIONS: ConnectionSettings = ConnectionSettings {
    connections_max: 32,
    connections_per_address_max: 32,
    first_request_max_ms: 10_000,
};

/// Upper bounds of durations, in seconds: from a commit on a fast disk to the longest wait for an answer.
const SECONDS: [f64; 14] =
    [0.0005, 0.001, 0.002, 0.004, 0.008, 0.016, 0.032, 0.064, 0.125, 0.25, 0.5, 1.0, 4.0, 16.0];

/// Upper bounds of sizes, in pieces.
const PIECES: [f64; 8] = [1.0, 4.0, 16.0, 64.0, 256.0, 1024.0, 4096.0, 16384.0];

/// One a process: the recorder is global.
static RECORDER: OnceLock<PrometheusHandle> = OnceLock::new();

/// Starts counting. What is counted before is lost, so this comes first.
///
/// # Errors
/// When another recorder was installed in this process.
pub fn start() -> anyhow::Result<()> {
    if RECORDER.get().is_none() {
        let recorder = PrometheusBuilder::new()
            .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &SECONDS)
            .and_then(|builder| {
                builder.set_buckets_for_metric(Matcher::Suffix("_events".to_owned()), &PIECES)
            })
            .context("buckets of metrics")?
            .build_recorder();
        let handle = recorder.handle();
        if RECORDER.set(handle).is_ok() {
            metrics::set_global_recorder(recorder).context("count metrics")?;
            describe_own();
        }
    }
    Ok(())
}

/// What every service counts, from zero on.
fn describe_own() {
    let refused = "Connections closed as they came, beyond --connections-max or --connections-per-address-max";
    describe_counter!(accept::REFUSED, refused);
    counter!(accept::REFUSED).increment(0);
    let lost = "Log lines that could not be written, or whose reader was too slow";
    describe_counter!(telemetry::LINES_LOST, lost);
    counter!(telemetry::LINES_LOST).increment(0);
}

/// Measured when somebody looks, and not before.
pub type Measure = Box<dyn Fn() + Send + Sync>;

/// Serves what is counted by `program`, until `shutdown`; where no address is given, only keeps the books.
///
/// # Errors
/// When the address cannot be listened on.
pub async fn serve(
    listen: Option<SocketAddr>,
    program: &'static str,
    mut measures: Vec<Measure>,
    shutdown: CancellationToken,
) -> anyhow::Result<()> {
    tokio::spawn(keep_up(shutdown.clone()));
    let Some(address) = listen else { return Ok(()) };
    let listener = TcpListener::bind(address)
        .await
        .with_context(|| format!("--metrics-listen: listen on {address}"))?;
    tracing::info!(address = %listener.local_addr()?, "serving metrics at /metrics");
    describe_gauge!("daybook_build_info", "Always 1; which program of which version this is");
    gauge!("daybook_build_info", "program" => program, "version" => env!("CARGO_PKG_VERSION"))
        .set(1.0);
    let process = metrics_process::Collector::default();
    process.describe();
    measures.push(Box::new(move || process.collect()));
    let measures: Arc<[Measure]> = measures.into();
    let render = move |ConnectInfo(connection): ConnectInfo<ConnectionInfo>| {
        connection.asked();
        measures.iter().for_each(|measure| measure());
        ready(RECORDER.get().map(PrometheusHandle::render).unwrap_or_default())
    };
    let router = Router::new().route("/metrics", get(render));
    tokio::spawn(async move {
        let acceptor = Acceptor::new(listener, CONNECTIONS, shutdown.clone());
        let serving =
            axum::serve(acceptor, router.into_make_service_with_connect_info::<ConnectionInfo>())
                .with_graceful_shutdown(async move { shutdown.cancelled().await });
        if let Err(error) = serving.await {
            tracing::error!(%error, "metrics are no longer served");
        }
    });
    Ok(())
}

/// The connections of a pool, under a name.
#[must_use]
pub fn of_pool(name: &'static str, pool: PgPool) -> Measure {
    describe_gauge!(
        "daybook_pool_connections",
        "Open connections of a pool, by state: idle or used"
    );
    describe_gauge!("daybook_pool_connections_max", "Connections that a pool may have");
    let idle = gauge!("daybook_pool_connections", "pool" => name, "state" => "idle");
    let used = gauge!("daybook_pool_connections", "pool" => name, "state" => "used");
    gauge!("daybook_pool_connections_max", "pool" => name)
        .set(f64::from(pool.options().get_max_connections()));
    Box::new(move || {
        let (open, unused) = (pool.size(), u32::try_from(pool.num_idle()).unwrap_or(u32::MAX));
        idle.set(f64::from(unused));
        used.set(f64::from(open.saturating_sub(unused)));
    })
}

/// A count as a metric's value.
#[must_use]
pub fn whole(count: impl TryInto<i64>) -> f64 {
    let count = count.try_into().unwrap_or(i64::MAX);
    #[expect(clippy::cast_precision_loss, reason = "nothing here comes near 2^52")]
    let count = count as f64;
    count
}

async fn keep_up(shutdown: CancellationToken) {
    let mut interval = tokio::time::interval(UPKEEP_INTERVAL);
    loop {
        tokio::select! {
            () = shutdown.cancelled() => return,
            _ = interval.tick() => {
                if let Some(recorder) = RECORDER.get() {
                    recorder.run_upkeep();
                }
            }
        }
    }
}
