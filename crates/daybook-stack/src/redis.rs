//! A private Redis server: the fast path, which keeps nothing.
//!
//! It listens on 127.0.0.1 only, with a password made on the spot, the settings of `deploy/redis.conf`
//! and no persistence. It is stopped when it is dropped or its owner dies. What it holds is lost with
//! every stop, on purpose: the log is the truth.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use rustix::process::Signal;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::child::Child;
use crate::ports::free_port;
use crate::postgres::random_secret;
use crate::programs::redis_server;
use crate::server_user::{ServerUser, prepare_dir};
use crate::spawn::{DeathSignal, command};

const SETTINGS: &str = include_str!("../../../deploy/redis.conf");

const PORT_ATTEMPTS: usize = 5;
const START_BOUND: Duration = Duration::from_secs(20);
const STOP_BOUND: Duration = Duration::from_secs(5);
const POLL_INTERVAL: Duration = Duration::from_millis(5);

/// What one private server has different from `deploy/redis.conf`.
#[derive(Clone, Debug, Default)]
pub struct RedisSettings {
    /// Settings that win over the file, as Redis spells them, for instance `("maxmemory", "8mb")`.
    pub overrides: Vec<(String, String)>,
}

/// A running private Redis. Dropping it kills it.
#[derive(Debug)]
pub struct Redis {
    child: Child,
    dir: PathBuf,
    user: Option<ServerUser>,
    settings: RedisSettings,
    password: String,
    port: u16,
}

impl Redis {
    /// Starts a server whose log is `redis.log` in `dir`, and returns when it answers.
    ///
    /// # Errors
    ///
    /// When Redis is missing, the directory is closed to the user that runs the server, or the server
    /// does not come up; its log is in the error.
    pub async fn start(dir: &Path, settings: RedisSettings) -> anyhow::Result<Self> {
        let user = ServerUser::choose()?;
        let dir = prepare_dir(dir, user.as_ref())?;
        let password = random_secret();
        for _ in 0..PORT_ATTEMPTS {
            let port = free_port()?;
            if let Some(child) = start_on(&dir, user.as_ref(), &settings, &password, port).await? {
                return Ok(Self { child, dir, user, settings, password, port });
            }
        }
        bail!("{PORT_ATTEMPTS} ports in a row were taken by somebody else before Redis got them")
    }

    /// Where it is found.
    pub fn url(&self) -> String {
        format!("redis://:{}@127.0.0.1:{}/0", self.password, self.port)
    }

    /// The port on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The process id of the server; none while it is stopped.
    pub fn pid(&self) -> Option<u32> {
        self.child.pid()
    }

    /// Stops it the orderly way. What it held is gone.
    ///
    /// # Errors
    ///
    /// When the operating system refuses the signal.
    pub async fn stop(&mut self) -> anyhow::Result<ExitStatus> {
        self.child.stop(Signal::TERM, STOP_BOUND).await
    }

    /// Kills it (SIGKILL), as a crash would. What it held is gone.
    ///
    /// # Errors
    ///
    /// When the operating system refuses the signal.
    pub async fn kill(&mut self) -> anyhow::Result<ExitStatus> {
        self.child.stop(Signal::KILL, STOP_BOUND).await
    }

    /// Stops it if it runs, and starts it again, empty, on the same port with the same password.
    ///
    /// # Errors
    ///
    /// As [`start`](Self::start); also when somebody else took the port in between.
    pub async fn restart(&mut self) -> anyhow::Result<()> {
        self.kill().await?;
        let user = self.user.as_ref();
        self.child = start_on(&self.dir, user, &self.settings, &self.password, self.port)
            .await?
            .with_context(|| format!("port {} was taken by somebody else", self.port))?;
        Ok(())
    }

    /// Freezes it (SIGSTOP): connections stay open and nothing is answered.
    ///
    /// # Errors
    ///
    /// When the operating system refuses the signal.
    pub fn pause(&self) -> anyhow::Result<()> {
        self.child.signal(Signal::STOP)
    }

    /// Lets a frozen one go on (SIGCONT).
    ///
    /// # Errors
    ///
    /// When the operating system refuses the signal.
    pub fn resume(&self) -> anyhow::Result<()> {
        self.child.signal(Signal::CONT)
    }
}

/// A server that answers on `port`, or none when somebody else has the port.
async fn start_on(
    dir: &Path,
    user: Option<&ServerUser>,
    settings: &RedisSettings,
    password: &str,
    port: u16,
) -> anyhow::Result<Option<Child>> {
    let log_path = dir.join("redis.log");
    let log = File::create(&log_path).with_context(|| format!("make `{}`", log_path.display()))?;
    let mut command = command(&redis_server()?, user, DeathSignal::Kill);
    // `-` reads the settings from standard input: the password is neither an argument nor on disk.
    command.arg("-").current_dir(dir).stdin(Stdio::piped());
    command.stdout(log.try_clone().context("share the server's log")?).stderr(log);
    let mut child = Child::start(command).await?;
    let mut input = child.pipes().stdin.take().context("the server has no standard input")?;
    // A server that ended already is reported below, with its log.
    let _ = input.write_all(settings_text(settings, password, port).as_bytes()).await;
    drop(input);
    wait_until_ready(child, &log_path, password, port).await
}

fn settings_text(settings: &RedisSettings, password: &str, port: u16) -> String {
    let mut text = format!("{SETTINGS}\nbind 127.0.0.1\nrequirepass {password}\nport {port}\n");
    for (name, value) in &settings.overrides {
        text.push_str(&format!("{name} {value}\n"));
    }
    text
}

async fn wait_until_ready(
    mut child: Child,
    log_path: &Path,
    password: &str,
    port: u16,
) -> anyhow::Result<Option<Child>> {
    let started = Instant::now();
    loop {
        if let Some(status) = child.ended()? {
            let log = std::fs::read_to_string(log_path).unwrap_or_default();
            if log.contains("Address already in use") {
                return Ok(None);
            }
            bail!("Redis did not start ({status}):\n{}", log.trim_end());
        }
        if answers(password, port).await.unwrap_or(false) {
            return Ok(Some(child));
        }
        if started.elapsed() > START_BOUND {
            let log = std::fs::read_to_string(log_path).unwrap_or_default();
            bail!("Redis was not ready within {START_BOUND:?}:\n{}", log.trim_end());
        }
        tokio::time::sleep(POLL_INTERVAL).await;
    }
}

/// Whether the server on `port` takes our password, which no other server has.
async fn answers(password: &str, port: u16) -> std::io::Result<bool> {
    const WELCOME: &[u8] = b"+OK\r\n+PONG\r\n";
    let exchange = async {
        let mut stream = TcpStream::connect(("127.0.0.1", port)).await?;
        stream.write_all(format!("AUTH {password}\r\nPING\r\n").as_bytes()).await?;
        let mut answer = [0; WELCOME.len()];
        stream.read_exact(&mut answer).await?;
        Ok(answer == *WELCOME)
    };
    tokio::time::timeout(Duration::from_secs(1), exchange).await.unwrap_or(Ok(false))
}
