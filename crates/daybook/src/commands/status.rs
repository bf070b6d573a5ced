//! `daybook status`

use clap::Args;
use daybook_proto::v1;

use super::Session;
use crate::failure::Failure;
use crate::output::ProjectionView;

/// Flags of `status`.
#[derive(Debug, Args)]
pub(crate) struct StatusArgs {
    /// Only this projection. Default: all.
    projection: Option<String>,
}

/// Prints how far each projection is, and why one stopped.
pub(crate) async fn run(session: &Session, args: StatusArgs) -> Result<(), Failure> {
    let question =
        v1::GetProjectionStatusRequest { projection: args.projection.unwrap_or_default() };
    let answer = session.query.status(&question).await?;
    session.printer.say(&format!("log {}, head {}", answer.log_id, answer.head))?;
    let view = |status| ProjectionView::new(status, answer.head);
    let rows: Vec<_> = answer.projections.into_iter().map(view).collect();
    session.printer.rows(&rows)?;
    for stop in rows.iter().flat_map(ProjectionView::stops) {
        session.printer.say(&stop)?;
    }
    Ok(())
}
