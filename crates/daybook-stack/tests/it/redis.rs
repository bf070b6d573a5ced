//! A private Redis: restarted, frozen, and closed to strangers.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use daybook_stack::{Redis, RedisSettings};

use crate::{open_dir, wait_until};

/// Sends commands and gives what comes back within a fifth of a second: enough of a client for a test
/// of the server alone.
fn ask(redis: &Redis, commands: &str) -> String {
    let mut stream = TcpStream::connect(("127.0.0.1", redis.port())).unwrap();
    stream.set_read_timeout(Some(Duration::from_millis(200))).unwrap();
    stream.write_all(commands.as_bytes()).unwrap();
    let mut answer = [0; 1024];
    match stream.read(&mut answer) {
        Ok(length) => String::from_utf8_lossy(&answer[..length]).into_owned(),
        Err(_) => String::new(),
    }
}

/// `AUTH` with the password that the address names.
fn auth(redis: &Redis) -> String {
    let url = redis.url();
    let password = url.strip_prefix("redis://:").unwrap().split('@').next().unwrap();
    format!("AUTH {password}\r\n")
}

#[tokio::test]
async fn nobody_gets_in_without_the_password() {
    let dir = open_dir();
    let redis = Redis::start(dir.path(), RedisSettings::default()).await.unwrap();
    assert!(ask(&redis, "GET x\r\n").contains("NOAUTH"));
    assert!(ask(&redis, &format!("{}GET x\r\n", auth(&redis))).starts_with("+OK"));
}

#[tokio::test]
async fn a_restart_keeps_port_and_password_and_nothing_else() {
    let dir = open_dir();
    let mut redis = Redis::start(dir.path(), RedisSettings::default()).await.unwrap();
    let url = redis.url();
    ask(&redis, &format!("{}SET x 1\r\n", auth(&redis)));
    redis.kill().await.unwrap();
    assert!(TcpStream::connect(("127.0.0.1", redis.port())).is_err());
    redis.restart().await.unwrap();
    assert_eq!(redis.url(), url);
    assert_eq!(ask(&redis, &format!("{}EXISTS x\r\n", auth(&redis))), "+OK\r\n:0\r\n");
    redis.stop().await.unwrap();
    assert_eq!(redis.pid(), None);
}

#[tokio::test]
async fn a_frozen_server_is_silent_until_it_is_resumed() {
    let dir = open_dir();
    let redis = Redis::start(dir.path(), RedisSettings::default()).await.unwrap();
    redis.pause().unwrap();
    wait_until("it is silent", || ask(&redis, &auth(&redis)).is_empty());
    redis.resume().unwrap();
    wait_until("it answers", || ask(&redis, &auth(&redis)).starts_with("+OK"));
}

#[tokio::test]
async fn a_setting_that_redis_refuses_is_shown_with_its_log() {
    let dir = open_dir();
    let settings = RedisSettings { overrides: vec![("no-such-setting".into(), "1".into())] };
    let refused = Redis::start(dir.path(), settings).await.unwrap_err();
    assert!(format!("{refused:#}").contains("no-such-setting"), "{refused:#}");
}
