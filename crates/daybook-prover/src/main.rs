//! `daybook-prover`: hashes the log into a Merkle tree and signs its checkpoints.

use anyhow::Context as _;
use clap::Parser as _;
use daybook_prover::Settings;
use daybook_runtime::shutdown;
use tokio::net::TcpListener;

/// Each event that is hashed is a row of small texts, taken and given back: with glibc's allocator a tenth of the processor
/// time.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let settings = Settings::parse();
    let _last_lines = settings.telemetry.start()?;
    let shutdown = shutdown::on_signal().context("listen for signals")?;
    let listener = TcpListener::bind(&settings.listen)
        .await
        .with_context(|| format!("listen on `{}`", settings.listen))?;
    tracing::info!(address = %listener.local_addr()?, "daybook-prover is starting");
    daybook_prover::run(settings, listener, shutdown).await
}
