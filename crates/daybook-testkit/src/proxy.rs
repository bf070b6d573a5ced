//! An address in front of servers, as a proxy or a virtual IP gives it: connections go to the server that it points to now, and
//! stay there when it points elsewhere.

use std::sync::Arc;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// See the module. Ends with the test's runtime.
#[derive(Debug)]
pub struct TestProxy {
    port: u16,
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    /// The port of the server that new connections go to.
    target: watch::Sender<u16>,
    /// Counts the cuts.
    cuts: watch::Sender<u32>,
}

impl TestProxy {
    /// An address that points to a server on this port of 127.0.0.1.
    ///
    /// # Panics
    ///
    /// When there is no free port.
    pub async fn to(port: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let own_port = listener.local_addr().expect("it is bound").port();
        let shared =
            Arc::new(Shared { target: watch::Sender::new(port), cuts: watch::Sender::new(0) });
        let accepting = Arc::clone(&shared);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(carry(client, Arc::clone(&accepting)));
            }
        });
        Self { port: own_port, shared }
    }

    /// A URL of the server on `port`, through this address.
    #[must_use]
    pub fn url(&self, direct: &str, port: u16) -> String {
        direct.replace(&format!(":{port}/"), &format!(":{}/", self.port))
    }

    /// New connections go to the server on this port from now on; those that are there stay where they are.
    pub fn point_to(&self, port: u16) {
        self.shared.target.send_replace(port);
    }

    /// Cuts all connections; new ones are made as before.
    pub fn cut(&self) {
        self.shared.cuts.send_modify(|cuts| *cuts += 1);
    }
}

async fn carry(mut client: TcpStream, shared: Arc<Shared>) {
    let mut cuts = shared.cuts.subscribe();
    let port = *shared.target.borrow();
    let Ok(mut server) = TcpStream::connect(("127.0.0.1", port)).await else { return };
    tokio::select! {
        _ = tokio::io::copy_bidirectional(&mut client, &mut server) => {}
        _ = cuts.changed() => {}
    }
}
