//! `daybook projection retry|skip`

use clap::{Args, Subcommand};
use daybook_proto::v1;

use super::Session;
use crate::cli::CommandArgs;
use crate::client::Command;
use crate::failure::Failure;

/// What to do about an event at which a projection stopped.
#[derive(Debug, Subcommand)]
pub(crate) enum ProjectionVerb {
    /// Try the event again at which a partition stopped: its cause was mended. Needs --reason.
    Retry(EventArgs),
    /// Permit to leave an event out where it cannot be applied: now, and in every rebuild. What can be applied is applied
    /// all the same. It cannot be taken back. Needs --reason.
    Skip(EventArgs),
}

/// Flags of both.
#[derive(Debug, Args)]
pub(crate) struct EventArgs {
    /// The projection's name, as `daybook projections` shows it.
    projection: String,
    /// The event's partition.
    #[arg(long, value_name = "NUMBER")]
    partition: i32,
    /// The event's position in the log.
    #[arg(long, value_name = "POSITION")]
    position: i64,
    /// Do not ask first whether the projection stands at this event. What was applied already stays in the rows.
    #[arg(long)]
    unchecked: bool,
    #[command(flatten)]
    command: CommandArgs,
}

/// Sends the decision about a dead letter.
pub(crate) async fn run(session: &Session, verb: ProjectionVerb) -> Result<(), Failure> {
    let (ProjectionVerb::Retry(args) | ProjectionVerb::Skip(args)) = &verb;
    if args.command.context().reason.is_empty() {
        return Err(Failure::Usage("say why with --reason: it is kept with the event".to_owned()));
    }
    if !args.unchecked {
        check_stands(session, args).await?;
    }
    session.execute(command(verb)).await
}

fn command(verb: ProjectionVerb) -> Command {
    match verb {
        ProjectionVerb::Retry(EventArgs { projection, partition, position, command, .. }) => {
            let context = Some(command.context());
            Command::RetryProjectionEvent(v1::RetryProjectionEventRequest {
                context,
                projection,
                partition,
                position,
            })
        }
        ProjectionVerb::Skip(EventArgs { projection, partition, position, command, .. }) => {
            let context = Some(command.context());
            Command::SkipProjectionEvent(v1::SkipProjectionEventRequest {
                context,
                projection,
                partition,
                position,
            })
        }
    }
}

/// A slip of the finger would do nothing and say that it did.
async fn check_stands(session: &Session, args: &EventArgs) -> Result<(), Failure> {
    let question = v1::GetProjectionStatusRequest { projection: args.projection.clone() };
    let answer = session.query.projections(&question).await?;
    let stops: Vec<(i32, i64)> = answer
        .projections
        .iter()
        .flat_map(|projection| &projection.partitions)
        .filter_map(|partition| Some((partition.partition, partition.stop.as_ref()?.position)))
        .collect();
    let EventArgs { projection, partition, position, .. } = args;
    if stops.contains(&(*partition, *position)) {
        return Ok(());
    }
    let stops: Vec<String> =
        stops.iter().map(|(p, at)| format!("--partition {p} --position {at}")).collect();
    let stands = if stops.is_empty() { "nowhere".to_owned() } else { stops.join(", ") };
    Err(Failure::Other(anyhow::anyhow!(
        "`{projection}` does not stand at position {position} in partition {partition}; it stands: {stands} \
         (--unchecked sends the command all the same)"
    )))
}
