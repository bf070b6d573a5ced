//! The loads of the table, and what is asked of them.

use super::Effort;
use super::figure::Target;
use crate::bench::{Choice, Load, Mode, Workload};

/// Accounts that the load is spread over.
pub(super) const ACCOUNTS: u32 = 10_000;

/// Whether the read models have to keep up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    WithProjector,
    WithoutProjector,
}

/// What a line's rate is compared with.
#[derive(Debug, Clone, Copy)]
pub(super) enum Against {
    /// The reference right before it.
    Reference,
    /// The first line of the same phase, in the same round.
    First,
}

/// One load.
#[derive(Debug, Clone)]
pub(super) struct Line {
    pub(super) what: &'static str,
    pub(super) load: Load,
    pub(super) against: Against,
    pub(super) target: Target,
}

/// The lines of a phase. Targets are asked of the write side by itself; of the read models it is asked that they keep up
/// with the usual load.
pub(super) fn of(phase: Phase, effort: Effort) -> Vec<Line> {
    let of_phase = |without: Target, with: Target| match phase {
        Phase::WithoutProjector => without,
        Phase::WithProjector => with,
    };
    let least = |must: f64, aim: f64| Target::AtLeast { must, aim };
    let usual = Load {
        callers: 64,
        connections: 8,
        mode: Mode::Unary,
        rate: None,
        workload: Workload::Deposits,
        accounts: ACCOUNTS,
        choice: Choice::Uniform,
        warm_up: effort.warm_up,
        duration: effort.duration,
        seed: 1,
    };
    let line = |what, load, against, target| Line { what, load, against, target };
    vec![
        line(
            "deposit, 64 callers",
            usual.clone(),
            Against::Reference,
            of_phase(least(0.8, 1.0), least(0.55, 0.75)),
        ),
        line(
            "deposit, 256 callers",
            Load { callers: 256, ..usual.clone() },
            Against::First,
            of_phase(least(1.0, 1.0), Target::None),
        ),
        line(
            "deposit, 64 callers, one account",
            Load { choice: Choice::Hot, ..usual.clone() },
            Against::First,
            of_phase(least(0.9, 1.0), Target::None),
        ),
        line(
            "deposit, streaming 8 x 64",
            Load { callers: 512, mode: Mode::Streaming, ..usual.clone() },
            Against::Reference,
            of_phase(least(2.0, 3.5), Target::None),
        ),
        line(
            "transfer, 64 callers",
            Load { workload: Workload::Transfers, ..usual },
            Against::Reference,
            of_phase(least(0.2, 0.3), Target::None),
        ),
    ]
}

/// One caller alone.
pub(super) fn alone(effort: Effort) -> Load {
    let usual = of(Phase::WithoutProjector, effort).swap_remove(0).load;
    Load { callers: 1, connections: 1, ..usual }
}
