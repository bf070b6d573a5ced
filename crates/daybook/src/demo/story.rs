//! The story: five hundred dollars, and who may do what with them.
//!
//! Every step says what happens and checks that it did; a step that comes out otherwise ends the demonstration.

use anyhow::{Context, ensure};
use daybook_bank::money::Currency;
use daybook_proto::v1;
use tonic::Code;

use super::Standing;
use crate::client::{Actor, CallError, Command, CommandClient, ExpectedVersion, QueryClient};
use crate::failure::Failure;
use crate::output::{AccountView, EntryView, EventView, Printer, amount_text, describe};

pub(super) const ALICE: &str = "alice";
const BOB: &str = "bob";

/// Tells the story on the services given. Returns what stands on its accounts at the end.
pub(crate) async fn tell(
    command: &CommandClient,
    query: &QueryClient,
    printer: Printer,
) -> Result<Vec<(String, Standing)>, Failure> {
    let teller = Teller { command, query, printer };
    teller.opening().await?;
    teller.transfer().await?;
    teller.fee().await?;
    let position = teller.refund().await?;
    teller.papers(position).await?;
    teller.two_at_once(position).await?;
    let currency: Currency = "USD".parse().context("the story's currency")?;
    let stands = |balance| Standing { currency, balance, held: 0 };
    Ok(vec![(ALICE.to_owned(), stands(23_750)), (BOB.to_owned(), stands(20_000))])
}

struct Teller<'a> {
    command: &'a CommandClient,
    query: &'a QueryClient,
    printer: Printer,
}

impl Teller<'_> {
    async fn opening(&self) -> Result<(), Failure> {
        self.printer.say("1. Alice opens an account and gets $500.00; Bob opens one, too.")?;
        for (account_id, owner) in [(ALICE, "Alice Almeida"), (BOB, "Bob Brandt")] {
            let open = v1::OpenAccountRequest {
                context: because("new customer"),
                account_id: account_id.to_owned(),
                owner: owner.to_owned(),
                currency: "USD".to_owned(),
                overdraft_limit_minor_units: 0,
            };
            self.done("registry", Command::OpenAccount(open)).await?;
        }
        let deposit = v1::DepositRequest {
            context: because("salary"),
            account_id: ALICE.to_owned(),
            amount: dollars(50_000),
        };
        self.done("teller-tom", Command::Deposit(deposit)).await?;
        Ok(())
    }

    async fn transfer(&self) -> Result<(), Failure> {
        self.printer.say(
            "\n2. Ann asks for a transfer of $200.00 from Alice to Bob. The money is held at once.",
        )?;
        self.done("ann", initiate("rent-1", 20_000, because("rent for November"))).await?;
        self.printer.say("   Ann approves it herself, which must not be:")?;
        self.refused("ann", approve("rent-1"), Code::FailedPrecondition).await?;
        self.printer.say("   Ben approves it, and it is executed.")?;
        self.done("ben", approve("rent-1")).await?;
        let execute = v1::ExecuteTransferRequest {
            context: because("due today"),
            transfer_id: "rent-1".to_owned(),
        };
        self.done("night-run", Command::ExecuteTransfer(execute)).await?;
        Ok(())
    }

    async fn fee(&self) -> Result<(), Failure> {
        self.printer.say("\n3. A fee of $12.50 is charged.")?;
        let fee = v1::ChargeFeeRequest {
            context: because("monthly fee"),
            account_id: ALICE.to_owned(),
            amount: dollars(1_250),
        };
        self.done("billing", Command::ChargeFee(fee)).await?;
        Ok(())
    }

    async fn refund(&self) -> Result<i64, Failure> {
        self.printer.say("\n4. $50.00 go back to a customer. The answer gets lost, so the same command is sent again:")?;
        let mut context = because("returned goods").unwrap_or_default();
        context.command_id = "refund-4711".to_owned();
        let refund = Command::Refund(v1::RefundRequest {
            context: Some(context),
            account_id: ALICE.to_owned(),
            amount: dollars(5_000),
            customer: "Carol Çelik".to_owned(),
        });
        let first = self.done("support-sue", refund.clone()).await?;
        let second = self.done("support-sue", refund).await?;
        let once = second.replayed && second.position == first.position;
        ensure_told(once, "the same command sent twice must have one effect and one receipt")?;
        self.printer
            .say("   Sent twice, it had its effect once: both answers are the same receipt.")?;
        Ok(first.position)
    }

    async fn papers(&self, min_position: i64) -> Result<(), Failure> {
        let account = self.account(ALICE, min_position).await?;
        let balance = amount_text(account.balance_minor_units, &account.currency);
        ensure_told(account.balance_minor_units == 23_750, "the balance must be $237.50")?;
        self.printer.say(&format!(
            "\n5. The balance is ${balance}, and every cent has a who, a when and a why.\n"
        ))?;
        self.printer.record(&AccountView::from(account))?;
        self.printer.say("\n   Alice's statement:\n")?;
        let question = v1::GetStatementRequest {
            account_id: ALICE.to_owned(),
            min_position,
            ..Default::default()
        };
        let statement = self.query.statement(&question).await?;
        let entry = |entry| EntryView::new(entry, &statement.currency);
        let entries: Vec<_> = statement.entries.into_iter().map(entry).collect();
        self.printer.rows(&entries)?;
        self.printer
            .say("\n   The events that it was made from, as they stand in the log for ever:\n")?;
        let question = v1::GetEventHistoryRequest {
            stream_id: format!("account-{ALICE}"),
            ..Default::default()
        };
        let history = self.query.history(&question).await?;
        let events: Vec<_> = history.events.into_iter().map(EventView::from).collect();
        Ok(self.printer.rows(&events)?)
    }

    /// Two people act on what they saw; only one of them saw the truth when it was decided.
    async fn two_at_once(&self, min_position: i64) -> Result<(), Failure> {
        let seen = self.account(ALICE, min_position).await?.version;
        self.printer.say(&format!("\n6. Ann and Ben both see Alice's account at version {seen}. Ann is first with a transfer of $10.00:"))?;
        let receipt = self.done("ann", initiate("gift-1", 1_000, expecting(seen))).await?;
        self.printer.say(&format!("   Ben's still expects version {seen}, and is refused rather than decided on a stale view:"))?;
        self.refused("ben", initiate("gift-2", 1_000, expecting(seen)), Code::Aborted).await?;
        let now = self.account(ALICE, receipt.position).await?.version;
        self.printer.say(&format!("   He reads again, sees version {now}, and succeeds:"))?;
        self.done("ben", initiate("gift-2", 1_000, expecting(now))).await?;
        self.printer.say("   Both transfers are called off, which lets the held money go.")?;
        for (actor, transfer) in [("ann", "gift-1"), ("ben", "gift-2")] {
            let cancel = v1::CancelTransferRequest {
                context: because("only a demonstration"),
                transfer_id: transfer.to_owned(),
            };
            self.done(actor, Command::CancelTransfer(cancel)).await?;
        }
        Ok(())
    }

    async fn account(&self, id: &str, min_position: i64) -> Result<v1::Account, Failure> {
        let question = v1::GetAccountRequest { account_id: id.to_owned(), min_position };
        Ok(self.query.account(&question).await?.account.unwrap_or_default())
    }

    async fn done(&self, actor: &str, command: Command) -> Result<v1::Receipt, Failure> {
        let name = command.name();
        let receipt = self.command.send(&named(actor)?, command).await?;
        self.printer
            .say(&format!("   {actor}: {name} → recorded at position {}", receipt.position))?;
        Ok(receipt)
    }

    async fn refused(&self, actor: &str, command: Command, code: Code) -> Result<(), Failure> {
        let name = command.name();
        match self.command.send(&named(actor)?, command).await {
            Err(CallError::Refused(status)) if status.code() == code => Ok(self
                .printer
                .say(&format!("   {actor}: {name} → refused: {}", describe(&status)))?),
            Err(other) => Err(other.into()),
            Ok(_) => Err(anyhow::anyhow!("{name} by {actor} should have been refused").into()),
        }
    }
}

fn named(actor: &str) -> Result<Actor, Failure> {
    actor.parse().map_err(|problem| Failure::Other(anyhow::Error::msg(problem)))
}

fn dollars(minor_units: i64) -> Option<v1::Money> {
    Some(v1::Money { minor_units, currency: "USD".to_owned() })
}

fn because(reason: &str) -> Option<v1::CommandContext> {
    Some(v1::CommandContext { reason: reason.to_owned(), ..Default::default() })
}

fn expecting(version: i64) -> Option<v1::CommandContext> {
    let mut context = because("a gift")?;
    context.expected_version = Some(ExpectedVersion::Exact(version).into());
    Some(context)
}

fn initiate(id: &str, minor_units: i64, context: Option<v1::CommandContext>) -> Command {
    Command::InitiateTransfer(v1::InitiateTransferRequest {
        context,
        source_account_id: ALICE.to_owned(),
        transfer_id: id.to_owned(),
        destination_account_id: BOB.to_owned(),
        amount: dollars(minor_units),
    })
}

fn approve(id: &str) -> Command {
    let context = because("checked against the invoice");
    Command::ApproveTransfer(v1::ApproveTransferRequest { context, transfer_id: id.to_owned() })
}

fn ensure_told(holds: bool, what: &'static str) -> Result<(), Failure> {
    let check = || -> anyhow::Result<()> {
        ensure!(holds, what);
        Ok(())
    };
    Ok(check()?)
}
