//! `daybook accept-time`

use clap::Args;
use daybook_proto::v1;

use super::Session;
use crate::cli::CommandArgs;
use crate::failure::Failure;
use crate::output::ReceiptView;

/// Flags of `accept-time`.
#[derive(Debug, Args)]
pub(crate) struct AcceptTimeArgs {
    /// The event that has the time: the position that refused commands name.
    #[arg(value_name = "POSITION")]
    position: i64,
    #[command(flatten)]
    command: CommandArgs,
}

/// Accepts it.
pub(crate) async fn run(session: &Session, args: AcceptTimeArgs) -> Result<(), Failure> {
    let AcceptTimeArgs { position, command } = args;
    let context = command.context();
    if context.reason.is_empty() {
        return Err(Failure::Usage("say why with --reason: it is kept with the event".to_owned()));
    }
    let request = v1::AcceptLogTimeRequest { context: Some(context), position };
    let receipt = session.command.accept_log_time(&session.globals.actor()?, request).await?;
    Ok(session.printer.record(&ReceiptView::from(receipt))?)
}
