//! Where the programs are: PostgreSQL, Redis, and the Daybook services themselves.
//!
//! Nothing is installed here; an error says what to install or build.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

/// The oldest PostgreSQL whose settings file we can use as it is.
const POSTGRES_MAJOR_MIN: u32 = 14;

/// The directory that holds `postgres` and `initdb`: `$DAYBOOK_PG_BIN`, or the newest of those that
/// Debian's packages make, or wherever PATH has them.
///
/// Debian's directories come before PATH because a PATH entry is often a wrapper, or one program of
/// several that belong together.
///
/// # Errors
///
/// When there is none, or the one named holds no server.
pub fn postgres_bin_dir() -> anyhow::Result<PathBuf> {
    if let Some(named) = std::env::var_os("DAYBOOK_PG_BIN") {
        let dir = PathBuf::from(named);
        if !holds_postgres(&dir) {
            bail!(
                "`{}`, named by DAYBOOK_PG_BIN, does not hold `postgres` and `initdb`",
                dir.display()
            );
        }
        return Ok(dir);
    }
    newest_debian_postgres().or_else(|| path_dirs().find(|dir| holds_postgres(dir))).context(
        "PostgreSQL's server programs were not found in /usr/lib/postgresql/*/bin or on PATH: install \
         PostgreSQL 14 or newer (Debian and Ubuntu: `apt-get install postgresql`), or name their \
         directory in DAYBOOK_PG_BIN",
    )
}

/// What `postgres --version` says, for instance `postgres (PostgreSQL) 15.20`.
///
/// # Errors
///
/// When PostgreSQL is not installed, does not run, or is older than 14.
pub fn postgres_version() -> anyhow::Result<String> {
    let program = postgres_bin_dir()?.join("postgres");
    let output = std::process::Command::new(&program)
        .arg("--version")
        .output()
        .with_context(|| format!("run `{} --version`", program.display()))?;
    let version = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    let major = version
        .split_whitespace()
        .find_map(|word| word.split(['.', 'd', 'b', 'r']).next()?.parse::<u32>().ok())
        .with_context(|| format!("`{}` names no version: `{version}`", program.display()))?;
    if major < POSTGRES_MAJOR_MIN {
        bail!(
            "PostgreSQL {POSTGRES_MAJOR_MIN} or newer is needed, `{}` is {version}",
            program.display()
        );
    }
    Ok(version)
}

/// `redis-server`: `$DAYBOOK_REDIS_SERVER`, or the one on PATH.
pub(crate) fn redis_server() -> anyhow::Result<PathBuf> {
    if let Some(named) = std::env::var_os("DAYBOOK_REDIS_SERVER") {
        let program = PathBuf::from(named);
        if !program.is_file() {
            bail!("`{}`, named by DAYBOOK_REDIS_SERVER, is not a file", program.display());
        }
        return Ok(program);
    }
    on_path("redis-server").context(
        "`redis-server` was not found on PATH: install Redis 7 or newer (Debian and Ubuntu: \
         `apt-get install redis-server`), or name the program in DAYBOOK_REDIS_SERVER",
    )
}

/// The binary of a Daybook service, for instance `daybook-command`: beside the running executable, or
/// one directory up, where cargo puts binaries while tests run in `deps/` and examples in `examples/`.
///
/// # Errors
///
/// When it was not built; the error says which command builds it.
pub fn service_binary(name: &str) -> anyhow::Result<PathBuf> {
    let own = std::env::current_exe().context("find the running executable")?;
    let beside = own.parent().context("find the directory of the running executable")?;
    [Some(beside), beside.parent()]
        .into_iter()
        .flatten()
        .map(|dir| dir.join(name))
        .find(|candidate| candidate.is_file())
        .with_context(|| {
            format!(
                "`{name}` is not beside `{}`: build all binaries first with `cargo build --workspace \
                 --bins` (add `--release` when running a release build)",
                own.display()
            )
        })
}

/// A program on PATH.
pub(crate) fn on_path(name: &str) -> Option<PathBuf> {
    path_dirs().map(|dir| dir.join(name)).find(|candidate| candidate.is_file())
}

fn path_dirs() -> impl Iterator<Item = PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).collect::<Vec<_>>().into_iter()
}

fn holds_postgres(dir: &Path) -> bool {
    dir.join("postgres").is_file() && dir.join("initdb").is_file()
}

fn newest_debian_postgres() -> Option<PathBuf> {
    std::fs::read_dir("/usr/lib/postgresql")
        .ok()?
        .flatten()
        .filter_map(|entry| Some((entry.file_name().to_str()?.parse::<u32>().ok()?, entry.path())))
        .map(|(major, dir)| (major, dir.join("bin")))
        .filter(|(_, bin)| holds_postgres(bin))
        .max()
        .map(|(_, bin)| bin)
}
