//! `daybook proof checkpoint` and `daybook proof check`

use std::path::PathBuf;

use anyhow::{Context as _, anyhow};
use clap::Args;
use daybook_proof::proof::verify_consistency;
use daybook_proof::{Checkpoint, Hash, SignedCheckpoint};
use daybook_proto::v1;
use daybook_runtime::file;
use serde_json::json;

use super::TrustedKeys;
use crate::commands::Session;
use crate::failure::Failure;
use crate::output::escape;

/// Flags of `checkpoint`.
#[derive(Debug, Args)]
pub(crate) struct CheckpointArgs {
    /// Write it to this file, instead of printing it.
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Wait until it covers this position, as a receipt has it.
    #[arg(long, value_name = "POSITION", default_value_t = 0)]
    #[arg(value_parser = clap::value_parser!(i64).range(0..))]
    min_position: i64,
}

/// Flags of `check`.
#[derive(Debug, Args)]
pub(crate) struct CheckArgs {
    /// A checkpoint that was kept elsewhere.
    file: PathBuf,
    /// The public key that signs, or a file of such keys, one a line; may be repeated. From somebody who is trusted.
    #[arg(long = "key", value_name = "KEY", required = true)]
    keys: Vec<TrustedKeys>,
}

/// Prints the newest one as it stands: a signed note, to the byte.
pub(super) async fn print(session: &Session, args: CheckpointArgs) -> Result<(), Failure> {
    let question =
        v1::GetCheckpointRequest { origin: String::new(), min_position: args.min_position };
    let checkpoint = session.query.checkpoint(&question).await?.checkpoint.unwrap_or_default();
    if let Some(path) = &args.output {
        file::replace(path, checkpoint.note.as_bytes())
            .with_context(|| format!("write {}", path.display()))?;
    }
    if session.printer.json {
        let object = json!({
            "origin": checkpoint.origin, "size": checkpoint.size, "key_id": checkpoint.key_id,
            "note": checkpoint.note,
        });
        return Ok(session.printer.object(&object)?);
    }
    match args.output {
        Some(_) => session.printer.say(&format!("{} events", checkpoint.size))?,
        None => session.printer.say(checkpoint.note.trim_end_matches('\n'))?,
    }
    Ok(())
}

/// Proves that today's log begins with all that was signed then.
pub(super) async fn check(session: &Session, args: CheckArgs) -> Result<(), Failure> {
    let keys = TrustedKeys::all(&args.keys);
    let shown = args.file.display();
    let note = std::fs::read_to_string(&args.file).with_context(|| format!("read {shown}"))?;
    let earlier = SignedCheckpoint::open(&note, &keys).with_context(|| shown.to_string())?;
    let earlier = earlier.checkpoint;
    let question = v1::GetConsistencyProofRequest {
        origin: earlier.origin.clone(),
        first_size: i64::try_from(earlier.size).unwrap_or(i64::MAX),
        second_size: 0,
    };
    let answer = session.query.consistency(&question).await?;
    let note = answer.checkpoint.unwrap_or_default().note;
    let now = SignedCheckpoint::open(&note, &keys).context("the newest checkpoint")?.checkpoint;
    let proof = hashes(&answer.hashes)?;
    verify(&earlier, &now, &proof)?;
    let (then, now) = (earlier.size, now.size);
    session.printer.say(&format!(
        "{}: the {now} events of today begin with the {then} that were signed then",
        escape(&earlier.origin)
    ))?;
    if session.printer.json {
        session.printer.object(&json!({"first_size": then, "second_size": now}))?;
    }
    Ok(())
}

fn verify(earlier: &Checkpoint, now: &Checkpoint, proof: &[Hash]) -> Result<(), Failure> {
    if earlier.origin != now.origin {
        return Err(anyhow!("the newest checkpoint is of `{}`", escape(&now.origin)).into());
    }
    verify_consistency((earlier.size, earlier.root), (now.size, now.root), proof)
        .context("HISTORY WAS CHANGED: what was signed then is not how today's log begins")?;
    Ok(())
}

/// Hashes as the contract has them.
pub(crate) fn hashes(bytes: &[Vec<u8>]) -> anyhow::Result<Vec<Hash>> {
    let hash =
        |bytes: &Vec<u8>| Hash::from_slice(bytes).context("a hash of the answer has not 32 bytes");
    bytes.iter().map(hash).collect()
}
