//! How much memory the command service needs with many callers and many accounts in use.

use std::time::Duration;

use daybook_stack::Stack;

use super::figure::Figure;
use super::lines::{self, Phase};
use super::{Effort, restart};
use crate::bench::accounts;
use crate::bench::load::{self, Load};
use crate::bench::processes::Processes;
use crate::failure::Failure;
use crate::output::note;

const ACCOUNTS: u32 = 100_000;
const CALLERS: usize = 256;

/// Long enough for most of the accounts to be used.
const DURATION: Duration = Duration::from_secs(10);

/// The most that the service ever held, from its start on.
pub(super) async fn run(stack: &mut Stack, effort: Effort) -> Result<Figure, Failure> {
    note("100,000 accounts are used by 256 callers\n");
    restart(stack, &[]).await?;
    accounts::open(&stack.command_url, ACCOUNTS).await?;
    let usual = lines::of(Phase::WithoutProjector, effort).swap_remove(0).load;
    let load = Load { callers: CALLERS, accounts: ACCOUNTS, duration: DURATION, ..usual };
    let processes = Processes::of_stack(stack);
    let before = processes.look();
    load::run(&stack.command_url, &load).await?;
    let usages = processes.since(&before);
    let usage = usages.iter().find(|usage| usage.program == "daybook-command").copied();
    let usage = usage.unwrap_or_default();
    let measured = format!("{:.0} MB at most, {:.0} MB now", usage.memory_peak_mb, usage.memory_mb);
    let what = "command service memory, 256 callers, 100,000 accounts";
    Ok(Figure::told(what, measured, "< 150 MB", ""))
}
