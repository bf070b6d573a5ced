//! `daybook proof verify`

use std::path::PathBuf;

use anyhow::{Context as _, anyhow};
use clap::Args;
use daybook_proof::SignedCheckpoint;
use daybook_prover::verify::verify_tree;
use serde_json::json;

use super::TrustedKeys;
use super::tiles::Databases;
use crate::commands::Session;
use crate::failure::Failure;

/// Flags of `verify`.
#[derive(Debug, Args)]
pub(crate) struct VerifyArgs {
    /// A checkpoint that was kept elsewhere; may be repeated. Without one, whoever can change the whole database is not
    /// found out.
    #[arg(long = "checkpoint", value_name = "FILE")]
    checkpoints: Vec<PathBuf>,
    /// The public key that signs, or a file of such keys, one a line; may be repeated. From somebody who is trusted.
    #[arg(long = "key", value_name = "KEY", required = true)]
    keys: Vec<TrustedKeys>,
    #[command(flatten)]
    databases: Databases,
}

/// Hashes the whole log once more, and says where it is not what was signed.
pub(super) async fn run(session: &Session, args: VerifyArgs) -> Result<(), Failure> {
    let keys = TrustedKeys::all(&args.keys);
    let mut kept = Vec::new();
    for path in &args.checkpoints {
        let shown = path.display();
        let note = std::fs::read_to_string(path).with_context(|| format!("read {shown}"))?;
        kept.push(SignedCheckpoint::open(&note, &keys).with_context(|| shown.to_string())?);
    }
    let (log, store) = args.databases.open(session, &keys)?;
    let report =
        verify_tree(&log, &store, &keys, &kept, |_, _| {}).await.map_err(|error| anyhow!(error))?;
    for finding in &report.findings {
        session.printer.say(&finding.to_string())?;
    }
    let (events, checkpoints) = (report.events, report.checkpoints);
    if session.printer.json {
        let findings: Vec<_> = report.findings.iter().map(ToString::to_string).collect();
        let object = json!({"events": events, "checkpoints": checkpoints, "findings": findings});
        session.printer.object(&object)?;
    }
    if report.findings.is_empty() {
        let all_well =
            format!("{events} events are those that {checkpoints} checkpoints were signed for");
        return Ok(session.printer.say(&all_well)?);
    }
    Err(Failure::Reported)
}
