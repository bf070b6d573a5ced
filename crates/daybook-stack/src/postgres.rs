//! A private PostgreSQL server.
//!
//! It listens on 127.0.0.1 only, never on a socket in a shared directory, at a port of its own, with
//! the settings of `deploy/postgresql.conf` and fsync on. It guarantees one owner a directory, that a
//! server which a killed owner left behind is stopped before the next one starts, and that it is
//! itself stopped when it is dropped or its owner dies.
//!
//! In its directory: `data/` (PostgreSQL's own), `superuser-password` (mode 0600), `server.log` of the
//! last start and `server.log.old` of the one before, `owner.lock`.

mod cluster;
mod former;
mod password;
mod readiness;

use std::path::Path;
use std::process::ExitStatus;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use rustix::process::Signal;
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, PgConnection};
use tokio::process::Command;

use self::cluster::Cluster;
use self::password::Password;
pub(crate) use self::password::random as random_secret;
use self::readiness::Outcome;
use crate::child::Child;
use crate::ports::free_port;
use crate::programs::postgres_bin_dir;
use crate::spawn::{DeathSignal, command};

/// The role that owns a private server. The services get roles of their own.
const SUPERUSER: &str = "postgres";

/// How often a start is tried again when somebody else took the port first.
const PORT_ATTEMPTS: usize = 5;

/// How long PostgreSQL may take for its last checkpoint before it is stopped without one.
const FAST_STOP_BOUND: Duration = Duration::from_secs(60);

/// An immediate stop writes nothing; PostgreSQL itself kills what is left after five seconds.
const IMMEDIATE_STOP_BOUND: Duration = Duration::from_secs(8);

/// How long the processes of a killed server may take to notice, and how often that is looked at.
const FORMER_ENDING_BOUND: Duration = Duration::from_secs(10);
const FORMER_ENDING_POLL: Duration = Duration::from_millis(20);

/// What one private server has different from `deploy/postgresql.conf`.
#[derive(Clone, Debug)]
pub struct PostgresSettings {
    /// Settings that win over the file, as PostgreSQL spells them.
    pub overrides: Vec<(String, String)>,
    /// How long a start may take; crash recovery is part of it.
    pub start_timeout: Duration,
}

impl Default for PostgresSettings {
    /// Two minutes: recovery replays up to `max_wal_size` of log.
    fn default() -> Self {
        Self { overrides: Vec::new(), start_timeout: Duration::from_secs(120) }
    }
}

/// Stops the server that a dead owner may have left behind over `dir`.
pub(crate) fn stop_former(dir: &Path) -> anyhow::Result<()> {
    former::stop(&dir.join("data"))
}

/// A running private PostgreSQL. Dropping it stops it at once, without a last checkpoint.
#[derive(Debug)]
pub struct Postgres {
    /// Before `cluster`, so that the server is gone when the directory is given up.
    child: Child,
    cluster: Cluster,
    settings: PostgresSettings,
    password: Password,
    port: u16,
}

impl Postgres {
    /// Makes the directory ready without starting a server: afterwards it may be copied, and each
    /// copy started. Does nothing when it is ready.
    ///
    /// # Errors
    ///
    /// When PostgreSQL is missing or the directory cannot be used.
    pub async fn initialise(dir: &Path) -> anyhow::Result<()> {
        Cluster::open(dir)?.initialise().await?;
        Ok(())
    }

    /// Starts a server over `dir`, making the directory ready first when it is empty, and returns when
    /// it answers.
    ///
    /// # Errors
    ///
    /// When PostgreSQL is missing, the directory is closed to the user that runs the server or in use
    /// by another owner, or the server does not come up in time; the end of its log is in the error.
    pub async fn start(dir: &Path, settings: PostgresSettings) -> anyhow::Result<Self> {
        let cluster = Cluster::open(dir)?;
        let password = cluster.initialise().await?;
        former::stop(cluster.data_dir())?;
        let (child, port) = start_on_some_port(&cluster, &settings, &password).await?;
        Ok(Self { child, cluster, settings, password, port })
    }

    /// Starts a hot standby that follows `primary`, over a copy of its data in the empty `dir`.
    ///
    /// # Errors
    ///
    /// As [`start`](Self::start); also when the copy fails.
    pub async fn start_standby(
        dir: &Path,
        primary: &Postgres,
        settings: PostgresSettings,
    ) -> anyhow::Result<Self> {
        Cluster::open(dir)?.copy_of(primary.port, &primary.password).await?;
        Self::start(dir, settings).await
    }

    /// The port on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The directory given to [`start`](Self::start).
    pub fn dir(&self) -> &Path {
        self.cluster.dir()
    }

    /// The process id of the server; none while it is stopped.
    pub fn pid(&self) -> Option<u32> {
        self.child.pid()
    }

    /// Where `role` finds `database`. The password in it works once [`allow_login`](Self::allow_login)
    /// was called for the role.
    pub fn url(&self, role: &str, database: &str) -> String {
        let password = self.password.of_role(role);
        format!("postgres://{role}:{password}@127.0.0.1:{}/{database}", self.port)
    }

    /// Where the superuser finds `database`.
    pub fn superuser_url(&self, database: &str) -> String {
        superuser_url(&self.password, self.port, database)
    }

    /// Lets an existing role log in, with the password that [`url`](Self::url) names. Each role has
    /// its own, from which nobody learns the superuser's.
    ///
    /// # Errors
    ///
    /// When the server is away or has no such role.
    pub async fn allow_login(&self, role: &str) -> anyhow::Result<()> {
        let password = self.password.of_role(role);
        self.execute(&format!("alter role {} login password '{password}'", quoted(role)?)).await
    }

    /// Makes an empty database that the superuser owns.
    ///
    /// # Errors
    ///
    /// When the server is away or has such a database.
    pub async fn create_database(&self, name: &str) -> anyhow::Result<()> {
        self.execute(&format!("create database {}", quoted(name)?)).await
    }

    /// Makes the database when it does not exist.
    ///
    /// # Errors
    ///
    /// When the server is away.
    pub async fn ensure_database(&self, name: &str) -> anyhow::Result<()> {
        let mut connection = connect(&self.password, self.port).await?;
        let exists: bool =
            sqlx::query_scalar("select exists (select from pg_database where datname = $1)")
                .bind(name)
                .fetch_one(&mut connection)
                .await
                .with_context(|| format!("look for database `{name}`"))?;
        connection.close().await.context("close the connection")?;
        if exists { Ok(()) } else { self.create_database(name).await }
    }

    /// Stops it the orderly way: sessions are ended, a last checkpoint makes the next start quick.
    ///
    /// # Errors
    ///
    /// When the operating system refuses the signal.
    pub async fn stop_fast(&mut self) -> anyhow::Result<ExitStatus> {
        self.child.stop(Signal::INT, FAST_STOP_BOUND).await
    }

    /// Stops it as a power cut would (SIGKILL of the server process): the next start recovers from
    /// the write-ahead log.
    ///
    /// # Errors
    ///
    /// When the operating system refuses the signal.
    pub async fn kill_immediately(&mut self) -> anyhow::Result<ExitStatus> {
        self.child.stop(Signal::KILL, IMMEDIATE_STOP_BOUND).await
    }

    /// Stops it at once if it runs, and starts it again on the same port.
    ///
    /// # Errors
    ///
    /// As [`start`](Self::start); also when somebody else took the port in between.
    pub async fn restart(&mut self) -> anyhow::Result<()> {
        self.child.stop(Signal::QUIT, IMMEDIATE_STOP_BOUND).await?;
        former::stop(self.cluster.data_dir())?;
        self.child = start_on(&self.cluster, &self.settings, &self.password, self.port)
            .await?
            .with_context(|| format!("port {} was taken by somebody else", self.port))?;
        Ok(())
    }

    async fn execute(&self, statement: &str) -> anyhow::Result<()> {
        let mut connection = connect(&self.password, self.port).await?;
        sqlx::query(AssertSqlSafe(statement))
            .execute(&mut connection)
            .await
            // Without the statement, which may hold a password.
            .context("run a statement as the superuser of the private PostgreSQL")?;
        connection.close().await.context("close the connection")
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        self.child.stop_blocking(Signal::QUIT, IMMEDIATE_STOP_BOUND);
    }
}

async fn start_on_some_port(
    cluster: &Cluster,
    settings: &PostgresSettings,
    password: &Password,
) -> anyhow::Result<(Child, u16)> {
    for _ in 0..PORT_ATTEMPTS {
        let port = free_port()?;
        if let Some(child) = start_on(cluster, settings, password, port).await? {
            return Ok((child, port));
        }
    }
    bail!("{PORT_ATTEMPTS} ports in a row were taken by somebody else before PostgreSQL got them")
}

/// A server that answers on `port`, or none when somebody else has the port.
async fn start_on(
    cluster: &Cluster,
    settings: &PostgresSettings,
    password: &Password,
    port: u16,
) -> anyhow::Result<Option<Child>> {
    let started = Instant::now();
    let mut overrides = cluster.settings_of_its_build().await?;
    overrides.extend_from_slice(&settings.overrides);
    loop {
        cluster.write_settings(&overrides, port)?;
        let child = Child::start(server_command(cluster)?).await?;
        let outcome = readiness::wait(child, cluster, port, settings.start_timeout, || async {
            connect(password, port).await?.close().await.context("close the connection")
        });
        match outcome.await? {
            Outcome::Ready(child) => return Ok(Some(child)),
            Outcome::PortTaken => return Ok(None),
            Outcome::FormerStillEnding if started.elapsed() < FORMER_ENDING_BOUND => {
                tokio::time::sleep(FORMER_ENDING_POLL).await;
            }
            Outcome::FormerStillEnding => bail!(
                "processes of a server that was killed do not end; its log ends with:\n{}",
                cluster.log_tail()
            ),
        }
    }
}

fn server_command(cluster: &Cluster) -> anyhow::Result<Command> {
    let log = cluster.new_log()?;
    let program = postgres_bin_dir()?.join("postgres");
    let mut command = command(&program, cluster.user(), DeathSignal::Quit);
    cluster::clear_environment(&mut command);
    command.arg("-D").arg(cluster.data_dir());
    command.stdout(log.try_clone().context("share the server's log")?).stderr(log);
    Ok(command)
}

async fn connect(password: &Password, port: u16) -> anyhow::Result<PgConnection> {
    let options: sqlx::postgres::PgConnectOptions = superuser_url(password, port, "postgres")
        .parse()
        .context("read the server's own address")?;
    options
        .disable_statement_logging()
        .connect()
        .await
        .with_context(|| format!("connect to the private PostgreSQL on port {port}"))
}

fn superuser_url(password: &Password, port: u16, database: &str) -> String {
    format!("postgres://{SUPERUSER}:{}@127.0.0.1:{port}/{database}", password.of_superuser())
}

/// A name as SQL writes it. Names that would need escaping are refused: ours never do.
fn quoted(name: &str) -> anyhow::Result<String> {
    if name.is_empty() || !name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-')
    {
        bail!("`{name}` is not a name for a role or database: letters, digits, `_` and `-` only");
    }
    Ok(format!("\"{name}\""))
}
