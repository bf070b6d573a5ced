//! `daybook proof key generate|show|rotate`

use std::path::PathBuf;

use anyhow::anyhow;
use clap::{Args, Subcommand};
use daybook_proof::key::ReplacedKey;
use daybook_proof::{KeyFile, PublicKey};
use daybook_prover::key_file;
use serde_json::json;
use time::format_description::well_known::Rfc3339;
use time::{Duration, OffsetDateTime};

use crate::commands::Session;
use crate::failure::Failure;

/// What to do about the key.
#[derive(Debug, Subcommand)]
pub(crate) enum KeyVerb {
    /// Make a key for daybook-prover. Prints the public key, which is for everybody.
    Generate(GenerateArgs),
    /// Print the public keys of a key file: the one that signs, then the replaced and the retired ones.
    Show(FileArgs),
    /// Let a new key sign from now on; restart the prover. The one before signs beside it for some days, in which holders of its
    /// public key get the new one, and stays in the file, to verify with.
    Rotate(RotateArgs),
}

/// Flags of `generate`.
#[derive(Debug, Args)]
pub(crate) struct GenerateArgs {
    /// Where to write it, mode 0600; the file must not exist.
    file: PathBuf,
    /// The log's name in all its checkpoints, for ever: a URL without its scheme, such as ledger.example.com/main.
    #[arg(long)]
    name: String,
}

/// Which file.
#[derive(Debug, Args)]
pub(crate) struct FileArgs {
    /// The key file.
    file: PathBuf,
}

/// Flags of `rotate`.
#[derive(Debug, Args)]
pub(crate) struct RotateArgs {
    /// The key file.
    file: PathBuf,
    /// For so many days checkpoints carry the signatures of both keys. 0: the old one signs no more, as where others may have
    /// it.
    #[arg(long, value_name = "DAYS", default_value_t = 30)]
    #[arg(value_parser = clap::value_parser!(u16).range(0..=3650))]
    overlap_days: u16,
}

/// Makes, shows or rotates a key.
pub(super) fn run(session: &Session, verb: KeyVerb) -> Result<(), Failure> {
    let keys = match &verb {
        KeyVerb::Generate(args) => key_file::generate(&args.file, &args.name),
        KeyVerb::Show(args) => key_file::load(&args.file),
        KeyVerb::Rotate(args) => {
            key_file::rotate(&args.file, Duration::days(args.overlap_days.into()))
        }
    };
    show(session, &keys.map_err(|error| anyhow!(error))?)
}

fn show(session: &Session, keys: &KeyFile) -> Result<(), Failure> {
    let key = keys.private.public().to_string();
    let replaced: Vec<_> = keys
        .replaced
        .iter()
        .map(|ReplacedKey { private, until }| (private.public().to_string(), rfc3339(*until)))
        .collect();
    let retired: Vec<_> = keys.retired.iter().map(PublicKey::to_string).collect();
    if session.printer.json {
        let replaced: Vec<_> =
            replaced.iter().map(|(key, until)| json!({"key": key, "signs_until": until})).collect();
        let object = json!({"key": key, "replaced": replaced, "retired": retired});
        return Ok(session.printer.object(&object)?);
    }
    // Each line but the comments is a key: the whole is what --key takes as a file.
    session.printer.say(&key)?;
    for (key, until) in replaced {
        session.printer.say(&format!("# replaced, signs until {until}\n{key}"))?;
    }
    for key in retired {
        session.printer.say(&format!("# retired\n{key}"))?;
    }
    Ok(())
}

fn rfc3339(time: OffsetDateTime) -> String {
    time.format(&Rfc3339).unwrap_or_default()
}
