//! Runs the loads of a phase in turn, round after round, and judges them.

use anyhow::Context;

use super::Effort;
use super::figure::{Figure, Target, Verdict};
use super::lines::{self, Against, Line, Phase};
use crate::bench::load;
use crate::bench::processes::cores_of_others;
use crate::bench::report::{Round, median, medians, problems};
use crate::bench::site::Site;
use crate::bench::tally::Latencies;
use crate::failure::Failure;
use crate::output::note;

/// One caller may also be so much slower than a bare INSERT, in milliseconds, whatever the ratio.
const ALONE_MS_MORE: f64 = 0.3;

/// All rounds of a phase.
pub(super) async fn run(
    site: &mut Site,
    phase: Phase,
    effort: Effort,
) -> Result<Vec<Figure>, Failure> {
    let lines = lines::of(phase, effort);
    let mut rounds: Vec<Vec<Round>> = vec![Vec::new(); lines.len()];
    for number in 1..=effort.rounds {
        for (line, rounds) in lines.iter().zip(&mut rounds) {
            let (round, _) = site.round(&line.load, number).await?;
            tell(line, &round, effort);
            rounds.push(round);
        }
    }
    let first = rounds.first().cloned().unwrap_or_default();
    let figures = lines.iter().zip(&rounds);
    Ok(figures.filter_map(|(line, rounds)| figure(line, rounds, &first, phase, effort)).collect())
}

fn tell(line: &Line, round: &Round, effort: Effort) {
    let reference = round.reference.as_ref().map_or(0.0, |reference| reference.rate);
    let behind = round.catch_up_seconds.map_or_else(String::new, |s| format!(", behind {s:.1} s"));
    note(&format!(
        "round {} of {}: {}: {:.0}/s, p50 {:.2} ms, p99 {:.2} ms{behind}; reference {reference:.0}/s, \
         disk {:.0} syncs/s, others {:.2} cores\n{}",
        round.round,
        effort.rounds,
        line.what,
        round.rate,
        round.latencies.p50_ms,
        round.latencies.p99_ms,
        round.disk.syncs_per_second,
        cores_of_others(&round.processes),
        problems(round),
    ));
}

fn figure(
    line: &Line,
    rounds: &[Round],
    first: &[Round],
    phase: Phase,
    effort: Effort,
) -> Option<Figure> {
    let middle = medians(rounds)?;
    let rate = |round: &Round| round.sustained_rate(effort.duration.as_secs_f64());
    let pairs = rounds.iter().zip(first);
    let ratios = pairs.filter_map(|(round, first)| match line.against {
        Against::Reference => Some(rate(round) / round.reference.as_ref()?.rate),
        Against::First => Some(rate(round) / rate(first)),
    });
    let ratio = median(ratios.collect());
    let to = match line.against {
        Against::Reference => "reference",
        Against::First => "64 callers",
    };
    let (must, aim) = words(line.target);
    Some(Figure {
        what: line.what.to_owned(),
        projector: phase == Phase::WithProjector,
        measured: measured(&middle, rounds, rate),
        ratio: Some(ratio),
        to,
        must,
        aim,
        verdict: line.target.judge(ratio),
        problems: problems(&middle),
    })
}

fn measured(middle: &Round, rounds: &[Round], rate: impl Fn(&Round) -> f64) -> String {
    let Latencies { p50_ms, p99_ms, .. } = middle.latencies;
    let sustained = median(rounds.iter().map(rate).collect());
    let references = rounds.iter().filter_map(|round| Some(round.reference.as_ref()?.rate));
    let reference = median(references.collect());
    let mut text = format!("{sustained:.0}/s, p50 {p50_ms:.2} ms, p99 {p99_ms:.2} ms");
    if let Some(behind) = middle.catch_up_seconds.filter(|seconds| *seconds >= 0.5) {
        text.push_str(&format!(", accepted {:.0}/s, then behind {behind:.1} s", middle.rate));
    }
    text.push_str(&format!("; reference {reference:.0}/s"));
    text
}

fn words(target: Target) -> (String, String) {
    match target {
        Target::AtLeast { must, aim } => (format!("≥ {must}"), format!("≥ {aim}")),
        Target::AtMost { must, aim } => (format!("≤ {must}"), format!("≤ {aim}")),
        Target::None => (String::new(), String::new()),
    }
}

/// A caller with one thing to do at a time needs one thread; a second only makes the two wake each other.
fn on_one_thread<F: Future>(future: F) -> anyhow::Result<F::Output> {
    tokio::task::block_in_place(|| {
        let mut builder = tokio::runtime::Builder::new_current_thread();
        let runtime = builder.enable_all().build().context("start a runtime")?;
        Ok(runtime.block_on(future))
    })
}

/// One caller alone, against one connection that INSERTs and commits; both on one thread of the bench.
pub(super) async fn one_caller(site: &mut Site, effort: Effort) -> Result<Figure, Failure> {
    let load = lines::alone(effort);
    let (mut ours, mut bare, mut trouble) = (Vec::new(), Vec::new(), String::new());
    for _ in 0..effort.rounds {
        let alternate = site.reference.as_mut().context("there is no reference")?;
        bare.push(on_one_thread(alternate.reference.alone(effort.reference))??.p50_ms);
        let outcome = on_one_thread(load::run(&site.command_url, &load))??;
        ours.push(Latencies::of(&outcome.tally.latencies).p50_ms);
        if !outcome.tally.failed.is_empty() || !outcome.tally.refused.is_empty() {
            trouble = format!("{:?} {:?}", outcome.tally.refused, outcome.tally.failed);
        }
    }
    let ratio = median(ours.iter().zip(&bare).map(|(ours, bare)| ours / bare).collect());
    let more = median(ours.iter().zip(&bare).map(|(ours, bare)| ours - bare).collect());
    let target = Target::AtMost { must: 1.6, aim: 1.3 };
    let verdict = match target.judge(ratio) {
        Verdict::Missed if more <= ALONE_MS_MORE => Verdict::Met,
        verdict => verdict,
    };
    let measured = format!(
        "p50 {:.3} ms; a bare INSERT {:.3} ms ({more:+.3} ms)",
        median(ours.clone()),
        median(bare.clone()),
    );
    Ok(Figure {
        what: "deposit, one caller, p50".to_owned(),
        projector: false,
        measured,
        ratio: Some(ratio),
        to: "bare INSERT",
        must: format!("≤ 1.6 or + {ALONE_MS_MORE} ms"),
        aim: "≤ 1.3".to_owned(),
        verdict,
        problems: trouble,
    })
}
