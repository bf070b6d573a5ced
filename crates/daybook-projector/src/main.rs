//! `daybook-projector`: drains the outbox into read models.

use anyhow::Context as _;
use clap::Parser as _;
use daybook_projector::Settings;
use daybook_runtime::shutdown;
use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let settings = Settings::parse();
    let _last_lines = settings.telemetry.start()?;
    let shutdown = shutdown::on_signal().context("listen for signals")?;
    let listener = TcpListener::bind(&settings.listen)
        .await
        .with_context(|| format!("listen on `{}`", settings.listen))?;
    tracing::info!(address = %listener.local_addr()?, "daybook-projector is starting");
    daybook_projector::run(settings, listener, shutdown).await
}
