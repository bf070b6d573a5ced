//! Services as processes, in an environment that lets them down.

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use anyhow::{Context as _, ensure};
use daybook_testkit::eventually;
use daybook_testkit::servers::service_binary;
use rustix::process::{Pid, Signal, kill_process};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tonic::transport::Endpoint;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;

/// A database that is never there: services start all the same, and log that they wait.
const NO_DATABASE: &str = "postgres://nobody@127.0.0.1:1/none";
const NO_REDIS: &str = "redis://127.0.0.1:1";
const BOUND: Duration = Duration::from_secs(30);

fn free_address() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

/// A service that is killed with the test.
struct Service {
    process: Child,
    address: SocketAddr,
}

impl Service {
    /// Starts it through a shell, which `limits` what it may have first.
    fn start(name: &str, flags: &[&str], limits: &str, stderr: Stdio) -> Self {
        let address = free_address();
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

/// Whoever reads the logs stays, and does not read: as a paused terminal, or a collector that hangs.
#[tokio::test]
async fn a_service_whose_logs_are_not_read_works_counts_them_and_stops() {
    let metrics = free_address();
    let flags = ["--log-filter", "trace", "--metrics-listen", &metrics.to_string()];
    let mut service = Service::start("daybook-query", &flags, "", Stdio::piped());
    service.listens().await;
    let endpoint = Endpoint::from_shared(format!("http://{}", service.address)).unwrap();
    let mut client = HealthClient::new(endpoint.connect().await.unwrap());
    eventually("lost lines are counted", BOUND, async || {
        for _ in 0..100 {
            client.check(HealthCheckRequest::default()).await?;
        }
        let lost = metric(metrics, "daybook_log_lines_lost_total").await?;
        ensure!(lost > 0.0);
        Ok(())
    })
    .await;
    service.signal(Signal::TERM);
    assert_eq!(service.ended().await.code(), Some(0));
}

/// Settings of Redis that cannot work end both services that have them, before they wait for anything.
#[tokio::test]
async fn settings_of_redis_that_cannot_work_end_a_service_at_its_start() {
    let flags = ["--redis-url", "rediss://127.0.0.1:1", "--redis-ca-file", "/none/ca.pem"];
    for (name, more) in
        [("daybook-command", &["--insecure-actor-header"][..]), ("daybook-projector", &[])]
    {
        let mut service = Service::start(name, &[&flags, more].concat(), "", Stdio::piped());
        assert_eq!(service.ended().await.code(), Some(1), "{name}");
        let said = std::io::read_to_string(service.process.stderr.take().unwrap()).unwrap();
        assert!(said.contains("--redis-ca-file `/none/ca.pem` cannot be read"), "{name}: {said}");
    }
}

/// The value of a metric without labels.
async fn metric(address: SocketAddr, name: &str) -> anyhow::Result<f64> {
    let mut connection = tokio::net::TcpStream::connect(address).await?;
    connection.write_all(b"GET /metrics HTTP/1.0\r\n\r\n").await?;
    let mut text = String::new();
    connection.read_to_string(&mut text).await?;
    let value = text.lines().find_map(|line| line.strip_prefix(name)).context("it is not there")?;
    Ok(value.trim().parse()?)
}

/// Asked as an orchestrator asks, with the program that every image has.
#[tokio::test]
async fn daybook_health_says_by_its_exit_code_whether_a_service_serves() {
    let service = Service::start("daybook-query", &[], "", Stdio::null());
    service.listens().await;
    let asked = |arguments: &[&str]| {
        let program = service_binary("daybook").unwrap();
        let output = Command::new(program).arg("health").args(arguments).output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        (output.status.code(), said + &String::from_utf8_lossy(&output.stderr))
    };
    let url = format!("http://{}", service.address);
    let nowhere = format!("http://{}", free_address());
    for (arguments, code, words) in [
        (&[url.as_str()][..], 1, "NOT_SERVING"),
        (&[&url, "--json"], 1, r#""status":"NOT_SERVING""#),
        (&[&url, "--service", "liveness"], 0, "SERVING"),
        (&[&url, "--service", "liveness", "--json"], 0, r#""status":"SERVING""#),
        (&[&url, "--service", "daybook.nonsense"], 1, "SERVICE_UNKNOWN"),
        (&[&nowhere, "--timeout", "5"], 1, "NO_ANSWER"),
        (&["https://127.0.0.1:1"], 2, "TLS"),
    ] {
        let (ended, said) = asked(arguments);
        assert_eq!(ended, Some(code), "{arguments:?}: {said}");
        assert!(said.contains(words), "{arguments:?}: {said}");
    }
    service.signal(Signal::STOP);
    let (ended, said) = asked(&[&url, "--timeout", "1"]);
    assert_eq!((ended, said.contains("NO_ANSWER")), (Some(1), true), "{said}");
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
