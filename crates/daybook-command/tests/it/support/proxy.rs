//! A network between a service and PostgreSQL that loses what a test wants it to lose.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, watch};

/// What happens to the next statement that carries the marker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// It is lost, and the connection with it.
    LoseStatement,
    /// PostgreSQL gets it and answers; the answer is lost, and the connection with it.
    LoseAnswer,
}

/// See the module.
pub(crate) struct Proxy {
    port: u16,
    shared: Arc<Shared>,
}

struct Shared {
    postgres_port: u16,
    /// Whether connections are let through at all.
    open: watch::Sender<bool>,
    /// Statements that carry it are appends: no other statement names a type of event.
    marker: &'static [u8],
    armed: std::sync::Mutex<Option<Fault>>,
    faults: AtomicUsize,
    struck: Notify,
    /// Whether the network stays away after a fault.
    stay_away: AtomicBool,
}

impl Proxy {
    pub(crate) async fn start(postgres_port: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let shared = Arc::new(Shared {
            postgres_port,
            open: watch::Sender::new(true),
            marker: b"money-deposited",
            armed: std::sync::Mutex::new(None),
            faults: AtomicUsize::new(0),
            struck: Notify::new(),
            stay_away: AtomicBool::new(false),
        });
        let accepting = Arc::clone(&shared);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(carry(client, Arc::clone(&accepting)));
            }
        });
        Self { port, shared }
    }

    /// The same URL, through this network.
    pub(crate) fn url(&self, direct: &str) -> String {
        direct.replace(&format!(":{}/", self.shared.postgres_port), &format!(":{}/", self.port))
    }

    /// The next append meets this fault.
    pub(crate) fn arm(&self, fault: Fault) {
        *self.shared.armed.lock().unwrap() = Some(fault);
    }

    /// The next append meets this fault, and afterwards nothing gets through until [`Proxy::heal`].
    pub(crate) fn arm_and_stay_away(&self, fault: Fault) {
        self.shared.stay_away.store(true, Ordering::SeqCst);
        self.arm(fault);
    }

    /// Returns when the armed fault has struck.
    pub(crate) async fn has_struck(&self) {
        while self.shared.armed.lock().unwrap().is_some() {
            self.shared.struck.notified().await;
        }
    }

    pub(crate) fn faults(&self) -> usize {
        self.shared.faults.load(Ordering::SeqCst)
    }

    /// Cuts every connection and lets none through.
    pub(crate) fn cut(&self) {
        self.shared.open.send_replace(false);
    }

    pub(crate) fn heal(&self) {
        self.shared.stay_away.store(false, Ordering::SeqCst);
        self.shared.open.send_replace(true);
    }
}

/// Carries one connection until either side or a fault ends it.
async fn carry(mut client: TcpStream, shared: Arc<Shared>) {
    let mut open = shared.open.subscribe();
    if !*open.borrow_and_update() {
        return;
    }
    let Ok(mut server) = TcpStream::connect(("127.0.0.1", shared.postgres_port)).await else {
        return;
    };
    let (mut up, mut down) = (vec![0; 256 * 1024], vec![0; 256 * 1024]);
    let mut lose_answer = false;
    loop {
        tokio::select! {
            read = client.read(&mut up) => {
                let Ok(count @ 1..) = read else { return };
                match shared.strike(&up[..count]) {
                    Some(Fault::LoseStatement) => return shared.note_struck(),
                    Some(Fault::LoseAnswer) => lose_answer = true,
                    None => {}
                }
                if server.write_all(&up[..count]).await.is_err() { return; }
            }
            read = server.read(&mut down) => {
                let Ok(count @ 1..) = read else { return };
                if lose_answer { return shared.note_struck(); }
                if client.write_all(&down[..count]).await.is_err() { return; }
            }
            changed = open.changed() => if changed.is_err() || !*open.borrow() { return },
        }
    }
}

impl Shared {
    /// The fault that meets these bytes, if any.
    fn strike(&self, bytes: &[u8]) -> Option<Fault> {
        let is_append = bytes.windows(self.marker.len()).any(|window| window == self.marker);
        let fault = (*self.armed.lock().unwrap()).filter(|_| is_append)?;
        Some(fault)
    }

    fn note_struck(&self) {
        if self.armed.lock().unwrap().take().is_some() {
            self.faults.fetch_add(1, Ordering::SeqCst);
            if self.stay_away.load(Ordering::SeqCst) {
                self.open.send_replace(false);
            }
        }
        self.struck.notify_waiters();
    }
}
