//! `daybook proof key generate|show|rotate`

use std::path::PathBuf;

use anyhow::anyhow;
use clap::{Args, Subcommand};
use daybook_proof::{KeyFile, PublicKey};
use daybook_prover::key_file;
use serde_json::json;

use crate::commands::Session;
use crate::failure::Failure;

/// What to do about the key.
#[derive(Debug, Subcommand)]
pub(crate) enum KeyVerb {
    /// Make a key for daybook-prover. Prints the public key, which is for everybody.
    Generate(GenerateArgs),
    /// Print the public keys of a key file: the one that signs, then the retired ones.
    Show(FileArgs),
    /// Let a new key sign from now on. The one before stays in the file, to verify with; restart the prover.
    Rotate(FileArgs),
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

/// Does it.
pub(super) fn run(session: &Session, verb: KeyVerb) -> Result<(), Failure> {
    let keys = match &verb {
        KeyVerb::Generate(args) => key_file::generate(&args.file, &args.name),
        KeyVerb::Show(args) => key_file::load(&args.file),
        KeyVerb::Rotate(args) => key_file::rotate(&args.file),
    };
    show(session, &keys.map_err(|error| anyhow!(error))?)
}

fn show(session: &Session, keys: &KeyFile) -> Result<(), Failure> {
    let key = keys.private.public().to_string();
    let retired: Vec<_> = keys.retired.iter().map(PublicKey::to_string).collect();
    if session.printer.json {
        return Ok(session.printer.object(&json!({"key": key, "retired": retired}))?);
    }
    session.printer.say(&key)?;
    for key in retired {
        session.printer.say(&key)?;
    }
    Ok(())
}
