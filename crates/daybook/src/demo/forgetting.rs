//! The end of the story: she who is forgotten, and whose money stays accounted for.

use anyhow::{Context as _, ensure};
use daybook_proto::v1;

use super::story::ALICE;
use crate::client::{CommandClient, QueryClient};
use crate::failure::Failure;
use crate::output::{AccountView, EntryView, Printer};

/// Has Alice forgotten, and shows what is left of her account: every cent, and nothing that was said.
pub(crate) async fn forget(
    command: &CommandClient,
    query: &QueryClient,
    printer: Printer,
) -> Result<(), Failure> {
    printer.say(
        "\n9. Alice leaves, and asks to be forgotten. The key of her name and of every reason given about her is destroyed;\n   \
         who did what, when and how much stays, and so does every byte of the log:\n",
    )?;
    let request = v1::ForgetSubjectRequest {
        context: Some(v1::CommandContext {
            reason: "asked by letter".to_owned(),
            ..Default::default()
        }),
        subject_id: ALICE.to_owned(),
    };
    let actor = "data-protection".parse().map_err(anyhow::Error::msg)?;
    let min_position = command.forget(&actor, request).await?.position;
    let account_id = ALICE.to_owned();
    let question = v1::GetAccountRequest { account_id: account_id.clone(), min_position };
    let account = query.account(&question).await?.account.context("Alice's account")?;
    let question = v1::GetStatementRequest { account_id, min_position, ..Default::default() };
    let statement = query.statement(&question).await?;
    let check = || -> anyhow::Result<()> {
        let said = statement.entries.iter().any(|entry| !entry.reason.is_empty());
        ensure!(account.owner.is_empty() && !said, "something that was said is still there");
        ensure!(account.balance_minor_units == 23_750, "the balance must still be $237.50");
        Ok(())
    };
    check()?;
    printer.record(&AccountView::from(account))?;
    printer.say("")?;
    let entry = |entry| EntryView::new(entry, &statement.currency);
    Ok(printer.rows(&statement.entries.into_iter().map(entry).collect::<Vec<_>>())?)
}
