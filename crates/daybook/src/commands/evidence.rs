//! `daybook evidence` and `daybook evidence check`

mod collect;

use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow};
use clap::{Args, Subcommand};
use daybook_proof::evidence::{Evidence, NOT_SHOWN, Subject};
use daybook_runtime::file;
use serde_json::json;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::Session;
use super::proof::TrustedKeys;
use crate::failure::Failure;
use crate::output::escape;

const MORE: &str = "\
The file holds the exact events, a proof for each, the signed checkpoint that the proofs lead to, the public key, and a
report for people. `daybook evidence check FILE --key KEY` checks it anywhere, without a service, a database or a network;
so does crates/daybook-proof/check_evidence.py, three hundred lines of Python without libraries, with the same flags. The key
must come from somebody who is trusted, not from the file.

What it cannot show is that nothing came after: an account's events are proven from its first to the last one given. Nor does
anything vouch for when the file was made.";

/// Flags of `evidence`.
#[derive(Debug, Args)]
#[command(after_long_help = MORE, args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
#[command(group = clap::ArgGroup::new("about").required(true).args(["account", "transfer", "range"]))]
pub(crate) struct EvidenceArgs {
    #[command(subcommand)]
    verb: Option<EvidenceVerb>,
    /// All events of this account.
    #[arg(long, value_name = "ACCOUNT")]
    account: Option<String>,
    /// All events of this transfer, with those on its accounts.
    #[arg(long, value_name = "TRANSFER")]
    transfer: Option<String>,
    /// All events between two positions, both inclusive, such as 1..500.
    #[arg(long, value_name = "FROM..TO", value_parser = parse_range)]
    range: Option<(i64, i64)>,
    /// The file to write.
    #[arg(short, long, value_name = "FILE", required = true)]
    output: Option<PathBuf>,
    /// The public key that signs, or a file of such keys, one a line; may be repeated.
    #[arg(long = "key", value_name = "KEY", required = true)]
    keys: Vec<TrustedKeys>,
}

/// What else to do.
#[derive(Debug, Subcommand)]
enum EvidenceVerb {
    /// Check a file, offline, and print its report.
    Check(CheckArgs),
}

/// Flags of `check`.
#[derive(Debug, Args)]
struct CheckArgs {
    /// The file.
    file: PathBuf,
    /// The public key that signs, or a file of such keys, one a line; may be repeated. From somebody who is trusted.
    #[arg(long = "key", value_name = "KEY", required = true)]
    keys: Vec<TrustedKeys>,
}

/// Makes a file, or checks one.
pub(crate) async fn run(session: &Session, args: EvidenceArgs) -> Result<(), Failure> {
    match args.verb {
        Some(EvidenceVerb::Check(args)) => check(session, &args),
        None => make(session, args).await,
    }
}

async fn make(session: &Session, args: EvidenceArgs) -> Result<(), Failure> {
    let subject = match (args.account, args.transfer, args.range) {
        (Some(account), _, _) => Subject::Account(account),
        (_, Some(transfer), _) => Subject::Transfer(transfer),
        (_, _, Some((from, to))) => Subject::Range { from, to },
        _ => return Err(Failure::Usage("say what it is to be about".to_owned())),
    };
    let output = args.output.ok_or_else(|| Failure::Usage("say where with -o".to_owned()))?;
    let keys = TrustedKeys::all(&args.keys);
    let (checkpoint, key, events) = collect::collect(session, &subject, &keys).await?;
    let made_at = OffsetDateTime::now_utc().format(&Rfc3339).context("tell the time")?;
    let evidence = Evidence::new(subject, made_at, &key, &checkpoint, events);
    // What would not convince is not given out.
    evidence.check(&keys).map_err(|error| anyhow!(error)).context("the events as answered")?;
    write(&output, &evidence)?;
    let (events, size) = (evidence.events.len(), checkpoint.checkpoint.size);
    session.printer.say(&format!("{events} events, proven in a log of {size}"))?;
    if session.printer.json {
        session.printer.object(&json!({"events": events, "size": size}))?;
    }
    Ok(())
}

fn write(path: &Path, evidence: &Evidence) -> anyhow::Result<()> {
    let mut text = serde_json::to_string_pretty(evidence).context("write JSON")?;
    text.push('\n');
    file::replace(path, text.as_bytes()).with_context(|| format!("write {}", path.display()))
}

fn check(session: &Session, args: &CheckArgs) -> Result<(), Failure> {
    let shown = args.file.display();
    let text = std::fs::read_to_string(&args.file).with_context(|| format!("read {shown}"))?;
    let evidence: Evidence =
        serde_json::from_str(&text).with_context(|| format!("{shown} is not an evidence file"))?;
    let checkpoint = evidence
        .check(&TrustedKeys::all(&args.keys))
        .map_err(|error| anyhow!(error))
        .with_context(|| format!("{shown} does NOT convince"))?;
    for line in &evidence.report {
        session.printer.say(&escape(line))?;
    }
    session.printer.say(&format!("\nAll of it holds. {NOT_SHOWN}"))?;
    if session.printer.json {
        let (events, size) = (evidence.events.len(), checkpoint.size);
        let object =
            json!({"holds": true, "origin": checkpoint.origin, "size": size, "events": events});
        session.printer.object(&object)?;
    }
    Ok(())
}

fn parse_range(text: &str) -> Result<(i64, i64), String> {
    let bounds =
        text.split_once("..").and_then(|(from, to)| Some((from.parse().ok()?, to.parse().ok()?)));
    match bounds {
        Some((from, to)) if 1 <= from && from <= to => Ok((from, to)),
        _ => Err("expected two positions such as 1..500".to_owned()),
    }
}
