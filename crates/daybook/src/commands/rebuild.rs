//! `daybook rebuild NAME…`

use std::sync::Arc;

use anyhow::{Context, anyhow};
use clap::Args;
use daybook_core::ids::Position;
use daybook_domains::DaybookEvent;
use daybook_keys::KeySettings;
use daybook_projector::projections;
use daybook_readmodels::projection::Projection;
use daybook_readmodels::rebuild::{
    Difference, Mismatch, Phase, Progress, QUERY_TIME_MAX, RebuildOptions, Rebuilder, Rebuilt,
    Watch,
};
use prost_types::Timestamp;
use serde_json::json;
use time::OffsetDateTime;
use tokio::sync::watch::Receiver;

use super::progress::{Shown, Step};
use super::{Interrupts, Session};
use crate::cli::parse_time;
use crate::failure::Failure;
use crate::output::escape;

const MORE: &str = "\
The new generation is filled beside the live one, which queries go on to read and projectors go on to fill; then it takes
its place in one short transaction. Stopped before, by Ctrl-C or by force, a rebuild leaves the live read models as they
were, and run again it starts clean. The tables of a generation that was replaced are dropped after a minute, when no query
can be reading them any more: by the next rebuild, by a projector, or by --clean.

--from-position and --from-time are for read models of which each row stands by itself: account_entries, daily_activity,
postings and posting_totals. --stream-type must name all types that the read model is made of: account for daily_activity,
postings and posting_totals; account and erasure for accounts and account_entries; transfer and erasure for transfers;
account, transfer, projection, subject and erasure for audit.

With --json each step is an object on a line: {\"progress\": …}, then {\"rebuilt\": …} for each read model.";

/// Flags of `rebuild`.
#[derive(Debug, Args)]
#[command(after_long_help = MORE)]
#[command(group = clap::ArgGroup::new("what").required(true).args(["projections", "all", "rollback", "clean"]))]
pub(crate) struct RebuildArgs {
    /// The read models to rebuild, all from one reading of the log.
    #[arg(value_name = "NAME")]
    projections: Vec<String>,

    /// All of them.
    #[arg(long)]
    all: bool,

    /// Go back to the generation of this read model that --keep-old has kept; it catches up first. The one that it
    /// replaces is kept in turn.
    #[arg(long, value_name = "NAME")]
    rollback: Option<String>,

    /// Only drop the tables of generations that nobody needs any more.
    #[arg(long)]
    clean: bool,

    /// Keep the generation that is replaced, for --rollback. One kept before is let go, and this one as soon as somebody's
    /// personal data are erased, since it would still have them.
    #[arg(long, conflicts_with_all = ["rollback", "clean"])]
    keep_old: bool,

    /// Compare the new generation with the live one, row by row at one same position, before the swap. Where they differ,
    /// say how, do not swap, and end with exit code 1.
    #[arg(long, conflicts_with_all = ["rollback", "clean"])]
    verify: bool,

    /// Fold only events from this position on, where the read model allows it.
    #[arg(long, value_name = "POSITION", conflicts_with_all = ["rollback", "clean"])]
    #[arg(value_parser = clap::value_parser!(i64).range(1..))]
    from_position: Option<i64>,

    /// Fold only events recorded at this time or later, where the read model allows it: 2026-11-23 or
    /// 2026-11-23T10:00:00Z.
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    #[arg(conflicts_with_all = ["from_position", "rollback", "clean"])]
    from_time: Option<Timestamp>,

    /// Fold only events of streams of this type, where the read model is made of no others; may be repeated.
    #[arg(long = "stream-type", value_name = "TYPE", conflicts_with_all = ["rollback", "clean"])]
    stream_types: Vec<String>,

    /// Memory for rows that are not written yet, in MB; beside them the process needs some 50 MB, and while they are written
    /// as much again. More saves updates where there are millions of accounts; 100,000 need a fifth of the default.
    #[arg(long, value_name = "MB", default_value_t = 128)]
    #[arg(value_parser = clap::value_parser!(u32).range(8..=65_536))]
    memory_mb: u32,

    /// The log, as a role that may read it: postgres://daybook_projector@host:5432/daybook. The primary, not a replica.
    #[arg(long, value_name = "URL", env = "DAYBOOK_LOG_DATABASE_URL", hide_env_values = true)]
    log_database_url: String,

    /// The read models, where they are not in the log's database, as the projector's role or one that may act as it.
    #[arg(long, value_name = "URL", env = "DAYBOOK_READ_DATABASE_URL", hide_env_values = true)]
    read_database_url: Option<String>,

    #[command(flatten)]
    keys: KeySettings,
}

/// Rebuilds, rolls back or cleans.
pub(crate) async fn run(session: &Session, args: RebuildArgs) -> Result<(), Failure> {
    let read_url = args.read_database_url.as_deref().filter(|url| !url.is_empty());
    let memory_bytes =
        usize::try_from(args.memory_mb).unwrap_or(usize::MAX).saturating_mul(1024 * 1024);
    let keys = args.keys.store("daybook-rebuild");
    let keys = keys.map_err(|error| Failure::Usage(format!("--keys-database-url: {error}")))?;
    let rebuilder =
        Rebuilder::new(&args.log_database_url, read_url.unwrap_or(&args.log_database_url))
            .map_err(|error| {
                Failure::Usage(format!("--log-database-url or --read-database-url: {error}"))
            })?
            .keys(keys)
            .memory_bytes(memory_bytes);
    if args.clean {
        return clean(session, &rebuilder).await;
    }
    let mut interrupts = Interrupts::listen().context("listen for signals")?;
    let (watch, progress) = Watch::new();
    let work = async {
        match &args.rollback {
            Some(name) => {
                let projection = named(name)?;
                let rolled_back = rebuilder.roll_back(&projection, &watch).await;
                Ok(vec![rolled_back.map_err(|error| anyhow!(error))?])
            }
            None => rebuild(&rebuilder, &args, &watch).await,
        }
    };
    let shown = Shown::new(session.printer);
    let rebuilt = tokio::select! {
        rebuilt = work => rebuilt,
        failed = show(&shown, progress) => Err(failed),
        () = interrupts.next() => Err(stopped()),
    };
    shown.finish();
    report(session, &rebuilt?, args.rollback.is_some())
}

async fn rebuild(
    rebuilder: &Rebuilder,
    args: &RebuildArgs,
    watch: &Watch,
) -> Result<Vec<Rebuilt>, Failure> {
    let chosen = if args.all {
        projections()
    } else {
        args.projections.iter().map(|name| named(name)).collect::<Result<_, _>>()?
    };
    let options = RebuildOptions {
        after: after(rebuilder, args).await?,
        stream_types: args.stream_types.clone(),
        verify: args.verify,
        keep_old: args.keep_old,
    };
    Ok(rebuilder.rebuild(&chosen, &options, watch).await.map_err(|error| anyhow!(error))?)
}

/// The position that the fold begins after.
async fn after(rebuilder: &Rebuilder, args: &RebuildArgs) -> Result<Position, Failure> {
    if let Some(from) = args.from_position {
        return Ok(Position::new(from - 1).unwrap_or_default());
    }
    let Some(time) = &args.from_time else { return Ok(Position::ZERO) };
    let nanos = i128::from(time.seconds) * 1_000_000_000 + i128::from(time.nanos);
    let time = OffsetDateTime::from_unix_timestamp_nanos(nanos)
        .map_err(|error| Failure::Usage(format!("--from-time: {error}")))?;
    let before = rebuilder.log().position_before(time).await;
    Ok(before.context("find the position of --from-time")?)
}

fn named(name: &str) -> Result<Arc<dyn Projection<DaybookEvent>>, Failure> {
    let all = projections();
    let names: Vec<_> = all.iter().map(|projection| projection.name()).collect();
    all.into_iter().find(|projection| projection.name() == name).ok_or_else(|| {
        Failure::Usage(format!(
            "there is no read model `{}`; there are {}",
            escape(name),
            names.join(", ")
        ))
    })
}

/// Shows the progress for as long as it is watched.
async fn show(shown: &Shown, mut progress: Receiver<Progress>) -> Failure {
    loop {
        let now = *progress.borrow_and_update();
        if let Err(error) = shown.step(step(now)) {
            return error.into();
        }
        if progress.changed().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

/// Only the filling is counted in events.
fn step(progress: Progress) -> Step {
    let filling = progress.phase == Phase::Filling;
    Step {
        phase: progress.phase.as_str(),
        events_done: progress.events_done,
        events_total: if filling { progress.events_total } else { 0 },
        events_per_second: progress.events_per_second,
        time_left: progress.time_left,
    }
}

fn stopped() -> Failure {
    Failure::Other(anyhow!(
        "stopped; the live read models are as they were, and run again a rebuild starts clean"
    ))
}

async fn clean(session: &Session, rebuilder: &Rebuilder) -> Result<(), Failure> {
    let dropped = rebuilder.clean(&projections(), QUERY_TIME_MAX).await;
    let dropped = dropped.map_err(|error| anyhow!(error))?;
    for gone in &dropped {
        let (projection, generation) = (&gone.projection, gone.generation.0);
        session.printer.say(&format!("dropped generation {generation} of {projection}"))?;
        if session.printer.json {
            let dropped = json!({"projection": projection, "generation": generation});
            session.printer.object(&json!({"dropped": dropped}))?;
        }
    }
    if dropped.is_empty() {
        session.printer.say("there is nothing to drop")?;
    }
    Ok(())
}

fn report(session: &Session, rebuilt: &[Rebuilt], rolled_back: bool) -> Result<(), Failure> {
    for one in rebuilt {
        let (name, from, to) = (one.projection, one.from.0, one.to.0);
        let swapped = one.differences_total == 0;
        if session.printer.json {
            let differences: Vec<_> = one.differences.iter().map(difference_json).collect();
            session.printer.object(&json!({"rebuilt": {
                "projection": name, "from_generation": from, "to_generation": to, "swapped": swapped,
                "differences_total": one.differences_total, "differences": differences,
            }}))?;
        }
        let how = if rolled_back { "rolled back" } else { "rebuilt" };
        session.printer.say(&if swapped {
            format!("{name} is {how}: generation {to} is current, where {from} was")
        } else {
            format!(
                "{name} was NOT swapped: generation {to} differs from the live one in {} rows",
                one.differences_total
            )
        })?;
        for difference in &one.differences {
            session.printer.say(&format!(
                "  {} {}: {}",
                difference.table,
                escape(&difference.key),
                in_words(difference)
            ))?;
        }
    }
    if rebuilt.iter().any(|one| one.differences_total > 0) {
        Err(Failure::Reported)
    } else {
        Ok(())
    }
}

fn in_words(difference: &Difference) -> String {
    match &difference.what {
        Mismatch::OnlyLive => "only the live generation has it".to_owned(),
        Mismatch::OnlyNew => "the live generation lacks it".to_owned(),
        Mismatch::Columns(columns) => format!("differs in {}", columns.join(", ")),
    }
}

fn difference_json(difference: &Difference) -> serde_json::Value {
    let columns = match &difference.what {
        Mismatch::Columns(columns) => columns.as_slice(),
        Mismatch::OnlyLive | Mismatch::OnlyNew => &[],
    };
    let what = match &difference.what {
        Mismatch::OnlyLive => "only_live",
        Mismatch::OnlyNew => "only_new",
        Mismatch::Columns(_) => "columns",
    };
    json!({"table": difference.table, "key": difference.key, "what": what, "columns": columns})
}
