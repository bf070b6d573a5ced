//! Stopping: the first SIGTERM or Ctrl-C asks for it and work in hand is finished; the second ends the process at once.

use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// Exit code after a second signal: as a shell reports a process ended by SIGINT.
const HARD_EXIT: i32 = 130;

/// A token that is cancelled by the first SIGTERM or SIGINT. Must be called inside a runtime.
///
/// # Errors
/// When the process cannot listen for signals.
pub fn on_signal() -> std::io::Result<CancellationToken> {
    let token = CancellationToken::new();
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let cancel = token.clone();
    tokio::spawn(async move {
        for last in [false, true] {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
            // First the deed, then the word: a log that takes no lines must not keep the process alive.
            if last {
                std::process::exit(HARD_EXIT);
            }
            cancel.cancel();
            tracing::info!("stopping: finishing the work in hand; a second signal ends at once");
        }
    });
    Ok(token)
}
