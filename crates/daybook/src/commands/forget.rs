//! `daybook forget`

use clap::Args;
use daybook_proto::v1;

use super::Session;
use crate::cli::CommandArgs;
use crate::failure::Failure;
use crate::output::ReceiptView;

/// Flags of `forget`.
#[derive(Debug, Args)]
pub(crate) struct ForgetArgs {
    /// Whom: the id of the account that they hold.
    subject: String,
    /// Yes, for ever.
    #[arg(long)]
    yes: bool,
    #[command(flatten)]
    command: CommandArgs,
}

/// Has a person forgotten.
pub(crate) async fn run(session: &Session, args: ForgetArgs) -> Result<(), Failure> {
    let ForgetArgs { subject, yes, command } = args;
    let context = command.context();
    if context.reason.is_empty() {
        let what =
            "say why with --reason: it is kept with the act, readable, so do not name them in it";
        return Err(Failure::Usage(what.to_owned()));
    }
    if !yes {
        return Err(Failure::Usage(format!(
            "the name on account `{subject}`, and every reason given for what happened on it, would be gone for ever, and \
             nothing brings them back: repeat it with --yes"
        )));
    }
    let request = v1::ForgetSubjectRequest { context: Some(context), subject_id: subject };
    let receipt = session.command.forget(&session.globals.actor()?, request).await?;
    session.remember(&receipt.log_history, receipt.position);
    Ok(session.printer.record(&ReceiptView::from(receipt))?)
}
