//! `daybook projections`

use std::io::IsTerminal as _;
use std::time::Duration;

use clap::Args;
use daybook_proto::v1;
use time::OffsetDateTime;
use tokio::time::{MissedTickBehavior, interval};

use super::{Interrupts, Session};
use crate::failure::Failure;
use crate::output::{PartitionView, ProjectionView};

/// Flags of `projections`.
#[derive(Debug, Args)]
pub(crate) struct ProjectionsArgs {
    /// Only this projection. Default: all.
    projection: Option<String>,

    /// Show each partition: its lag, and which projector works on it. (--json always has both.)
    #[arg(long)]
    partitions: bool,

    /// Show it again and again, until Ctrl-C: on a terminal in place, elsewhere a line a projection.
    #[arg(long)]
    watch: bool,

    /// With --watch: how often, in seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 1, requires = "watch")]
    #[arg(value_parser = clap::value_parser!(u64).range(1..=3600))]
    every: u64,
}

/// Prints how far each projection is, who works on it, and why one stopped.
pub(crate) async fn run(session: &Session, args: ProjectionsArgs) -> Result<(), Failure> {
    if !args.watch {
        let answer = ask(session, &args).await?;
        let mut partitions = answer.projections.iter().flat_map(|one| &one.partitions);
        let is_stopped = partitions.any(|partition| partition.stop.is_some());
        show(session, &args, answer)?;
        return if is_stopped { Err(Failure::Found) } else { Ok(()) };
    }
    let mut interrupts = Interrupts::listen()?;
    let mut ticks = interval(Duration::from_secs(args.every));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let in_place = !session.printer.json && std::io::stdout().is_terminal();
    loop {
        tokio::select! {
            () = interrupts.next() => return Ok(()),
            _ = ticks.tick() => {}
        }
        let answer = tokio::select! {
            () = interrupts.next() => return Ok(()),
            answer = ask(session, &args) => answer?,
        };
        if in_place {
            session.printer.begin_screen()?;
            show(session, &args, answer)?;
        } else if session.printer.json {
            show(session, &args, answer)?;
        } else {
            show_lines(session, answer)?;
        }
    }
}

async fn ask(
    session: &Session,
    args: &ProjectionsArgs,
) -> Result<v1::GetProjectionStatusResponse, Failure> {
    let projection = args.projection.clone().unwrap_or_default();
    Ok(session.query.projections(&v1::GetProjectionStatusRequest { projection }).await?)
}

fn show(
    session: &Session,
    args: &ProjectionsArgs,
    answer: v1::GetProjectionStatusResponse,
) -> Result<(), Failure> {
    session.printer.say(&format!("log {}, head {}", answer.log_id, answer.head))?;
    let view = |status| ProjectionView::new(status, answer.head);
    let projections: Vec<_> = answer.projections.into_iter().map(view).collect();
    session.printer.rows(&projections)?;
    if args.partitions && !session.printer.json {
        session.printer.say("")?;
        let partitions = projections.iter().flat_map(ProjectionView::partitions);
        session.printer.rows(&partitions.collect::<Vec<PartitionView>>())?;
    }
    for said in projections.iter().flat_map(|one| one.rebuild().into_iter().chain(one.stops())) {
        session.printer.say(&said)?;
    }
    Ok(())
}

fn show_lines(session: &Session, answer: v1::GetProjectionStatusResponse) -> Result<(), Failure> {
    let at = OffsetDateTime::now_utc().unix_timestamp();
    for status in answer.projections {
        let view = ProjectionView::new(status, answer.head);
        session.printer.say(&format!("{at} {}", view.line()))?;
    }
    Ok(())
}
