//! `daybook-query`: the query service as a process.

use anyhow::Context as _;
use clap::Parser as _;
use daybook_query::QuerySettings;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let settings = QuerySettings::parse();
    let _last_lines = settings.telemetry.start()?;
    settings.check()?;
    let shutdown = daybook_runtime::shutdown::on_signal().context("listen for signals")?;
    let listener = tokio::net::TcpListener::bind(settings.listen)
        .await
        .with_context(|| format!("listen on {}", settings.listen))?;
    daybook_query::run(settings, listener, shutdown).await
}
