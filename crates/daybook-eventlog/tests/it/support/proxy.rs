//! A line to PostgreSQL that can be cut or held at the worst moment.

use std::sync::Arc;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// What the line does with what is sent from now on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Fault {
    /// Everything passes.
    None,
    /// The next request is lost, and the connection with it.
    LoseRequest,
    /// The next request arrives, its answer is lost, and the connection with it.
    LoseAnswer,
    /// The next request waits on the line until [`Proxy::release`], even when the client is long gone.
    HoldRequest,
}

/// Forwards connections to a server. What it does wrong it does once; later connections pass.
pub(crate) struct Proxy {
    port: u16,
    shared: Arc<Shared>,
}

struct Shared {
    fault: watch::Sender<Fault>,
    released: watch::Sender<bool>,
    /// Requests that were held, and have been answered since.
    answered: watch::Sender<u32>,
}

impl Proxy {
    pub(crate) async fn to(server_port: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let shared = Arc::new(Shared {
            fault: watch::Sender::new(Fault::None),
            released: watch::Sender::new(false),
            answered: watch::Sender::new(0),
        });
        let for_lines = Arc::clone(&shared);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let server = TcpStream::connect(("127.0.0.1", server_port)).await.unwrap();
                tokio::spawn(forward(client, server, Arc::clone(&for_lines)));
            }
        });
        Self { port, shared }
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    pub(crate) fn arm(&self, fault: Fault) {
        self.shared.fault.send_replace(fault);
    }

    /// Whether the fault that was armed has happened.
    pub(crate) async fn struck(&self) {
        self.shared.fault.subscribe().wait_for(|fault| *fault == Fault::None).await.unwrap();
    }

    /// Lets the held request arrive, and waits until the server has answered it.
    pub(crate) async fn release(&self) {
        self.shared.released.send_replace(true);
        self.shared.answered.subscribe().wait_for(|answered| *answered > 0).await.unwrap();
    }
}

async fn forward(mut client: TcpStream, mut server: TcpStream, shared: Arc<Shared>) {
    let (mut request, mut answer) = (vec![0; 64 * 1024], vec![0; 64 * 1024]);
    loop {
        tokio::select! {
            read = client.read(&mut request) => {
                let Ok(bytes @ 1..) = read else { return };
                let fault = shared.fault.send_replace(Fault::None);
                if fault == Fault::LoseRequest {
                    return;
                }
                if fault == Fault::HoldRequest {
                    shared.released.subscribe().wait_for(|released| *released).await.unwrap();
                }
                if server.write_all(&request[..bytes]).await.is_err() {
                    return;
                }
                if matches!(fault, Fault::LoseAnswer | Fault::HoldRequest) {
                    // PostgreSQL answers when the transaction has ended, not before.
                    let _ = server.read(&mut answer).await;
                    shared.answered.send_modify(|answered| *answered += 1);
                    return;
                }
            }
            read = server.read(&mut answer) => {
                let Ok(bytes @ 1..) = read else { return };
                if client.write_all(&answer[..bytes]).await.is_err() {
                    return;
                }
            }
        }
    }
}
