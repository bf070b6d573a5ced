//! What a private server keeps on disk: making it, its settings, its log.

use std::fmt::Write as _;
use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use tokio::process::Command;

use super::SUPERUSER;
use super::password::Password;
use crate::child::Child;
use crate::owner_lock::OwnerLock;
use crate::programs::{postgres_bin_dir, postgres_version};
use crate::server_user::{ServerUser, prepare_dir};
use crate::spawn::{DeathSignal, command};

/// The settings that production uses: what is developed and measured is what will run.
const SETTINGS: &str = include_str!("../../../../deploy/postgresql.conf");

/// How much of the end of the log an error quotes.
const LOG_TAIL_BYTES: u64 = 4096;

/// A directory with PostgreSQL's data, owned by this process for as long as this lives.
#[derive(Debug)]
pub(crate) struct Cluster {
    dir: PathBuf,
    data_dir: PathBuf,
    user: Option<ServerUser>,
    _lock: OwnerLock,
}

impl Cluster {
    pub(crate) fn open(dir: &Path) -> anyhow::Result<Self> {
        let user = ServerUser::choose()?;
        let dir = prepare_dir(dir, user.as_ref())?;
        let lock = OwnerLock::take(&dir)?;
        Ok(Self { data_dir: dir.join("data"), dir, user, _lock: lock })
    }

    pub(crate) fn dir(&self) -> &Path {
        &self.dir
    }

    pub(crate) fn data_dir(&self) -> &Path {
        &self.data_dir
    }

    pub(crate) fn user(&self) -> Option<&ServerUser> {
        self.user.as_ref()
    }

    /// Runs `initdb` unless that was done, and gives the superuser's password.
    ///
    /// It works in `data.new`, which becomes `data` only when it is complete, so that an interrupted
    /// one is simply done again.
    pub(crate) async fn initialise(&self) -> anyhow::Result<Password> {
        let password_file = self.dir.join("superuser-password");
        if self.data_dir.exists() {
            self.check_version()?;
            return Password::read(&password_file);
        }
        postgres_version()?;
        let unfinished = self.dir.join("data.new");
        if unfinished.exists() {
            std::fs::remove_dir_all(&unfinished)
                .with_context(|| format!("remove `{}`", unfinished.display()))?;
        }
        std::fs::create_dir(&unfinished)
            .with_context(|| format!("make `{}`", unfinished.display()))?;
        let password = Password::make(&password_file)?;
        if let Some(user) = &self.user {
            user.own(&unfinished)?;
            user.own(&password_file)?;
        }
        self.run_initdb(&unfinished, &password_file).await?;
        std::fs::rename(&unfinished, &self.data_dir)
            .with_context(|| format!("rename `{}`", unfinished.display()))?;
        Ok(password)
    }

    /// Fills the empty directory with a copy of the server on `port`, set up to follow it as a standby.
    pub(crate) async fn copy_of(&self, port: u16, password: &Password) -> anyhow::Result<()> {
        let password_file = self.dir.join("superuser-password");
        password.clone().keep(&password_file)?;
        let (data, log) = (self.dir.join("data.new"), self.new_log()?);
        std::fs::DirBuilder::new()
            .mode(0o700)
            .create(&data)
            .with_context(|| format!("make `{}`", data.display()))?;
        if let Some(user) = &self.user {
            user.own(&data)?;
            user.own(&password_file)?;
        }
        let program = postgres_bin_dir()?.join("pg_basebackup");
        let mut command = command(&program, self.user(), DeathSignal::Kill);
        clear_environment(&mut command);
        command
            .env("PGPASSWORD", password.of_superuser())
            .args(["--write-recovery-conf", "--checkpoint=fast", "--host=127.0.0.1"])
            .args(["--username", SUPERUSER, "--port", &port.to_string(), "--pgdata"])
            .arg(&data)
            .stdout(log.try_clone().context("share the log")?)
            .stderr(log);
        let status = Child::start(command).await?.wait().await?;
        if !status.success() {
            bail!("`{}` failed ({status}):\n{}", program.display(), self.log_tail());
        }
        std::fs::rename(&data, &self.data_dir)
            .with_context(|| format!("rename `{}`", data.display()))
    }

    /// Data of another major version cannot be opened: better said in our words, before the start.
    fn check_version(&self) -> anyhow::Result<()> {
        let installed = postgres_version()?;
        let of_data = std::fs::read_to_string(self.data_dir.join("PG_VERSION"))
            .with_context(|| format!("read the version of `{}`", self.data_dir.display()))?;
        let of_data = of_data.trim();
        let matches = installed.split_whitespace().any(|word| {
            word.strip_prefix(of_data)
                .is_some_and(|rest| !rest.starts_with(|c: char| c.is_ascii_digit()))
        });
        if !matches {
            bail!(
                "`{}` was made by PostgreSQL {of_data}, but {installed} is installed: name the programs \
                 of {of_data} in DAYBOOK_PG_BIN, or start with another directory",
                self.dir.display()
            );
        }
        Ok(())
    }

    async fn run_initdb(&self, data_dir: &Path, password_file: &Path) -> anyhow::Result<()> {
        let program = postgres_bin_dir()?.join("initdb");
        let mut command = command(&program, self.user(), DeathSignal::Kill);
        clear_environment(&mut command);
        let log = self.new_log()?;
        command
            .arg("-D")
            .arg(data_dir)
            .arg("--pwfile")
            .arg(password_file)
            .args(["--username", SUPERUSER, "--auth", "scram-sha-256"])
            .args(["--encoding", "UTF8", "--locale", "C"])
            .stdout(log.try_clone().context("share the log")?)
            .stderr(log);
        let status = Child::start(command).await?.wait().await?;
        if !status.success() {
            bail!("`{}` failed ({status}):\n{}", program.display(), self.log_tail());
        }
        Ok(())
    }

    /// What of the settings depends on how the server was built: page images cost a tenth of the time with lz4, which
    /// PostgreSQL has from version 15 on, where its builder wanted it.
    pub(crate) async fn settings_of_its_build(&self) -> anyhow::Result<Vec<(String, String)>> {
        let program = postgres_bin_dir()?.join("postgres");
        let mut command = command(&program, self.user(), DeathSignal::Kill);
        clear_environment(&mut command);
        command.arg("-D").arg(&self.data_dir);
        // Ends well where there is such a value.
        command.args(["-c", "wal_compression=lz4", "-C", "wal_compression"]);
        let knows_it = Child::start(command).await?.wait().await?.success();
        let lz4 = knows_it.then(|| ("wal_compression".to_owned(), "lz4".to_owned()));
        Ok(lz4.into_iter().collect())
    }

    /// Writes the server's settings anew before every start, so that a changed `deploy/postgresql.conf`
    /// takes effect in an old directory too.
    pub(crate) fn write_settings(
        &self,
        overrides: &[(String, String)],
        port: u16,
    ) -> anyhow::Result<()> {
        let mut text = String::from(SETTINGS);
        text.push_str("\n# What makes this server private. Written anew at each start.\n");
        text.push_str("listen_addresses = '127.0.0.1'\nunix_socket_directories = ''\n");
        // PostgreSQL takes the last of several lines for one setting.
        let port = ("port".to_owned(), port.to_string());
        for (name, value) in overrides.iter().chain([&port]) {
            writeln!(text, "{name} = '{}'", value.replace('\'', "''"))
                .context("write a setting")?;
        }
        let path = self.data_dir.join("postgresql.conf");
        std::fs::write(&path, text).with_context(|| format!("write `{}`", path.display()))
    }

    /// An empty log; the one of the start before is kept beside it.
    pub(crate) fn new_log(&self) -> anyhow::Result<File> {
        let path = self.log_path();
        // There is none before the first start.
        let _ = std::fs::rename(&path, self.dir.join("server.log.old"));
        // Closed to others: a statement in it may hold what is secret.
        OpenOptions::new()
            .create(true)
            .truncate(true)
            .write(true)
            .mode(0o600)
            .open(&path)
            .with_context(|| format!("make `{}`", path.display()))
    }

    /// The end of the log, for an error message.
    pub(crate) fn log_tail(&self) -> String {
        let read = || -> std::io::Result<Vec<u8>> {
            let mut file = File::open(self.log_path())?;
            let length = file.metadata()?.len();
            file.seek(SeekFrom::Start(length.saturating_sub(LOG_TAIL_BYTES)))?;
            let mut tail = Vec::new();
            file.take(LOG_TAIL_BYTES).read_to_end(&mut tail)?;
            Ok(tail)
        };
        match read() {
            Ok(tail) => String::from_utf8_lossy(&tail).trim_end().to_owned(),
            Err(error) => format!("(`{}` cannot be read: {error})", self.log_path().display()),
        }
    }

    fn log_path(&self) -> PathBuf {
        self.dir.join("server.log")
    }
}

/// What the owner's environment says about other PostgreSQL servers must not reach this one.
pub(crate) fn clear_environment(command: &mut Command) {
    for (name, _) in std::env::vars_os() {
        if name.as_encoded_bytes().starts_with(b"PG") {
            command.env_remove(name);
        }
    }
    command.env("LC_ALL", "C").env("TZ", "UTC");
}
