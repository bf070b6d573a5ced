//! `daybook restore-events FILE`

use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, anyhow};
use clap::Args;
use daybook_eventlog::restore::Restore;
use daybook_runtime::postgres::Connector;
use serde_json::json;

use super::progress::{Shown, Step};
use super::{Interrupts, Session};
use crate::failure::Failure;
use crate::restore::Reader;

/// Events in one statement.
const BATCH_EVENTS: usize = 2000;

/// Bytes of lines in one statement, but for its last line.
const BATCH_BYTES: u64 = 8 * 1024 * 1024;

/// A line holds at most data and metadata of 32 KiB each, escaped, and some ids.
const LINE_BYTES_MAX: u64 = 1024 * 1024;

const MORE: &str = "\
Make the log first: `daybook migrate`, with as many partitions as the exported log had. Start the services afterwards.

FILE is what `daybook export events` writes as JSON Lines, from position 1 on. Positions, links, partitions, times, event ids
and the exact texts of data and metadata come back as they were, and so does every hash over them; the commands too, so that a
retry of one that had its effect in the old log gets its first receipt. Everything goes in as one transaction, after positions,
links, partitions, times and versions were checked: a restore that fails, or is stopped, leaves the log empty.

The log keeps the identity that `daybook migrate` gave it. The old log may live on, and from here on the two are different
ones: messages of the old one are dropped by projectors of this one. Read models that were folded from the old log may stay if
they are not ahead of FILE: a projector recognises the log by the event that it applied last. Snapshots are not restored; they
are made again.

Check it with `daybook verify --all`.";

/// Flags of `restore-events`.
#[derive(Debug, Args)]
#[command(after_long_help = MORE)]
pub(crate) struct RestoreArgs {
    /// The exported events, as JSON Lines.
    file: PathBuf,

    /// The log, as a role that may append: postgres://daybook_command@host:5432/daybook.
    #[arg(long, value_name = "URL", env = "DAYBOOK_LOG_DATABASE_URL", hide_env_values = true)]
    log_database_url: String,
}

/// Restores, and says where the log ends.
pub(crate) async fn run(session: &Session, args: RestoreArgs) -> Result<(), Failure> {
    let connector = Connector::new(&args.log_database_url, "daybook-restore")
        .map_err(|error| Failure::Usage(format!("--log-database-url: {error}")))?;
    let file = Lines::open(&args.file)
        .map_err(|error| Failure::Usage(format!("{}: {error}", args.file.display())))?;
    let mut interrupts = Interrupts::listen().context("listen for signals")?;
    let shown = Shown::new(session.printer);
    let restoring = async {
        let connection = connector.connect().await.map_err(|error| anyhow!(error))?;
        let restore = Restore::begin(connection).await.map_err(|error| anyhow!(error))?;
        restore_all(restore, file, &shown).await
    };
    let restored = tokio::select! {
        restored = restoring => restored,
        () = interrupts.next() => Err(Failure::Other(anyhow!("stopped; the log is empty"))),
    };
    shown.finish();
    let position = restored?;
    if session.printer.json {
        session.printer.object(&json!({"restored": {"position": position}}))?;
    }
    session
        .printer
        .say(&format!("restored {position} events; check them with `daybook verify --all`"))?;
    Ok(())
}

async fn restore_all(mut restore: Restore, mut file: Lines, shown: &Shown) -> Result<i64, Failure> {
    let mut reader = Reader::new(restore.partition_count());
    let begun = Instant::now();
    loop {
        let (mut events, mut commands) = (Vec::new(), Vec::new());
        let until = file.read + BATCH_BYTES;
        while events.len() < BATCH_EVENTS
            && file.read < until
            && let Some((number, text)) = file.next()?
        {
            let at = || format!("line {number}; nothing was restored");
            let (event, command) = reader.read(text).with_context(at)?;
            events.push(event);
            commands.extend(command);
        }
        if events.is_empty() {
            break;
        }
        restore.add(&events, &commands).await.map_err(|error| anyhow!(error))?;
        shown.step(file.step(begun))?;
    }
    let end = reader.end().context("the file ends too early; nothing was restored")?;
    let Some((last, partition_positions)) = end else {
        return Err(Failure::Other(anyhow!("the file holds no event; nothing was restored")));
    };
    let committed = restore.commit(last.position, last.recorded_at, &partition_positions).await;
    committed.map_err(|error| anyhow!(error))?;
    Ok(last.position)
}

/// The lines of a file, one at a time, each of bounded length.
struct Lines {
    file: BufReader<File>,
    line: String,
    number: i64,
    read: u64,
    length: u64,
}

impl Lines {
    fn open(path: &Path) -> std::io::Result<Self> {
        let file = File::open(path)?;
        let length = file.metadata()?.len();
        let file = BufReader::with_capacity(256 * 1024, file);
        Ok(Self { file, line: String::new(), number: 0, read: 0, length })
    }

    /// The next line with its number.
    fn next(&mut self) -> anyhow::Result<Option<(i64, &str)>> {
        self.line.clear();
        let number = self.number + 1;
        let bytes = (&mut self.file).take(LINE_BYTES_MAX).read_line(&mut self.line);
        let bytes = bytes.with_context(|| format!("read line {number}"))?;
        let bytes = u64::try_from(bytes).unwrap_or(LINE_BYTES_MAX);
        if bytes == LINE_BYTES_MAX {
            return Err(anyhow!("line {number} is longer than {LINE_BYTES_MAX} bytes"));
        }
        self.number = number;
        self.read += bytes;
        Ok((bytes > 0).then_some((number, self.line.as_str())))
    }

    /// How many events there will be is only known from how far the file was read.
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        reason = "an estimate for people"
    )]
    fn step(&self, begun: Instant) -> Step {
        let part = self.read as f64 / self.length.max(1) as f64;
        let elapsed = begun.elapsed().as_secs_f64();
        let total = if part > 0.0 { (self.number as f64 / part) as i64 } else { 0 };
        Step {
            phase: "restoring",
            events_done: self.number,
            events_total: total,
            events_per_second: self.number as f64 / elapsed.max(1e-9),
            time_left: Duration::try_from_secs_f64(elapsed / part * (1.0 - part)).ok(),
        }
    }
}
