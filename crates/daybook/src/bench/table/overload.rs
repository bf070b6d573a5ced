//! Twice as many deposits as the service can take, whoever waits: what it accepts must still be answered soon, and the
//! rest be refused at once.
//!
//! An open loop: calls come when the clock says so, and not when an answer frees a caller. Latencies count from when a call
//! was due. There are more callers than the service holds commands in hand, or it would never be full. What it can take is
//! measured right before, in a closed loop. Its batches are kept small here, so that it is slow enough for the processors
//! to have room for twice the load: else it would be the load generator that is overloaded.

use daybook_stack::Stack;

use super::figure::Figure;
use super::lines::{self, Phase};
use super::{Effort, restart};
use crate::bench::load::{self, Load, Outcome};
use crate::bench::report::median;
use crate::bench::tally::Latencies;
use crate::failure::Failure;
use crate::output::note;

/// As a multiple of what 64 callers get answered in a closed loop.
const OFFERED: f64 = 2.0;

/// What the service is started with.
const FLAGS: [&str; 4] = ["--batch-events-max", "2", "--commands-max", "1024"];

/// Four times what it holds in hand.
const CALLERS: usize = 4096;

/// Few enough callers on each for HTTP/2 (1024), so that the transport makes none wait.
const CONNECTIONS: usize = 16;

/// How the service says that it has too much.
const OVERLOADED: &str = "TOO_MANY_COMMANDS";

/// One round of it.
struct Overload {
    /// Deposits a second that 64 callers got answered.
    sustained: f64,
    accepted: f64,
    latencies: Latencies,
    refused: u64,
    /// What should not be, in words.
    problems: String,
}

/// All rounds.
pub(super) async fn run(stack: &mut Stack, effort: Effort) -> Result<Figure, Failure> {
    restart(stack, &FLAGS).await?;
    let usual = lines::of(Phase::WithoutProjector, effort).swap_remove(0).load;
    let mut rounds = Vec::new();
    for number in 1..=effort.rounds {
        let round = round(&stack.command_url, &usual).await?;
        note(&format!(
            "round {number} of {}: twice {:.0}/s offered: {:.0}/s accepted, p50 {:.1} ms, p99 {:.1} ms, at most {:.1} ms; \
             {} refused; {}\n",
            effort.rounds,
            round.sustained,
            round.accepted,
            round.latencies.p50_ms,
            round.latencies.p99_ms,
            round.latencies.max_ms,
            round.refused,
            round.problems,
        ));
        rounds.push(round);
    }
    restart(stack, &[]).await?;
    Ok(figure(&rounds))
}

async fn round(url: &str, usual: &Load) -> Result<Overload, Failure> {
    let sustained = load::run(url, usual).await?.rate;
    let load = Load {
        callers: CALLERS,
        connections: CONNECTIONS,
        rate: Some(OFFERED * sustained),
        ..usual.clone()
    };
    let Outcome { mut tally, rate, unanswered } = load::run(url, &load).await?;
    let refused = tally.refused.remove(OVERLOADED).unwrap_or(0);
    let mut problems = String::new();
    if !tally.refused.is_empty() || !tally.failed.is_empty() {
        problems = format!("{:?} {:?}", tally.refused, tally.failed);
    }
    if unanswered > 0 {
        problems.push_str(&format!(" {unanswered} never answered"));
    }
    let latencies = Latencies::of(&tally.latencies);
    Ok(Overload { sustained, accepted: rate, latencies, refused, problems })
}

fn figure(rounds: &[Overload]) -> Figure {
    let of = |value: fn(&Overload) -> f64| median(rounds.iter().map(value).collect());
    let measured = format!(
        "{:.0}/s accepted of {:.0}/s, p50 {:.0} ms, p99 {:.0} ms, at most {:.0} ms; {} refused",
        of(|round| round.accepted),
        of(|round| OFFERED * round.sustained),
        of(|round| round.latencies.p50_ms),
        of(|round| round.latencies.p99_ms),
        of(|round| round.latencies.max_ms),
        rounds.iter().map(|round| round.refused).sum::<u64>(),
    );
    let mut figure =
        Figure::told("deposit, small batches, twice what it can take", measured, "bounded", "");
    figure.ratio = Some(of(|round| round.accepted / round.sustained));
    figure.to = "64 callers";
    figure.problems = rounds.iter().map(|round| round.problems.as_str()).collect();
    figure
}
