//! The whole of Daybook on one machine: a private PostgreSQL, a private Redis and the services.
//!
//! Everything lies in one directory and goes on from there at the next start. It is set up the way an
//! operator would: `daybook migrate` makes the log and the read models, each service gets its own
//! database role, and settings reach it through the environment.

mod service;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail, ensure};

use crate::owner_lock::OwnerLock;
use crate::ports::is_taken;
use crate::process::{Process, ProcessSpec};
use crate::programs::service_binary;
use crate::{Postgres, PostgresSettings, Redis, RedisSettings};

pub use service::Service;

/// The database that holds log and read models.
const DATABASE: &str = "daybook";
/// The database of the key store, on a server of its own.
const KEYS_DATABASE: &str = "daybook_keys";
/// Says that a directory is a stack's and may be emptied by `fresh`.
const MARKER: &str = "daybook-stack";
/// The prover's key, made at the first start that needs it, and the name that it signs under.
const KEY_FILE: &str = "prover.key";
const KEY_NAME: &str = "daybook.local/private-stack";
/// Where the prover keeps what it signed last.
const STATE_DIR: &str = "prover-state";
/// What the key store's server is started with beside `deploy/postgresql.conf`.
const KEYS_OVERRIDES: [(&str, &str); 4] = [
    ("shared_buffers", "32MB"),
    ("min_wal_size", "32MB"),
    ("maintenance_work_mem", "32MB"),
    ("max_connections", "50"),
];
/// Ports that are tried for a service, at most.
const PORT_ATTEMPTS: usize = 5;
/// How long a service may take to finish its work in hand.
const STOP_GRACE: Duration = Duration::from_secs(30);

/// Takes a line of output: who wrote it, and what.
pub type LineSink = Arc<dyn Fn(&str, &str) + Send + Sync>;

/// What a stack is started with.
#[derive(Clone)]
pub struct StackSettings {
    /// Where everything is kept.
    pub data_dir: PathBuf,
    /// Begin with an empty log, whatever is kept there.
    pub fresh: bool,
    /// Hash and sign the log too.
    pub prover: bool,
    /// Seal personal texts, with a second PostgreSQL for the keys.
    pub keys: bool,
    /// Further flags of each service, such as `--snapshot-every 10`.
    pub flags: Vec<(Service, Vec<String>)>,
    /// Settings of PostgreSQL that win over `deploy/postgresql.conf`.
    pub postgres: PostgresSettings,
    /// Where the services' logs go.
    pub lines: LineSink,
}

impl StackSettings {
    /// A stack in `data_dir` that goes on with what is there, and whose logs nobody reads.
    pub fn new(data_dir: impl Into<PathBuf>) -> Self {
        Self {
            data_dir: data_dir.into(),
            fresh: false,
            prover: false,
            keys: false,
            flags: Vec::new(),
            postgres: PostgresSettings::default(),
            lines: Arc::new(|_, _| {}),
        }
    }
}

/// A running stack. Dropping it kills the services and stops the servers.
pub struct Stack {
    /// Where commands are sent.
    pub command_url: String,
    /// Where questions are asked.
    pub query_url: String,
    /// The services, while they run.
    pub command: Process,
    /// See `command`.
    pub projector: Process,
    /// See `command`.
    pub query: Process,
    /// See `command`; where it was asked for.
    pub prover: Option<Process>,
    /// The servers.
    pub redis: Redis,
    /// See `redis`.
    pub postgres: Postgres,
    /// The server of the key store, where it was asked for.
    pub keys: Option<Postgres>,
    ports: Ports,
    settings: StackSettings,
    _owner: OwnerLock,
}

/// The ports of the services, kept when one is started again.
#[derive(Debug, Clone, Copy)]
struct Ports {
    command: u16,
    projector: u16,
    query: u16,
    prover: u16,
}

impl Stack {
    /// Starts everything and returns when the services serve.
    ///
    /// # Errors
    ///
    /// When a program is missing, the directory cannot be used or is in use, or something does not come
    /// up; the text says what and why.
    pub async fn start(settings: StackSettings) -> anyhow::Result<Self> {
        let dir = &settings.data_dir;
        let owner = prepare(dir, settings.fresh)?;
        let (postgres_dir, redis_dir) = (dir.join("postgres"), dir.join("redis"));
        let (postgres, redis, keys) = tokio::try_join!(
            Postgres::start(&postgres_dir, settings.postgres.clone()),
            Redis::start(&redis_dir, RedisSettings::default()),
            start_keys(&settings),
        )?;
        let servers = Servers { postgres: &postgres, redis: &redis, keys: keys.as_ref() };
        servers.set_up(&settings.lines).await?;
        let start = |service| start_somewhere(&settings, servers, service);
        let ((command, command_port), (projector, projector_port), (query, query_port)) = tokio::try_join!(
            start(Service::Command),
            start(Service::Projector),
            start(Service::Query),
        )?;
        let (prover, prover_port) = match settings.prover {
            true => {
                let (prover, port) = start(Service::Prover).await?;
                (Some(prover), port)
            }
            false => (None, crate::free_port()?),
        };
        let ports = Ports {
            command: command_port,
            projector: projector_port,
            query: query_port,
            prover: prover_port,
        };
        Ok(Self {
            command_url: format!("http://127.0.0.1:{}", ports.command),
            query_url: format!("http://127.0.0.1:{}", ports.query),
            command,
            projector,
            query,
            prover,
            redis,
            postgres,
            keys,
            ports,
            settings,
            _owner: owner,
        })
    }

    /// Starts a service again that has ended, at its old address, and returns when it serves.
    ///
    /// # Errors
    ///
    /// When it does not come up.
    pub async fn start_again(&mut self, service: Service) -> anyhow::Result<()> {
        let port = match service {
            Service::Command => self.ports.command,
            Service::Projector => self.ports.projector,
            Service::Query => self.ports.query,
            Service::Prover => self.ports.prover,
        };
        let process = start_service(&self.settings, self.servers(), service, port).await?;
        match service {
            Service::Command => self.command = process,
            Service::Projector => self.projector = process,
            Service::Query => self.query = process,
            Service::Prover => self.prover = Some(process),
        }
        Ok(())
    }

    /// Starts one more instance of a service, at an address of its own, with further flags; returns when it serves.
    ///
    /// # Errors
    ///
    /// When it does not come up.
    pub async fn start_another(&self, service: Service, flags: &[&str]) -> anyhow::Result<Process> {
        self.start_another_at(service, crate::free_port()?, flags).await
    }

    /// The same at a port of 127.0.0.1 that the caller knows.
    ///
    /// # Errors
    ///
    /// When it does not come up.
    pub async fn start_another_at(
        &self,
        service: Service,
        port: u16,
        flags: &[&str],
    ) -> anyhow::Result<Process> {
        let mut settings = self.settings.clone();
        settings.flags.push((service, flags.iter().map(|flag| (*flag).to_owned()).collect()));
        start_service(&settings, self.servers(), service, port).await
    }

    fn servers(&self) -> Servers<'_> {
        Servers { postgres: &self.postgres, redis: &self.redis, keys: self.keys.as_ref() }
    }

    /// Flags of a service from its next start on, instead of those that the stack was started with.
    pub fn set_flags(&mut self, service: Service, flags: Vec<String>) {
        self.settings.flags.retain(|(of, _)| *of != service);
        self.settings.flags.push((service, flags));
    }

    /// Where the prover's key is.
    pub fn key_file(&self) -> PathBuf {
        self.settings.data_dir.join(KEY_FILE)
    }

    /// Where the superuser finds log and read models.
    pub fn admin_url(&self) -> String {
        self.postgres.superuser_url(DATABASE)
    }

    /// Where the superuser finds the keys of data subjects, where there are any.
    pub fn keys_admin_url(&self) -> Option<String> {
        self.keys.as_ref().map(|keys| keys.superuser_url(KEYS_DATABASE))
    }

    /// Waits until a service ends by itself, and says which and how.
    ///
    /// # Errors
    ///
    /// When the operating system refuses to say.
    pub async fn first_end(&mut self) -> anyhow::Result<String> {
        let prover = async {
            match &mut self.prover {
                Some(prover) => prover.wait().await,
                None => std::future::pending().await,
            }
        };
        let (service, status) = tokio::select! {
            status = prover => (Service::Prover, status),
            status = self.command.wait() => (Service::Command, status),
            status = self.projector.wait() => (Service::Projector, status),
            status = self.query.wait() => (Service::Query, status),
        };
        Ok(format!("{} ended with {}", service.program(), status?))
    }

    /// Stops everything in order: who makes work first, what keeps it last.
    ///
    /// # Errors
    ///
    /// When the operating system refuses a signal.
    pub async fn stop(mut self) -> anyhow::Result<()> {
        self.command.terminate(STOP_GRACE).await.context("stop the command service")?;
        self.projector.terminate(STOP_GRACE).await.context("stop the projector")?;
        self.query.terminate(STOP_GRACE).await.context("stop the query service")?;
        if let Some(prover) = &mut self.prover {
            prover.terminate(STOP_GRACE).await.context("stop the prover")?;
        }
        self.redis.stop().await.context("stop Redis")?;
        self.postgres.stop_fast().await.context("stop PostgreSQL")?;
        if let Some(keys) = &mut self.keys {
            keys.stop_fast().await.context("stop the key store")?;
        }
        Ok(())
    }
}

/// The directory where a stack called `name` is kept unless told otherwise: one that the servers' user
/// can reach even where the home directory or the checkout is closed to it.
///
/// Root's stacks lie below /var/lib, everybody else's below `$XDG_STATE_HOME` or `~/.local/state`.
pub fn default_data_dir(name: &str) -> PathBuf {
    let below = |base: PathBuf| base.join("daybook").join(name);
    if rustix::process::geteuid().is_root() {
        return below(PathBuf::from("/var/lib"));
    }
    let absolute =
        |variable: &str| std::env::var_os(variable).map(PathBuf::from).filter(|p| p.is_absolute());
    absolute("XDG_STATE_HOME")
        .or_else(|| absolute("HOME").map(|home| home.join(".local/state")))
        .map_or_else(|| below(std::env::temp_dir()), below)
}

/// Makes or takes over the directory. `fresh` empties only what a stack has filled.
fn prepare(dir: &Path, fresh: bool) -> anyhow::Result<OwnerLock> {
    let user = crate::server_user::ServerUser::choose()?;
    let dir = crate::server_user::prepare_dir(dir, user.as_ref())?;
    let is_ours = dir.join(MARKER).exists();
    let mut entries =
        std::fs::read_dir(&dir).with_context(|| format!("list `{}`", dir.display()))?;
    ensure!(
        is_ours || entries.next().is_none(),
        "`{}` is neither empty nor a directory of Daybook's; choose another one",
        dir.display()
    );
    let owner = OwnerLock::take(&dir)?;
    std::fs::write(dir.join(MARKER), "A private Daybook stack; see `daybook dev --help`.\n")
        .with_context(|| format!("write to `{}`", dir.display()))?;
    if fresh {
        for postgres in [dir.join("postgres"), dir.join("keys")].iter().filter(|dir| dir.exists()) {
            crate::postgres::stop_former(postgres)?;
            std::fs::remove_dir_all(postgres)
                .with_context(|| format!("empty `{}`", postgres.display()))?;
        }
        // Another log must not be signed under the name of this one.
        let (key, state) = (dir.join(KEY_FILE), dir.join(STATE_DIR));
        if key.exists() {
            std::fs::remove_file(&key).with_context(|| format!("remove `{}`", key.display()))?;
        }
        if state.exists() {
            std::fs::remove_dir_all(&state)
                .with_context(|| format!("empty `{}`", state.display()))?;
        }
    }
    Ok(owner)
}

/// The servers that the services use.
#[derive(Clone, Copy)]
struct Servers<'a> {
    postgres: &'a Postgres,
    redis: &'a Redis,
    keys: Option<&'a Postgres>,
}

impl Servers<'_> {
    /// Makes databases, schemas and logins, as an operator would.
    async fn set_up(self, lines: &LineSink) -> anyhow::Result<()> {
        self.postgres.ensure_database(DATABASE).await?;
        let mut spec = ProcessSpec::new(service_binary("daybook")?)
            .arg("migrate")
            .env("DAYBOOK_MIGRATE_DATABASE_URL", self.postgres.superuser_url(DATABASE));
        if let Some(keys) = self.keys {
            keys.ensure_database(KEYS_DATABASE).await?;
            let url = keys.superuser_url(KEYS_DATABASE);
            spec = spec.env("DAYBOOK_MIGRATE_KEYS_DATABASE_URL", url);
        }
        to_its_end("migrate", &spec, lines).await?;
        for service in Service::ALL.into_iter().chain([Service::Prover]) {
            self.postgres.allow_login(service.role()).await?;
        }
        if let Some(keys) = self.keys {
            for service in Service::ALL {
                keys.allow_login(service.role()).await?;
            }
        }
        Ok(())
    }
}

/// The server of the key store, where it is asked for. It holds little.
async fn start_keys(settings: &StackSettings) -> anyhow::Result<Option<Postgres>> {
    if !settings.keys {
        return Ok(None);
    }
    let small = PostgresSettings {
        overrides: KEYS_OVERRIDES.iter().map(|(n, v)| ((*n).into(), (*v).into())).collect(),
        ..PostgresSettings::default()
    };
    Postgres::start(&settings.data_dir.join("keys"), small).await.map(Some)
}

/// Runs `daybook proof key generate`, where there is no key yet.
async fn make_key(path: &Path, lines: &LineSink) -> anyhow::Result<()> {
    if path.exists() {
        return Ok(());
    }
    let spec = ["proof", "key", "generate", "--name", KEY_NAME]
        .iter()
        .fold(ProcessSpec::new(service_binary("daybook")?), ProcessSpec::arg)
        .arg(path);
    to_its_end("proof key generate", &spec, lines).await
}

/// Runs a verb of `daybook`, which must succeed.
async fn to_its_end(verb: &str, spec: &ProcessSpec, lines: &LineSink) -> anyhow::Result<()> {
    let printed = Arc::new(std::sync::Mutex::new(Vec::new()));
    let sink = {
        let (printed, lines) = (Arc::clone(&printed), Arc::clone(lines));
        let verb = verb.to_owned();
        move |line: &str| {
            lines(&verb, line);
            if let Ok(mut printed) = printed.lock() {
                printed.push(line.to_owned());
            }
        }
    };
    let status = Process::start(spec, sink).await?.wait().await?;
    if !status.success() {
        let printed = printed.lock().map(|printed| printed.join("\n")).unwrap_or_default();
        bail!("`daybook {verb}` ended with {status}:\n{printed}");
    }
    Ok(())
}

/// Starts a service at a port that is free. Somebody else may take it before the service does; then another one is tried.
async fn start_somewhere(
    settings: &StackSettings,
    servers: Servers<'_>,
    service: Service,
) -> anyhow::Result<(Process, u16)> {
    for _ in 1..PORT_ATTEMPTS {
        let port = crate::free_port()?;
        match start_service(settings, servers, service, port).await {
            Ok(process) => return Ok((process, port)),
            Err(_) if is_taken(port) => {}
            Err(error) => return Err(error),
        }
    }
    let port = crate::free_port()?;
    Ok((start_service(settings, servers, service, port).await?, port))
}

async fn start_service(
    settings: &StackSettings,
    servers: Servers<'_>,
    service: Service,
    port: u16,
) -> anyhow::Result<Process> {
    let url = servers.postgres.url(service.role(), DATABASE);
    let (key_file, state_dir) =
        (settings.data_dir.join(KEY_FILE), settings.data_dir.join(STATE_DIR));
    if service == Service::Prover {
        make_key(&key_file, &settings.lines).await?;
    }
    let mut spec = ProcessSpec::new(service_binary(service.program())?)
        .arg("--listen")
        .arg(format!("127.0.0.1:{port}"))
        .env("DAYBOOK_LOG_DATABASE_URL", &url)
        .env("DAYBOOK_READ_DATABASE_URL", &url)
        .env("DAYBOOK_REDIS_URL", servers.redis.url())
        .env("DAYBOOK_PROVER_KEY_FILE", &key_file)
        .env("DAYBOOK_PROVER_STATE_DIR", &state_dir)
        .env("DAYBOOK_INSECURE_ACTOR_HEADER", "true");
    if let Some(keys) = servers.keys {
        spec = spec.env("DAYBOOK_KEYS_DATABASE_URL", keys.url(service.role(), KEYS_DATABASE));
    }
    if service == Service::Prover && !state_dir.exists() {
        spec = spec.arg("--first");
    }
    for (_, flags) in settings.flags.iter().filter(|(of, _)| *of == service) {
        spec = flags.iter().fold(spec, ProcessSpec::arg);
    }
    let lines = Arc::clone(&settings.lines);
    let mut process = Process::start(&spec, move |line: &str| lines(service.name(), line)).await?;
    tokio::select! {
        serving = service::serving(port) => serving.with_context(|| format!("start {}", service.program()))?,
        status = process.wait() => bail!("{} ended at its start with {}", service.program(), status?),
    }
    Ok(process)
}
