//! `daybook state STREAM`

use clap::Args;
use daybook_proto::v1;
use v1::get_aggregate_at_request::At;

use super::Session;
use super::explain::MomentArgs;
use crate::cli::QueryArgs;
use crate::failure::Failure;
use crate::output::StateView;

/// Flags of `state`.
#[derive(Debug, Args)]
pub(crate) struct StateArgs {
    /// The stream's id, such as account-alice or transfer-42.
    stream: String,
    #[command(flatten)]
    moment: MomentArgs,
    #[command(flatten)]
    query: QueryArgs,
}

/// Prints the state of a stream.
pub(crate) async fn run(session: &Session, args: StateArgs) -> Result<(), Failure> {
    let MomentArgs { at, version, position } = args.moment;
    let moment = at.map(At::Time).or(version.map(At::Version)).or(position.map(At::Position));
    let fresh = session.freshness(&args.query).await?;
    let question = v1::GetAggregateAtRequest {
        stream_id: args.stream.clone(),
        at: moment,
        min_position: fresh.min_position,
    };
    let state = session.query.aggregate_at(&question).await?;
    session.show(&StateView::new(args.stream, state), fresh.head.max(fresh.min_position)).await
}
