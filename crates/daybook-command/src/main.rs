//! The binary: settings, logs, listener; everything else is the library's [`daybook_command::run`].

use anyhow::Context as _;
use clap::Parser as _;
use daybook_command::Settings;
use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let settings = Settings::parse();
    settings.validate()?;
    let _last_lines = settings.telemetry.start()?;
    let shutdown = daybook_runtime::shutdown::on_signal().context("listen for signals")?;
    let listener = TcpListener::bind(settings.listen)
        .await
        .with_context(|| format!("listen on {}", settings.listen))?;
    daybook_command::run(settings, listener, shutdown).await
}
