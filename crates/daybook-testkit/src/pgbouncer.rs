//! A PgBouncer of a test's own, in front of a PostgreSQL.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context;
use daybook_stack::{Process, ProcessSpec, free_port};
use tempfile::TempDir;

use crate::{TestPostgres, directory, eventually};

/// A running pooler; dropping it kills it.
#[derive(Debug)]
pub struct TestPgBouncer {
    port: u16,
    server_port: u16,
    _process: Process,
    _dir: TempDir,
}

impl TestPgBouncer {
    /// Starts one that ignores what it does not know of a connection's start, as poolers are set up to do, for these roles.
    ///
    /// # Panics
    ///
    /// When it does not start, with the reason.
    pub async fn start(server: &TestPostgres, pool_mode: &str, roles: &[&str]) -> Self {
        match Self::try_start(server, pool_mode, roles).await {
            Ok(started) => started,
            Err(error) => panic!("no PgBouncer for this test: {error:#}"),
        }
    }

    async fn try_start(
        server: &TestPostgres,
        pool_mode: &str,
        roles: &[&str],
    ) -> anyhow::Result<Self> {
        let dir = directory::for_one_server("pgbouncer")?;
        let (port, server_port) = (free_port()?, server.port());
        let mut users = String::new();
        for role in roles {
            let url = server.url(role, "postgres");
            let password = url.split([':', '@']).nth(2).context("a URL with a password")?;
            writeln!(users, "\"{role}\" \"{password}\"")?;
        }
        std::fs::write(dir.path().join("users.txt"), users).context("write the users")?;
        let users = dir.path().join("users.txt");
        let settings = format!(
            "[databases]\n* = host=127.0.0.1 port={server_port}\n[pgbouncer]\nlisten_addr = 127.0.0.1\n\
             listen_port = {port}\nunix_socket_dir =\nauth_type = plain\nauth_file = {}\n\
             pool_mode = {pool_mode}\nignore_startup_parameters = extra_float_digits,options\n",
            users.display()
        );
        let path = dir.path().join("pgbouncer.ini");
        std::fs::write(&path, settings).context("write the settings")?;
        let mut spec = ProcessSpec::new(program()?);
        if rustix::process::geteuid().is_root() {
            // It refuses to run as root.
            spec = spec.arg("-u").arg("postgres");
        }
        let process = Process::start(&spec.arg(&path), |_| {}).await?;
        eventually("PgBouncer listens", Duration::from_secs(10), async || {
            tokio::net::TcpStream::connect(("127.0.0.1", port)).await.context("connect").map(drop)
        })
        .await;
        Ok(Self { port, server_port, _process: process, _dir: dir })
    }

    /// Where a role finds a database through it.
    #[must_use]
    pub fn url(&self, direct: &str) -> String {
        direct.replace(&format!(":{}/", self.server_port), &format!(":{}/", self.port))
    }
}

/// Debian puts it where PATH does not always look.
fn program() -> anyhow::Result<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .chain([Path::new("/usr/sbin").to_owned()])
        .map(|dir| dir.join("pgbouncer"))
        .find(|program| program.is_file())
        .context("`pgbouncer` was not found: install it (Debian and Ubuntu: `apt-get install pgbouncer`)")
}
