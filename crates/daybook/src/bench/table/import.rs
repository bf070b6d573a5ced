//! How fast `daybook import` is, with a file of deposits over all accounts.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use anyhow::{Context, ensure};
use serde::Deserialize;
use tokio::process::Command;

use super::Effort;
use super::figure::{Figure, Target};
use super::lines::ACCOUNTS;
use crate::bench::report::median;
use crate::bench::site::Site;
use crate::bench::workload::account_id;
use crate::failure::Failure;
use crate::output::note;

/// What it must and should reach, as a multiple of the reference.
const TARGET: Target = Target::AtLeast { must: 1.5, aim: 3.0 };

/// The last line that `daybook import --json` prints.
#[derive(Deserialize)]
struct Last {
    summary: Summary,
}

#[derive(Deserialize)]
struct Summary {
    accepted: u64,
    lines_per_second: f64,
}

/// Imports a file a round; each with other command ids.
pub(super) async fn run(site: &mut Site, effort: Effort) -> Result<Figure, Failure> {
    let path = site.dir.join("bench-import.jsonl");
    write(&path, effort.import_lines).with_context(|| format!("write {}", path.display()))?;
    let (mut rates, mut references) = (Vec::new(), Vec::new());
    for round in 1..=effort.rounds {
        let reference = site.run_reference().await?.context("there is no reference")?;
        let summary = import(&site.command_url, &path, round).await?;
        ensure_all(&summary, effort)?;
        note(&format!(
            "round {round} of {}: import: {:.0}/s; reference {:.0}/s\n",
            effort.rounds, summary.lines_per_second, reference.rate
        ));
        rates.push(summary.lines_per_second);
        references.push(reference.rate);
    }
    let ratio = median(rates.iter().zip(&references).map(|(rate, of)| rate / of).collect());
    Ok(Figure {
        what: format!("import of {} commands", effort.import_lines),
        projector: false,
        measured: format!("{:.0}/s; reference {:.0}/s", median(rates), median(references)),
        ratio: Some(ratio),
        to: "reference",
        must: "≥ 1.5".to_owned(),
        aim: "≥ 3".to_owned(),
        verdict: TARGET.judge(ratio),
        problems: String::new(),
    })
}

fn ensure_all(summary: &Summary, effort: Effort) -> anyhow::Result<()> {
    let lines = u64::from(effort.import_lines);
    ensure!(summary.accepted == lines, "{} of {lines} lines were accepted", summary.accepted);
    Ok(())
}

fn write(path: &Path, lines: u32) -> std::io::Result<()> {
    let mut file = BufWriter::new(File::create(path)?);
    for line in 0..lines {
        // Steps of a prime, so that neighbours are not in order.
        let account = account_id((line.wrapping_mul(7919)) % ACCOUNTS);
        writeln!(
            file,
            r#"{{"command":"deposit","account_id":"{account}","amount":"{}.25","currency":"USD"}}"#,
            line % 1000
        )?;
    }
    file.flush()
}

async fn import(url: &str, path: &Path, round: u32) -> anyhow::Result<Summary> {
    let program = daybook_stack::service_binary("daybook")?;
    let output = Command::new(program)
        .args(["import", "--json", "--again", "--actor", "bench-teller", "--batch"])
        .arg(format!("round {round}"))
        .arg(path)
        .env("DAYBOOK_COMMAND_URL", url)
        .kill_on_drop(true)
        .output()
        .await
        .context("run `daybook import`")?;
    let told = String::from_utf8_lossy(&output.stdout);
    let last = told.lines().last().unwrap_or_default();
    let parsed: Result<Last, _> = serde_json::from_str(last);
    let errors = String::from_utf8_lossy(&output.stderr);
    Ok(parsed.with_context(|| format!("`daybook import` said: {told}{errors}"))?.summary)
}
