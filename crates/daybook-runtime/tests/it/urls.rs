//! What a URL leads to.

use std::net::{Ipv6Addr, SocketAddr};

use daybook_runtime::postgres::{self, Connector};
use daybook_testkit::TestPostgres;
use sqlx::Executor as _;
use tokio::net::{TcpListener, TcpStream};

/// The private servers listen on IPv4: one connection is carried from `[::1]` to them.
#[tokio::test]
async fn an_ipv6_address_is_connected_to() {
    let server = TestPostgres::start().await;
    let listener = TcpListener::bind(SocketAddr::from((Ipv6Addr::LOCALHOST, 0))).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let target = server.port();
    let carrying = tokio::spawn(async move {
        let (mut client, _) = listener.accept().await.unwrap();
        let mut server = TcpStream::connect(("127.0.0.1", target)).await.unwrap();
        let _ = tokio::io::copy_bidirectional(&mut client, &mut server).await;
    });
    let url = server.admin_url().replace(&format!("127.0.0.1:{target}"), &format!("[::1]:{port}"));
    let pool = postgres::pool(&url, "test", 1).unwrap();
    pool.execute("SELECT 1").await.unwrap();
    carrying.abort();
}

#[tokio::test]
async fn a_database_that_is_not_utf8_is_refused_by_name() {
    let server = TestPostgres::start().await;
    let admin = postgres::pool(&server.admin_url(), "test", 1).unwrap();
    let create = "CREATE DATABASE ledger ENCODING 'SQL_ASCII' LOCALE 'C' TEMPLATE template0";
    admin.execute(create).await.unwrap();
    let connector = Connector::new(&server.superuser_url("ledger"), "test").unwrap();
    let error = connector.connect().await.unwrap_err().to_string();
    assert!(error.contains("`ledger`") && error.contains("SQL_ASCII"), "{error}");
}
