//! The wish to stop, as the operating system brings it: Ctrl-C or a termination.

use std::io;

use tokio::signal::unix::{Signal, SignalKind, signal};

/// Tells of every such wish, one at a time. From the first one made on, the signals no longer end the program by
/// themselves.
pub(crate) struct Interrupts {
    interrupt: Signal,
    terminate: Signal,
}

impl Interrupts {
    pub(crate) fn listen() -> io::Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    /// Waits for the next wish to stop.
    pub(crate) async fn next(&mut self) {
        let Self { interrupt, terminate } = self;
        let come = async {
            tokio::select! {
                come = interrupt.recv() => come,
                come = terminate.recv() => come,
            }
        };
        if come.await.is_none() {
            // No further signal can come; whoever waits, waits for something else.
            std::future::pending::<()>().await;
        }
    }
}
