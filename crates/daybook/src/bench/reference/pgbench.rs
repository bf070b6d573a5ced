//! The reference, sent by `pgbench`.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, ensure};
use tokio::io::AsyncWriteExt;
use tokio::process::Command;

use super::{DATA, DATABASE, METADATA};

/// One transaction. Versions are unique by client, run and count; streams are as many as there are accounts by default.
const SCRIPT: &str = "\
\\set n :n + 1
\\set version :n * 1000 + :client_id
\\set stream random(1, 10000)
INSERT INTO events (stream_id, version, event_id, event_type, data, metadata) VALUES \
('account-bench-' || :stream, :version, gen_random_uuid(), 'deposited', :data, :metadata);
";

/// More connections than this in one thread make pgbench itself the limit.
const CLIENTS_A_THREAD: usize = 16;

/// The program of the newest PostgreSQL that is installed, or the one on PATH.
pub(super) fn find() -> Option<PathBuf> {
    let of_debian = std::fs::read_dir("/usr/lib/postgresql").ok().and_then(|versions| {
        let versions = versions.flatten();
        let numbered = versions.filter_map(|entry| {
            let version: u32 = entry.file_name().to_str()?.parse().ok()?;
            Some((version, entry.path().join("bin/pgbench")))
        });
        Some(numbered.filter(|(_, program)| program.is_file()).max()?.1)
    });
    let named = std::env::var_os("DAYBOOK_PG_BIN").map(|dir| PathBuf::from(dir).join("pgbench"));
    let on_path = || {
        let path = std::env::var_os("PATH")?;
        std::env::split_paths(&path).map(|dir| dir.join("pgbench")).find(|file| file.is_file())
    };
    named.filter(|file| file.is_file()).or(of_debian).or_else(on_path)
}

/// Runs it; gives transactions a second.
pub(super) async fn run(
    program: &Path,
    url: &str,
    callers: usize,
    time: Duration,
    run: u32,
) -> anyhow::Result<f64> {
    let seconds = time.as_secs_f64().ceil().max(1.0);
    let threads = callers.div_ceil(CLIENTS_A_THREAD);
    let mut command = Command::new(program);
    command
        .args(["--no-vacuum", "--protocol=prepared", "--file=-"])
        .args([format!("--client={callers}"), format!("--jobs={threads}")])
        .arg(format!("--time={seconds}"))
        .arg(format!("--define=n={}", u64::from(run) * 10_000_000))
        .args([format!("--define=data={DATA}"), format!("--define=metadata={METADATA}")])
        .env("PGOPTIONS", "-c synchronous_commit=on")
        .env("PGDATABASE", DATABASE)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    // In the environment and not as an argument, which every user of the machine can read.
    for (name, value) in environment(url)? {
        command.env(name, value);
    }
    let mut child = command.spawn().with_context(|| format!("start {}", program.display()))?;
    let mut input = child.stdin.take().context("pgbench has no standard input")?;
    input.write_all(SCRIPT.as_bytes()).await.context("give pgbench its script")?;
    drop(input);
    let output = child.wait_with_output().await.context("wait for pgbench")?;
    let told = String::from_utf8_lossy(&output.stdout);
    ensure!(
        output.status.success(),
        "pgbench ended with {}: {}",
        output.status,
        String::from_utf8_lossy(&output.stderr).trim()
    );
    rate(&told).with_context(|| format!("pgbench did not say how fast it was: {told}"))
}

fn rate(told: &str) -> Option<f64> {
    let line = told.lines().find_map(|line| line.strip_prefix("tps = "))?;
    line.split_whitespace().next()?.parse().ok()
}

/// What a URL says, as PostgreSQL's own programs take it.
fn environment(url: &str) -> anyhow::Result<Vec<(&'static str, String)>> {
    let rest = url.split_once("://").context("the database's URL has no scheme")?.1;
    let rest = rest.split(['/', '?']).next().unwrap_or_default();
    let (who, place) = rest.rsplit_once('@').unwrap_or(("", rest));
    let (user, password) = who.split_once(':').unwrap_or((who, ""));
    let (host, port) = place.rsplit_once(':').unwrap_or((place, ""));
    let all = [("PGUSER", user), ("PGPASSWORD", password), ("PGHOST", host), ("PGPORT", port)];
    let given = all.into_iter().filter(|(_, value)| !value.is_empty());
    given.map(|(name, value)| Ok((name, decoded(value)?))).collect()
}

/// Without percent signs.
fn decoded(text: &str) -> anyhow::Result<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        rest = after;
        if first != b'%' {
            bytes.push(first);
            continue;
        }
        let digits = after.get(..2).context("a percent sign without two digits in the URL")?;
        bytes.push(u8::from_str_radix(std::str::from_utf8(digits)?, 16)?);
        rest = &after[2..];
    }
    String::from_utf8(bytes).context("the database's URL is not UTF-8")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_becomes_what_pgbench_reads() {
        let found = environment("postgres://ann:p%40ss%2Fword@127.0.0.1:5433/x?a=b").unwrap();
        let expected = [
            ("PGUSER", "ann"),
            ("PGPASSWORD", "p@ss/word"),
            ("PGHOST", "127.0.0.1"),
            ("PGPORT", "5433"),
        ];
        assert_eq!(found, expected.map(|(name, value)| (name, value.to_owned())));
        assert_eq!(environment("postgres://h/db").unwrap(), [("PGHOST", "h".to_owned())]);
        assert!(environment("postgres://a:%zz@h/db").is_err());
    }

    #[test]
    fn the_rate_is_the_one_without_connecting() {
        let told = "latency average = 1.7 ms\ntps = 18512.25 (without initial connection time)\n";
        assert_eq!(rate(told), Some(18512.25));
        assert_eq!(rate("nothing"), None);
    }
}
