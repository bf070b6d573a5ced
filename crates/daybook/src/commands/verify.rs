//! `daybook verify`

mod tree;

use anyhow::{Context, anyhow};
use clap::Args;
use daybook_domains::Daybook;
use daybook_eventlog::inspect::Inspector;
use daybook_keys::KeySettings;
use daybook_projector::projections;
use daybook_prover::verify::TreeReport;
use daybook_readmodels::rebuild::Rebuilder;
use daybook_runtime::postgres;
use daybook_verify::{Finding, Progress, ReadModel, Report, Sample, Skip, Skips, Verifier, Watch};
use serde_json::json;
use time::format_description::well_known::Rfc3339;
use tokio::sync::watch::Receiver;

use self::tree::TreeArgs;
use super::progress::{Shown, Step};
use super::{Interrupts, Session};
use crate::failure::Failure;
use crate::output::escape;

const MORE: &str = "\
Always checked, over the whole log: positions 1, 2, 3 … without a gap, each event's link to the one before it in its partition,
the partition itself (FNV-1a of the stream's id), times that never go back, a head that agrees with the last events, versions
1, 2, 3 … in every stream, event ids (UUID version 7, each once), an actor in every event, payloads that can be read, every
event's command in log.commands and every command's events in the log, postings that balance, no money left in transit.

Checked for the sampled partitions, or for all with --all: the balance that each event carries against the sum of amounts
before it, each snapshot against the fold of its events, each read model row by row against a new fold of the log at the same
position; what an operator has permitted to be left out (a skip) is left out where it cannot be applied, and each skip is
listed, with who and why. With --all also the sum of all balances against all amounts.

Each finding is a line that says where (position, stream, version; or table and key), which field, what is there and what is
expected, and in brackets the rule. Values of a read model's columns are told where they are numbers.

Read models are compared in tables that are made beside them for the time being, which takes their space once more and the
projector's role. Where reasons are sealed that takes the key store too, for their words. The log is read in short statements; the comparison alone keeps a snapshot of the read models open. Event
ids are spilled to the directory for temporary files, 24 bytes an event. In a log that is larger than memory the walk by
streams reads from all over the table, and takes long.

A log that was rewritten whole, together with commands, snapshots and read models, agrees with itself. With --key the whole
log is hashed once more and held against every checkpoint that the prover signed: any change of an event that was signed for
is found, and where. Who can rewrite the signed checkpoints in the database too is found out by one that was kept elsewhere:
--checkpoint (`daybook proof checkpoint` prints one).

Exit codes: 0 nothing found, 4 something is not as it must be, 1 the check did not come to its end.

With --json each step is an object on a line: {\"progress\": …}, {\"finding\": …}, {\"skip\": …}, and at the end {\"verified\": …}.";

/// Flags of `verify`.
#[derive(Debug, Args)]
#[command(after_long_help = MORE)]
pub(crate) struct VerifyArgs {
    /// Check balances, snapshots and read models of every partition.
    #[arg(long, conflicts_with = "sample")]
    all: bool,

    /// Check balances, snapshots and read models of so many partitions, drawn by chance; with 16 partitions one is a
    /// sixteenth of all streams.
    #[arg(long, value_name = "PARTITIONS", default_value_t = 1)]
    #[arg(value_parser = clap::value_parser!(u16).range(1..=1024))]
    sample: u16,

    /// Leave read models alone; the log can then be read by any role that may.
    #[arg(long)]
    log_only: bool,

    /// Findings that are printed, at most; all are counted.
    #[arg(long, value_name = "NUMBER", default_value_t = 100)]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=100_000))]
    findings: u32,

    /// Memory for rows of read models that are folded anew, in MB; the process needs about twice as much.
    #[arg(long, value_name = "MB", default_value_t = 128)]
    #[arg(value_parser = clap::value_parser!(u32).range(8..=65_536))]
    memory_mb: u32,

    #[command(flatten)]
    tree: TreeArgs,

    /// The log, as a role that may read it: postgres://daybook_projector@host:5432/daybook. The primary, not a replica.
    #[arg(long, value_name = "URL", env = "DAYBOOK_LOG_DATABASE_URL", hide_env_values = true)]
    log_database_url: String,

    /// The read models, where they are not in the log's database, as the projector's role or one that may act as it.
    #[arg(long, value_name = "URL", env = "DAYBOOK_READ_DATABASE_URL", hide_env_values = true)]
    read_database_url: Option<String>,

    #[command(flatten)]
    keys: KeySettings,
}

/// Connections to the log, beside those of the fold of read models.
const CONNECTIONS_MAX: u32 = 3;

/// Verifies, and says what it found.
pub(crate) async fn run(session: &Session, args: VerifyArgs) -> Result<(), Failure> {
    let verifier = verifier(&args)?;
    let trusted = args.tree.read()?;
    let mut interrupts = Interrupts::listen().context("listen for signals")?;
    let (watch, progress) = Watch::new();
    let shown = Shown::new(session.printer);
    let partitions = (!args.all).then_some(args.sample);
    let everything = async {
        let mut report = tokio::select! {
            report = verifier.verify(partitions, &watch) => report.map_err(|error| anyhow!(error))?,
            failed = show(&shown, progress) => return Err(failed),
        };
        let Some(trusted) = &trusted else { return Ok((report, None)) };
        let urls = (&*args.log_database_url, args.read_database_url());
        let hashed = tree::check(trusted, urls, &shown).await?;
        tree::add(&hashed, &mut report.findings);
        Ok((report, Some(hashed)))
    };
    let verified = tokio::select! {
        verified = everything => verified,
        () = interrupts.next() => Err(Failure::Other(anyhow!("stopped before the end"))),
    };
    shown.finish();
    let (report, hashed) = verified?;
    print(session, &report, hashed.as_ref())
}

impl VerifyArgs {
    /// Where the read models are, and the proof.
    fn read_database_url(&self) -> &str {
        let given = self.read_database_url.as_deref().filter(|url| !url.is_empty());
        given.unwrap_or(&self.log_database_url)
    }
}

fn verifier(args: &VerifyArgs) -> Result<Verifier<Daybook>, Failure> {
    let wrong =
        |error| Failure::Usage(format!("--log-database-url or --read-database-url: {error}"));
    let log = postgres::pool(&args.log_database_url, "daybook-verify", CONNECTIONS_MAX);
    let findings_max = usize::try_from(args.findings).unwrap_or(usize::MAX);
    let verifier = Verifier::new(Inspector::new(log.map_err(wrong)?), findings_max);
    if args.log_only {
        return Ok(verifier);
    }
    let memory_bytes =
        usize::try_from(args.memory_mb).unwrap_or(usize::MAX).saturating_mul(1024 * 1024);
    let rebuilder = Rebuilder::new(&args.log_database_url, args.read_database_url());
    let keys = args.keys.store("daybook-verify");
    let keys = keys.map_err(|error| Failure::Usage(format!("--keys-database-url: {error}")))?;
    let rebuilder = rebuilder.map_err(wrong)?.keys(keys).memory_bytes(memory_bytes);
    Ok(verifier.read_models(rebuilder, projections()))
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

fn step(progress: Progress) -> Step {
    Step {
        phase: progress.phase,
        events_done: progress.events_done,
        events_total: progress.events_total,
        events_per_second: progress.events_per_second(),
        time_left: progress.time_left(),
    }
}

fn print(session: &Session, report: &Report, hashed: Option<&TreeReport>) -> Result<(), Failure> {
    let findings = &report.findings;
    for finding in findings.kept() {
        session.printer.say(&escape(&finding.to_string()))?;
        if session.printer.json {
            session.printer.object(&json!({"finding": finding_json(finding)}))?;
        }
    }
    print_skips(session, &report.skips)?;
    if session.printer.json {
        session.printer.object(&json!({"verified": verified_json(report, hashed)}))?;
    }
    let (total, kept) = (findings.total(), findings.kept().len());
    if u64::try_from(kept).is_ok_and(|kept| kept < total) {
        session.printer.say(&format!("… and more: {total} in all, --findings prints so many"))?;
    }
    session.printer.say(&covered(report))?;
    if let Some(TreeReport { events, checkpoints, .. }) = hashed {
        session.printer.say(&format!(
            "hashed {events} events and held them against {checkpoints} checkpoints"
        ))?;
    }
    for model in &report.read_models {
        if let Some(why) = &model.not_compared {
            session.printer.say(&format!(
                "{} was NOT compared: {}",
                model.projection,
                escape(why)
            ))?;
        }
    }
    if total > 0 {
        session.printer.say(&format!("{total} findings"))?;
        return Err(Failure::Found);
    }
    session.printer.say("nothing found")?;
    Ok(())
}

/// No findings, but each may be why a read model lacks an event.
fn print_skips(session: &Session, skips: &Skips) -> Result<(), Failure> {
    for skip in skips.kept() {
        let Skip { projection, partition, position, actor, reason, recorded_at, decided_at } = skip;
        let at = recorded_at.format(&Rfc3339).unwrap_or_default();
        let why = reason.as_deref().unwrap_or("a reason that nobody can read");
        session.printer.say(&escape(&format!(
            "skip: {projection} may leave out the event at position {position} of partition {partition}, says {actor} at \
             {at} (position {decided_at}): {why}"
        )))?;
        if session.printer.json {
            session.printer.object(&json!({"skip": {
                "projection": projection, "partition": partition, "position": position, "actor": actor,
                "reason": reason, "recorded_at": at, "decided_at_position": decided_at,
            }}))?;
        }
    }
    if u64::try_from(skips.kept().len()).is_ok_and(|kept| kept < skips.total()) {
        session.printer.say(&format!("… and more skips: {} in all", skips.total()))?;
    }
    Ok(())
}

/// What was looked at, in words.
fn covered(report: &Report) -> String {
    let folded = match &report.sample {
        Sample::All => "all partitions".to_owned(),
        Sample::Partitions(sample) => {
            let names: Vec<_> = sample.iter().map(ToString::to_string).collect();
            format!("partition {} of 0 to {}", names.join(", "), report.partition_count - 1)
        }
    };
    let compared: Vec<_> = report.read_models.iter().filter_map(compared).collect();
    let models = match compared.as_slice() {
        [] => "no read model".to_owned(),
        names => format!("the read models {}", names.join(", ")),
    };
    format!(
        "checked {} positions and all streams; balances, snapshots and {models} of {folded}",
        report.position
    )
}

fn compared(model: &ReadModel) -> Option<&'static str> {
    model.not_compared.is_none().then_some(model.projection)
}

fn finding_json(finding: &Finding) -> serde_json::Value {
    let Finding { rule, place, field, expected, found } = finding;
    json!({
        "rule": rule, "position": place.position, "stream_id": place.stream_id, "version": place.version,
        "row": place.row, "field": field, "expected": expected, "found": found,
    })
}

fn verified_json(report: &Report, hashed: Option<&TreeReport>) -> serde_json::Value {
    let partitions = report.sample.partitions().map(<[_]>::to_vec);
    let models: Vec<_> = report
        .read_models
        .iter()
        .map(|model| {
            json!({
                "projection": model.projection,
                "generation": model.generation.map(|generation| generation.0),
                "compared": model.not_compared.is_none(),
                "why_not": model.not_compared,
            })
        })
        .collect();
    json!({
        "position": report.position,
        "partition_count": report.partition_count,
        "sampled_partitions": partitions,
        "read_models": models,
        "hashed_events": hashed.map(|hashed| hashed.events),
        "skips_total": report.skips.total(),
        "checkpoints": hashed.map(|hashed| hashed.checkpoints),
        "findings_total": report.findings.total(),
        "findings_by_rule": report.findings.counts(),
    })
}
