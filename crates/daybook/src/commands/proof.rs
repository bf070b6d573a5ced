//! `daybook proof key|checkpoint|check|tiles`

mod checkpoint;
mod key;
mod tiles;
mod trusted;

use clap::Subcommand;

pub(crate) use checkpoint::hashes;
pub(crate) use trusted::TrustedKeys;

use super::Session;
use crate::failure::Failure;

/// What to do about the proof of history.
#[derive(Debug, Subcommand)]
pub(crate) enum ProofVerb {
    /// Make, show and rotate the key that signs checkpoints.
    #[command(subcommand)]
    Key(key::KeyVerb),
    /// Print the newest signed checkpoint, to be kept elsewhere.
    Checkpoint(checkpoint::CheckpointArgs),
    /// Check that history still begins with all that an earlier checkpoint was signed for.
    Check(checkpoint::CheckArgs),
    /// Write the Merkle tree as files that any HTTP server can publish (C2SP tlog-tiles).
    Tiles(tiles::TilesArgs),
}

/// Runs one verb of `daybook proof`.
pub(crate) async fn run(session: &Session, verb: ProofVerb) -> Result<(), Failure> {
    match verb {
        ProofVerb::Key(verb) => key::run(session, verb),
        ProofVerb::Checkpoint(args) => checkpoint::print(session, args).await,
        ProofVerb::Check(args) => checkpoint::check(session, args).await,
        ProofVerb::Tiles(args) => tiles::run(session, args).await,
    }
}
