//! Connections that ask for nothing, and too many of them.

use std::net::SocketAddr;
use std::time::Duration;

use daybook_runtime::accept::ConnectionSettings;
use daybook_runtime::server;
use daybook_testkit::eventually;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tonic::transport::{Channel, Endpoint};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;

/// Longer than any test takes.
const NEVER_MS: u64 = 600_000;
const BOUND: Duration = Duration::from_secs(10);

struct Server {
    address: SocketAddr,
    stop: CancellationToken,
    running: JoinHandle<anyhow::Result<()>>,
}

impl Server {
    async fn start(all: u32, per_address: u32, first_request_max_ms: u64) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let settings = ConnectionSettings {
            connections_max: all,
            connections_per_address_max: per_address,
            first_request_max_ms,
        };
        let stop = CancellationToken::new();
        let (routes, health) = server::routes("test", None).await.unwrap();
        let running = {
            let stop = stop.clone();
            tokio::spawn(
                async move { server::serve(listener, &settings, routes, health, stop).await },
            )
        };
        Self { address, stop, running }
    }

    async fn silent(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    /// A client that has asked once.
    async fn client(&self) -> anyhow::Result<HealthClient<Channel>> {
        let channel = Endpoint::from_shared(format!("http://{}", self.address))?.connect().await?;
        let mut client = HealthClient::new(channel);
        ask(&mut client).await?;
        Ok(client)
    }
}

async fn ask(client: &mut HealthClient<Channel>) -> anyhow::Result<()> {
    client.check(HealthCheckRequest::default()).await?;
    Ok(())
}

/// Returns when the other end has closed it.
async fn is_closed(mut connection: TcpStream) {
    let closed = async {
        // The server's own first frame may come before the end.
        let mut rest = Vec::new();
        let _end_or_reset = connection.read_to_end(&mut rest).await;
    };
    tokio::time::timeout(BOUND, closed).await.expect("it is kept");
}

#[tokio::test]
async fn a_connection_without_a_request_is_closed_and_one_with_a_request_is_kept() {
    let server = Server::start(100, 100, 300).await;
    let mut client = server.client().await.unwrap();
    is_closed(server.silent().await).await;
    // As long again: the one that asked is still there.
    is_closed(server.silent().await).await;
    ask(&mut client).await.unwrap();
}

#[tokio::test]
async fn beyond_a_limit_a_new_connection_is_closed_and_the_others_stay() {
    for (all, per_address) in [(3, 100), (100, 3)] {
        let server = Server::start(all, per_address, NEVER_MS).await;
        let mut client = server.client().await.unwrap();
        let silent = [server.silent().await, server.silent().await];
        is_closed(server.silent().await).await;
        ask(&mut client).await.unwrap();
        drop(silent);
        eventually("room again", BOUND, async || server.client().await.map(drop)).await;
    }
}

#[tokio::test]
async fn a_silent_connection_does_not_hold_up_a_stop() {
    let server = Server::start(100, 100, NEVER_MS).await;
    let silent = server.silent().await;
    let _client = server.client().await.unwrap();
    server.stop.cancel();
    tokio::time::timeout(BOUND, server.running).await.expect("it waits").unwrap().unwrap();
    is_closed(silent).await;
}

/// A header of which one would be ignored is refused, whatever is asked.
#[tokio::test]
async fn a_deadline_that_is_there_twice_is_refused_by_name() {
    let server = Server::start(100, 100, NEVER_MS).await;
    let mut client = server.client().await.unwrap();
    let with = |timeouts: &[&'static str]| {
        let mut request = tonic::Request::new(HealthCheckRequest::default());
        for timeout in timeouts {
            request.metadata_mut().append("grpc-timeout", timeout.parse().unwrap());
        }
        request
    };
    client.check(with(&["5S"])).await.unwrap();
    let refused = client.check(with(&["5S", "1H"])).await.unwrap_err();
    assert_eq!(refused.code(), tonic::Code::InvalidArgument, "{refused}");
    assert!(refused.message().contains("`grpc-timeout`"), "{refused}");
    ask(&mut client).await.unwrap();
}

/// Whoever speaks another protocol is told so at once.
#[tokio::test]
async fn a_client_of_http_1_is_not_kept_waiting() {
    let server = Server::start(100, 100, NEVER_MS).await;
    let mut connection = server.silent().await;
    connection.write_all(b"GET / HTTP/1.1\r\nHost: daybook\r\n\r\n").await.unwrap();
    is_closed(connection).await;
    assert!(!server.running.is_finished());
}
