//! What Prometheus gets.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::Context as _;
use daybook_testkit::eventually;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use crate::support::{World, order};

#[tokio::test]
async fn the_hit_rate_of_the_cache_is_a_metric() {
    let world = World::new().await;
    world.ready_service(&[]).await.open_accounts(&["a"], 100).await;
    let address = free_address().await;
    let bank = world.ready_service(&["--metrics-listen", &address.to_string()]).await;
    for _ in 0..10 {
        bank.send(order::deposit("a", 1)).await.unwrap();
    }
    bank.send(order::withdraw("a", 1_000)).await.unwrap_err();
    let text = scrape(address).await;
    // The counters are the process's: the first service's two commands count as well.
    assert_eq!(value(&text, "daybook_cache_lookups_total"), 13.0, "{text}");
    assert_eq!(value(&text, "daybook_cache_loads_total"), 1.0, "{text}");
    assert_eq!(value(&text, "daybook_commands_total{outcome=\"accepted\"}"), 12.0, "{text}");
    assert_eq!(value(&text, "daybook_commands_total{outcome=\"refused\"}"), 1.0, "{text}");
    assert_eq!(value(&text, "daybook_cache_streams"), 1.0, "{text}");
    assert_eq!(value(&text, "daybook_append_duration_seconds_count"), 12.0, "{text}");
    assert!(text.contains("# HELP daybook_cache_lookups_total"), "{text}");
}

async fn free_address() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap()
}

async fn scrape(address: SocketAddr) -> String {
    eventually("metrics", Duration::from_secs(10), async || {
        let mut connection = TcpStream::connect(address).await?;
        connection
            .write_all(b"GET /metrics HTTP/1.1\r\nHost: daybook\r\nConnection: close\r\n\r\n")
            .await?;
        let mut answer = String::new();
        connection.read_to_string(&mut answer).await?;
        answer.starts_with("HTTP/1.1 200").then_some(answer).context("not 200")
    })
    .await
}

#[track_caller]
fn value(text: &str, name: &str) -> f64 {
    let line = text.lines().find(|line| line.split(' ').next() == Some(name));
    line.and_then(|line| line.rsplit(' ').next())
        .unwrap_or_else(|| panic!("no {name} in {text}"))
        .parse()
        .unwrap()
}
