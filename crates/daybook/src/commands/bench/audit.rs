//! `daybook bench audit`

use std::path::PathBuf;

use clap::Args;

use super::measure_fresh;
use crate::bench::{AuditEffort, run_audit};
use crate::commands::Session;
use crate::failure::Failure;

/// Flags of `bench audit`.
#[derive(Debug, Args)]
pub(crate) struct AuditArgs {
    /// Events in the log that is searched.
    #[arg(long, value_name = "COUNT", default_value_t = 2_000_000)]
    #[arg(value_parser = clap::value_parser!(u64).range(1_000..=100_000_000))]
    events: u64,

    /// Accounts that they are on.
    #[arg(long, value_name = "COUNT", default_value_t = 100_000)]
    #[arg(value_parser = clap::value_parser!(u32).range(10..=10_000_000))]
    accounts: u32,

    /// Questions of each kind.
    #[arg(long, value_name = "COUNT", default_value_t = 300)]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=100_000))]
    questions: u32,

    /// Where the stack is kept; what was there is thrown away. Default: as for `daybook bench --stack`.
    #[arg(long, value_name = "DIR", env = "DAYBOOK_BENCH_DATA_DIR")]
    data_dir: Option<PathBuf>,
}

/// Measures, and fails when a figure is not what it must be.
pub(crate) async fn run(session: &Session, args: AuditArgs) -> Result<(), Failure> {
    let AuditArgs { events, accounts, questions, data_dir } = args;
    let effort = AuditEffort { events, accounts, questions };
    measure_fresh(session, data_dir, async |stack| run_audit(stack, &effort).await).await
}
