//! Services as processes, in an environment that lets them down.

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use anyhow::{Context as _, ensure};
use daybook_testkit::eventually;
use daybook_testkit::servers::service_binary;
use rustix::process::{Pid, Signal, kill_process};
use tonic::transport::Endpoint;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;

/// A database that is never there: services start all the same, and log that they wait.
const NO_DATABASE: &str = "postgres://nobody@127.0.0.1:1/none";
const NO_REDIS: &str = "redis://127.0.0.1:1";
const BOUND: Duration = Duration::from_secs(30);

/// A service that is killed with the test.
struct Service {
    process: Child,
    address: SocketAddr,
}

impl Service {
    /// Starts it through a shell, which `limits` what it may have first.
    fn start(name: &str, flags: &[&str], limits: &str, stderr: Stdio) -> Self {
        let free = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = free.local_addr().unwrap();
        drop(free);
        let mut command = Command::new("sh");
        command.args(["-c", &format!("{limits} exec \"$0\" \"$@\"")]);
        command.arg(service_binary(name).unwrap()).args(["--listen", &address.to_string()]);
        command.args(["--log-database-url", NO_DATABASE]).args(flags);
        Self { process: command.stderr(stderr).spawn().unwrap(), address }
    }

    async fn listens(&self) {
        eventually("the service listens", BOUND, async || {
            Ok(TcpStream::connect(self.address).map(drop)?)
        })
        .await;
    }

    fn signal(&self, signal: Signal) {
        let pid = Pid::from_raw(i32::try_from(self.process.id()).unwrap()).unwrap();
        kill_process(pid, signal).unwrap();
    }

    async fn ended(&mut self) -> ExitStatus {
        eventually("the service ends", BOUND, async || self.process.try_wait()?.context("it runs"))
            .await
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ended_before = self.process.kill();
        let _status = self.process.wait();
    }
}

/// Whoever reads the logs ends first, as a shell's pipe does on Ctrl-C.
#[tokio::test]
async fn a_service_whose_logs_nobody_reads_any_more_works_and_stops_when_it_is_told_to() {
    let dir = tempfile::tempdir().unwrap();
    let key = dir.path().join("key");
    let made = Command::new(service_binary("daybook").unwrap())
        .args(["proof", "key", "generate", "--name", "example.com/log"])
        .arg(&key)
        .output()
        .unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    for (name, flags) in [
        ("daybook-command", &["--redis-url", NO_REDIS, "--insecure-actor-header"][..]),
        ("daybook-projector", &["--redis-url", NO_REDIS]),
        ("daybook-query", &[]),
        ("daybook-prover", &["--key-file", path(&key), "--state-dir", path(dir.path()), "--first"]),
    ] {
        let mut service = Service::start(name, flags, "", Stdio::piped());
        drop(service.process.stderr.take());
        service.listens().await;
        service.signal(Signal::TERM);
        assert_eq!(service.ended().await.code(), Some(0), "{name}");
    }
}

fn path(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// More connections than there are descriptors: it is said once, and over when they are gone.
#[tokio::test]
async fn a_service_without_file_descriptors_says_so_and_recovers() {
    let dir = tempfile::tempdir().unwrap();
    let log = dir.path().join("log");
    let stderr = std::fs::File::create(&log).unwrap();
    let flags = ["--connections-max", "1000", "--connections-per-address-max", "1000"];
    let mut service = Service::start("daybook-query", &flags, "ulimit -n 64;", stderr.into());
    service.listens().await;
    let silent: Vec<_> = (0..100).map(|_| TcpStream::connect(service.address).unwrap()).collect();
    let told = async || {
        let text = std::fs::read_to_string(&log)?;
        let lines = text.lines().filter(|line| line.contains("cannot take connections")).count();
        ensure!(lines == 1, "{lines} lines: {text}");
        Ok(())
    };
    eventually("the cause is in the log", BOUND, told).await;
    drop(silent);
    eventually("an answer", BOUND, async || {
        let endpoint = Endpoint::from_shared(format!("http://{}", service.address))?;
        let mut client = HealthClient::new(endpoint.connect().await?);
        client.check(HealthCheckRequest::default()).await?;
        Ok(())
    })
    .await;
    told().await.unwrap();
    service.signal(Signal::TERM);
    assert_eq!(service.ended().await.code(), Some(0));
}
