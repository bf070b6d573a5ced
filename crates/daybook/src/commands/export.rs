//! `daybook export`

use std::collections::{BTreeSet, HashMap};
use std::path::PathBuf;
use std::time::Instant;

use anyhow::{Context, anyhow};
use clap::{Args, ValueEnum};
use daybook_bank::account::AccountId;
use daybook_core::stream::StreamId;
use daybook_eventlog::LogReader;
use daybook_eventlog::inspect::{Inspector, Pages, StoredEvent};
use daybook_keys::{KeySettings, KeyStore};
use daybook_runtime::postgres;
use prost_types::Timestamp;
use time::OffsetDateTime;

use super::Interrupts;
use super::progress::{Shown, Step};
use crate::cli::parse_time;
use crate::export::table::Row;
use crate::export::target::Target;
use crate::export::writer::{Format, RowWriter};
use crate::export::{entries, events};
use crate::failure::Failure;

const MORE: &str = "\
Rows come from the log itself, in the order of positions; what is appended after the export has begun is left out. A file gets
its name, in place of an older one, when it is whole and on the disk; stopped before, nothing is left. Memory stays bounded by
a few pages, with Parquet by a group of 50,000 rows or 32 MB. Progress goes to stderr.

events: position, prev_position, partition, stream_id, version, stream_type, event_type, schema_version, event_id, recorded_at
(UTC, microseconds), data and metadata (the exact texts; in JSON Lines as strings, so that no byte of them changes), and of the
event's command command_first_position, command_event_count and command_content_hash (SHA-256, hexadecimal). A JSON Lines file
of all events is what `daybook restore-events` reads. Sealed personal texts stay sealed in it, with or without a key store.

statements: a row for each event that moved money: account_id, recorded_at, version, position, kind, amount_minor_units (below
zero what went out), balance_minor_units (after it), amount, balance, currency, counterparty, transfer_id, actor, reason,
correlation_id, event_id. Of the personal texts (reason, and of a refund counterparty) those that are sealed are opened with the
keys of --keys-database-url; without it they are written as [sealed]. Those of somebody who was forgotten are written as
[erased], in every format.

JSON Lines leaves empty columns out. In CSV a text that a spreadsheet would take for a formula (it begins with = + - @, a tab or
a carriage return) gets an apostrophe before it. In Parquet numbers are INT64, times TIMESTAMP(MICROS, UTC), data and metadata
JSON, everything else STRING.

  daybook export events -o events.jsonl
  daybook export statements --account alice --from-time 2026-11-01 --to-time 2026-12-01 --format csv -o november.csv";

/// Flags of `export`.
#[derive(Debug, Args)]
#[command(after_long_help = MORE)]
pub(crate) struct ExportArgs {
    /// What to write.
    what: What,

    /// How to write it. Default: what the name of --output ends with; jsonl for stdout and a name without an ending.
    #[arg(long, value_name = "FORMAT")]
    format: Option<Format>,

    /// The file to write; - for stdout.
    #[arg(long, short, value_name = "FILE", default_value = "-")]
    output: PathBuf,

    /// Only from this position on.
    #[arg(long, value_name = "POSITION", value_parser = clap::value_parser!(i64).range(1..))]
    from_position: Option<i64>,

    /// Only up to this position, inclusive. Default: to the head.
    #[arg(long, value_name = "POSITION", value_parser = clap::value_parser!(i64).range(1..))]
    to_position: Option<i64>,

    /// Only what was recorded at this time or later: a day (UTC) such as 2026-11-23, or a time such as 2026-11-23T10:00:00Z.
    #[arg(long, value_name = "TIME", value_parser = parse_time, conflicts_with = "from_position")]
    from_time: Option<Timestamp>,

    /// Only what was recorded before this: a day or a time, such as 2026-11-23, yesterday, "2026-11-23 10:00" (UTC) or "2026-11-23 10:00 Europe/Berlin".
    #[arg(long, value_name = "TIME", value_parser = parse_time, conflicts_with = "to_position")]
    to_time: Option<Timestamp>,

    /// Only the events of this stream, such as transfer-t-1.
    #[arg(long, value_name = "STREAM", conflicts_with = "account")]
    stream: Option<String>,

    /// Only this account.
    #[arg(long, value_name = "ACCOUNT")]
    account: Option<String>,

    /// The log, as a role that may read it: postgres://daybook_query@host:5432/daybook. The primary, not a replica.
    #[arg(long, value_name = "URL", env = "DAYBOOK_LOG_DATABASE_URL", hide_env_values = true)]
    log_database_url: String,

    #[command(flatten)]
    keys: KeySettings,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum What {
    /// Every column of the log.
    Events,
    /// Money movements, with balances.
    Statements,
}

/// Positions after one and up to another.
#[derive(Debug, Clone, Copy)]
struct Range {
    after: i64,
    up_to: i64,
}

/// The whole log.
const ALL: Range = Range { after: 0, up_to: i64::MAX };

/// Exports.
pub(crate) async fn run(args: ExportArgs) -> Result<(), Failure> {
    let stream_id = stream(&args)?;
    let format = format(&args)?;
    let pool = postgres::pool(&args.log_database_url, "daybook-export", 2)
        .map_err(|error| Failure::Usage(format!("--log-database-url: {error}")))?;
    let keys = args.keys.store("daybook-export");
    let keys = keys.map_err(|error| Failure::Usage(format!("--keys-database-url: {error}")))?;
    let range = range(&LogReader::new(pool.clone()), &args).await?;
    let mut target = Target::open(Some(&args.output))
        .with_context(|| format!("open {}", args.output.display()))?;
    let mut interrupts = Interrupts::listen().context("listen for signals")?;
    let shown = Shown::beside_output();
    let exporting = async {
        let columns = match args.what {
            What::Events => events::COLUMNS,
            What::Statements => entries::COLUMNS,
        };
        let writer = format.writer(columns, &mut target)?;
        let source = Source { log: Inspector::new(pool), keys, what: args.what };
        write(&source, stream_id.as_ref(), range, writer, &shown).await
    };
    let written = tokio::select! {
        written = exporting => written,
        () = interrupts.next() => Err(Failure::Other(anyhow!("stopped; nothing was written to the file"))),
    };
    shown.finish();
    let rows = written?;
    target.finish()?;
    crate::output::note(&format!(
        "{rows} rows, positions {} to {}\n",
        range.after + 1,
        range.up_to
    ));
    Ok(())
}

/// Where rows come from.
struct Source {
    log: Inspector,
    keys: Option<KeyStore>,
    what: What,
}

impl Source {
    /// The rows of a page of events.
    async fn rows(&self, page: Vec<StoredEvent>) -> Result<Vec<Row>, Failure> {
        match self.what {
            What::Events => {
                let commands = commands(&self.log, &page).await?;
                Ok(page.into_iter().map(|event| events::row(event, &commands)).collect())
            }
            What::Statements => Ok(entries::rows(&page, self.keys.as_ref()).await?),
        }
    }
}

/// Writes all rows; gives how many.
async fn write(
    source: &Source,
    stream_id: Option<&StreamId>,
    range: Range,
    mut writer: Box<dyn RowWriter + Send + '_>,
    shown: &Shown,
) -> Result<u64, Failure> {
    if let Some(stream) = stream_id
        && pages(&source.log, stream_id, ALL).next().await.context("read the log")?.is_none()
    {
        return Err(Failure::Other(anyhow!("there is no stream `{}`", stream.as_str())));
    }
    let mut pages = pages(&source.log, stream_id, range);
    let (begun, mut rows, mut last) = (Instant::now(), 0, range.after);
    while let Some(page) = pages.next().await.context("read the log")? {
        if stream_id.is_none() {
            last = whole(&page, last)?;
        }
        let reached = page.last().map_or(last, |event| event.position);
        for row in source.rows(page).await? {
            writer.write(row)?;
            rows += 1;
        }
        shown.step(step(range, reached, begun))?;
    }
    if stream_id.is_none() && last != range.up_to {
        return Err(lacking(last + 1));
    }
    writer.finish()?;
    Ok(rows)
}

fn pages(log: &Inspector, stream_id: Option<&StreamId>, range: Range) -> Pages<StoredEvent> {
    match stream_id {
        Some(stream_id) => log.events_of(stream_id.as_str(), range.after, range.up_to),
        None => log.events(range.after, range.up_to),
    }
}

/// No event of the range may be missing. Gives the last position.
fn whole(page: &[StoredEvent], mut last: i64) -> Result<i64, Failure> {
    for event in page {
        if event.position != last + 1 {
            return Err(lacking(last + 1));
        }
        last = event.position;
    }
    Ok(last)
}

fn lacking(position: i64) -> Failure {
    Failure::Other(anyhow!("the log lacks the event at position {position}; see `daybook verify`"))
}

async fn commands(
    log: &Inspector,
    page: &[StoredEvent],
) -> Result<HashMap<String, daybook_eventlog::inspect::StoredCommand>, Failure> {
    let ids: BTreeSet<String> = page.iter().filter_map(events::command_id).collect();
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    let commands = log.commands_of(&ids).await.context("read the commands")?;
    Ok(commands.into_iter().map(|command| (command.command_id.clone(), command)).collect())
}

#[expect(clippy::cast_precision_loss, reason = "a rate for people")]
fn step(range: Range, reached: i64, begun: Instant) -> Step {
    let (done, total) = (reached - range.after, range.up_to - range.after);
    let rate = done as f64 / begun.elapsed().as_secs_f64().max(1e-9);
    let left = std::time::Duration::try_from_secs_f64((total - done) as f64 / rate).ok();
    Step {
        phase: "exporting",
        events_done: done,
        events_total: total,
        events_per_second: rate,
        time_left: left,
    }
}

/// What was asked for, or what the file is named for.
fn format(args: &ExportArgs) -> Result<Format, Failure> {
    let extension = args.output.extension().map(|extension| extension.to_string_lossy());
    match (args.format, extension) {
        (Some(format), _) => Ok(format),
        (None, None) => Ok(Format::Jsonl),
        (None, Some(extension)) => Format::from_str(&extension, true).map_err(|_| {
            let known = "jsonl, csv or parquet";
            Failure::Usage(format!("-o: files named .{extension} are not written; say with --format which of {known} to write"))
        }),
    }
}

fn stream(args: &ExportArgs) -> Result<Option<StreamId>, Failure> {
    if let Some(account) = &args.account {
        let account = AccountId::new(account)
            .map_err(|error| Failure::Usage(format!("--account: {error}")))?;
        return Ok(Some(account.stream_id()));
    }
    let Some(stream) = &args.stream else { return Ok(None) };
    let stream = StreamId::parse(stream);
    stream.map(Some).map_err(|error| Failure::Usage(format!("--stream {error}")))
}

/// What was asked for, as far as the log goes.
async fn range(log: &LogReader, args: &ExportArgs) -> Result<Range, Failure> {
    let head = log.head().await.context("read where the log ends")?.position.get();
    let after = match (args.from_position, &args.from_time) {
        (Some(from), _) => from - 1,
        (None, Some(time)) => before(log, time, "--from-time").await?,
        (None, None) => 0,
    };
    let up_to = match (args.to_position, &args.to_time) {
        (Some(to), _) if to > head => {
            return Err(Failure::Other(anyhow!("--to-position: the log ends at position {head}")));
        }
        (Some(to), _) => to,
        (None, Some(time)) => before(log, time, "--to-time").await?,
        (None, None) => head,
    };
    Ok(Range { after: after.min(up_to), up_to })
}

/// The last position that was recorded before a time.
async fn before(log: &LogReader, time: &Timestamp, flag: &str) -> Result<i64, Failure> {
    let nanos = i128::from(time.seconds) * 1_000_000_000 + i128::from(time.nanos);
    let time = OffsetDateTime::from_unix_timestamp_nanos(nanos)
        .map_err(|error| Failure::Usage(format!("{flag}: {error}")))?;
    let before =
        log.position_before(time).await.with_context(|| format!("find the position of {flag}"))?;
    Ok(before.get())
}
