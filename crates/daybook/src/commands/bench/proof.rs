//! `daybook bench proof`

use std::path::PathBuf;

use clap::Args;

use super::measure_fresh;
use crate::bench::{ProofEffort, run_proof};
use crate::commands::Session;
use crate::failure::Failure;

/// Flags of `bench proof`.
#[derive(Debug, Args)]
pub(crate) struct ProofArgs {
    /// A quarter of the events and shorter slices: two minutes instead of seven.
    #[arg(long)]
    quick: bool,

    /// Where the stack is kept; what was there is thrown away. Default: as for `daybook bench --stack`.
    #[arg(long, value_name = "DIR", env = "DAYBOOK_BENCH_DATA_DIR")]
    data_dir: Option<PathBuf>,
}

/// Measures, and fails when a figure is not what it must be.
pub(crate) async fn run(session: &Session, args: ProofArgs) -> Result<(), Failure> {
    let effort = if args.quick { ProofEffort::quick() } else { ProofEffort::full() };
    measure_fresh(session, args.data_dir, async |stack| run_proof(stack, &effort).await).await
}
