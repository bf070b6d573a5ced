//! What a second command service on the same log costs, on the same machine: the same callers, half of them at each.
//!
//! Both use the same accounts, so each has to take in what the other appended before it can decide; and each moves the
//! head, so one of them finds it elsewhere than it thought. Measured in alternation with one service alone.

use daybook_stack::{Service, Stack};

use super::figure::Figure;
use super::lines::{self, Phase};
use super::{Effort, STOP_GRACE};
use crate::bench::Choice;
use crate::bench::load::{self, Load};
use crate::bench::report::median;
use crate::failure::Failure;
use crate::output::note;

/// Deposits a second.
struct Round {
    alone: f64,
    /// At each of the two.
    shares: [f64; 2],
    problems: String,
}

/// Spread over many accounts, and all on one.
pub(super) async fn run(stack: &Stack, effort: Effort) -> Result<Vec<Figure>, Failure> {
    let port = daybook_stack::free_port()?;
    let mut second = stack.start_another_at(Service::Command, port, &[]).await?;
    let urls = [stack.command_url.clone(), format!("http://127.0.0.1:{port}")];
    let usual = lines::of(Phase::WithoutProjector, effort).swap_remove(0).load;
    let hot = Load { choice: Choice::Hot, ..usual.clone() };
    let mut figures = Vec::new();
    for (what, load) in [
        ("deposit, 64 callers over two services", usual),
        ("deposit, 64 callers over two services, one account", hot),
    ] {
        let mut rounds = Vec::new();
        for number in 1..=effort.rounds {
            let round = round(&urls, &load).await?;
            note(&format!(
                "round {number} of {}: {what}: {:.0} + {:.0}/s; one service alone {:.0}/s{}\n",
                effort.rounds, round.shares[0], round.shares[1], round.alone, round.problems,
            ));
            rounds.push(round);
        }
        figures.push(figure(what, &rounds));
    }
    second.terminate(STOP_GRACE).await?;
    Ok(figures)
}

async fn round(urls: &[String; 2], load: &Load) -> Result<Round, Failure> {
    let alone = load::run(&urls[0], load).await?;
    let half = |seed: u64| Load {
        callers: load.callers / 2,
        connections: load.connections / 2,
        seed: load.seed + seed,
        ..load.clone()
    };
    let halves = [half(1), half(2)];
    let (first, second) =
        tokio::try_join!(load::run(&urls[0], &halves[0]), load::run(&urls[1], &halves[1]))?;
    let mut problems = String::new();
    for tally in [&alone.tally, &first.tally, &second.tally] {
        if !tally.refused.is_empty() || !tally.failed.is_empty() {
            problems.push_str(&format!(" {:?} {:?}", tally.refused, tally.failed));
        }
    }
    Ok(Round { alone: alone.rate, shares: [first.rate, second.rate], problems })
}

fn figure(what: &str, rounds: &[Round]) -> Figure {
    let of = |value: fn(&Round) -> f64| median(rounds.iter().map(value).collect());
    let measured = format!(
        "{:.0}/s, of them {:.0} % at the one that got fewer; one service alone {:.0}/s",
        of(|round| round.shares.iter().sum()),
        of(|round| 100.0 * round.shares[0].min(round.shares[1]) / round.shares.iter().sum::<f64>()),
        of(|round| round.alone),
    );
    let mut figure = Figure::told(what, measured, "", "");
    figure.ratio = Some(of(|round| round.shares.iter().sum::<f64>() / round.alone));
    figure.to = "one service";
    figure.problems = rounds.iter().map(|round| round.problems.as_str()).collect();
    figure
}
