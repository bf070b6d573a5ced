//! The tree's part of `daybook verify`: the log against every checkpoint that was signed for it.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Context as _, anyhow};
use clap::Args;
use daybook_eventlog::LogReader;
use daybook_proof::walk::Finding;
use daybook_proof::{PublicKey, SignedCheckpoint};
use daybook_prover::store::Store;
use daybook_prover::verify::{TreeFinding, TreeReport, verify_tree};
use daybook_runtime::postgres;
use daybook_verify::Findings;
use daybook_verify::finding::Place;

use super::super::progress::{Shown, Step};
use crate::commands::proof::TrustedKeys;
use crate::failure::Failure;

/// The rule that a finding of this part breaks.
const RULE: &str = "tree";

/// What the tree is held against.
#[derive(Debug, Args)]
pub(super) struct TreeArgs {
    /// The public key that signs checkpoints, or a file of such keys, one a line; may be repeated. From somebody who is
    /// trusted. Without one the tree is left alone.
    #[arg(long = "key", value_name = "KEY")]
    keys: Vec<TrustedKeys>,

    /// A checkpoint that was kept elsewhere; may be repeated. Without one, who can change the whole database is not found
    /// out.
    #[arg(long = "checkpoint", value_name = "FILE", requires = "keys")]
    checkpoints: Vec<PathBuf>,
}

/// Keys, and what they signed.
pub(super) struct Trusted {
    keys: Vec<PublicKey>,
    kept: Vec<SignedCheckpoint>,
}

impl TreeArgs {
    /// Reads the files; `None` where no key is trusted.
    pub(super) fn read(&self) -> anyhow::Result<Option<Trusted>> {
        let keys = TrustedKeys::all(&self.keys);
        let mut kept = Vec::new();
        for path in &self.checkpoints {
            let shown = path.display();
            let note = std::fs::read_to_string(path).with_context(|| format!("read {shown}"))?;
            kept.push(SignedCheckpoint::open(&note, &keys).with_context(|| shown.to_string())?);
        }
        Ok((!keys.is_empty()).then_some(Trusted { keys, kept }))
    }
}

/// Hashes the whole log once more.
pub(super) async fn check(
    trusted: &Trusted,
    (log_url, read_url): (&str, &str),
    shown: &Shown,
) -> Result<TreeReport, Failure> {
    let pool = |url: &str| postgres::pool(url, "daybook-verify", 1).map_err(|error| anyhow!(error));
    let log = LogReader::new(pool(log_url)?);
    let origin = trusted.keys.first().map(PublicKey::name).unwrap_or_default();
    let store = Store::new(pool(read_url)?, origin);
    let begun = Instant::now();
    let mut failed: std::io::Result<()> = Ok(());
    let progress = |done, total| {
        if failed.is_ok() {
            failed = shown.step(step(done, total, begun));
        }
    };
    let report = verify_tree(&log, &store, &trusted.keys, &trusted.kept, progress).await;
    failed?;
    Ok(report.map_err(|error| anyhow!(error).context("hold the log against its checkpoints"))?)
}

fn step(done: u64, total: u64, begun: Instant) -> Step {
    let number = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
    #[expect(clippy::cast_precision_loss, reason = "far below 2^52 events")]
    let (done_f, left) = (done as f64, total.saturating_sub(done) as f64);
    let events_per_second = done_f / begun.elapsed().as_secs_f64().max(0.001);
    let time_left = Duration::try_from_secs_f64(left / events_per_second).ok();
    let (events_done, events_total) = (number(done), number(total));
    Step { phase: "hashing", events_done, events_total, events_per_second, time_left }
}

/// Adds what was found to what else was.
pub(super) fn add(report: &TreeReport, findings: &mut Findings) {
    for finding in &report.findings {
        findings.add(RULE, place(finding), "history", "what was signed", finding);
    }
}

fn place(finding: &TreeFinding) -> Place {
    let position = match finding {
        TreeFinding::Log(Finding::Leaf { position }) => *position,
        TreeFinding::Log(Finding::Missing { from, .. }) => *from,
        TreeFinding::Log(Finding::Root { after, .. }) => after + 1,
        TreeFinding::Log(Finding::Cut { end, .. }) => end + 1,
        TreeFinding::Log(Finding::Origin { .. }) | TreeFinding::Checkpoint { .. } => {
            return Place::default();
        }
    };
    i64::try_from(position).map(Place::position).unwrap_or_default()
}
