//! The content hash of every command, byte for byte: a hash that changes turns retries into COMMAND_ID_REUSED.

use daybook_bank::BankCommand;
use daybook_bank::account::{AccountCommand, AccountId};
use daybook_bank::money::Money;
use daybook_bank::transfer::{TransferCommand, TransferId};
use daybook_core::clock::ClockCommand;
use daybook_core::ids::{Actor, Position, Version};
use daybook_core::partition::Partition;
use daybook_core::personal::Personal;
use daybook_core::projection::{EventPlace, ProjectionCommand, ProjectionName};
use daybook_core::stream::ExpectedVersion;
use daybook_core::subject::{SubjectCommand, SubjectId, erasure_streams};
use daybook_core::system::SystemCommand;
use daybook_core::testing::assert_pinned;
use daybook_decider::content_hash::{content, content_hash};
use daybook_domains::DaybookCommand;
use time::macros::datetime;

fn account_commands() -> Vec<AccountCommand> {
    let account_id = AccountId::new("alice").unwrap();
    let account_id = || account_id.clone();
    let amount = Money::new(1_250, "USD".parse().unwrap());
    let owner = Personal::new("Alice \"Áñez\"\\").unwrap();
    let customer = Personal::new("Zoë").unwrap();
    let (currency, overdraft_limit) = ("JPY".parse().unwrap(), 5_000);
    vec![
        AccountCommand::OpenAccount { account_id: account_id(), owner, currency, overdraft_limit },
        AccountCommand::Deposit { account_id: account_id(), amount },
        AccountCommand::Withdraw { account_id: account_id(), amount },
        AccountCommand::ChargeFee { account_id: account_id(), amount },
        AccountCommand::Refund { account_id: account_id(), amount, customer },
        AccountCommand::FreezeAccount { account_id: account_id() },
        AccountCommand::UnfreezeAccount { account_id: account_id() },
        AccountCommand::CloseAccount { account_id: account_id() },
    ]
}

fn transfer_commands() -> Vec<TransferCommand> {
    let transfer_id = || TransferId::new("t-1").unwrap();
    let account = |id| AccountId::new(id).unwrap();
    vec![
        TransferCommand::InitiateTransfer {
            source: account("alice"),
            transfer_id: transfer_id(),
            destination: account("bob"),
            amount: Money::new(i64::MAX, "EUR".parse().unwrap()),
        },
        TransferCommand::ApproveTransfer { transfer_id: transfer_id() },
        TransferCommand::RejectTransfer { transfer_id: transfer_id() },
        TransferCommand::CancelTransfer { transfer_id: transfer_id() },
        TransferCommand::ExecuteTransfer { transfer_id: transfer_id() },
    ]
}

fn system_commands() -> Vec<SystemCommand> {
    let projection = || ProjectionName::new("accounts").unwrap();
    let event = EventPlace { partition: Partition(7), position: Position::new(1_204).unwrap() };
    let subject_id = || SubjectId::new("alice").unwrap();
    let erased = |count| {
        let erasure_streams = erasure_streams(count);
        SubjectCommand::RecordErasure { subject_id: subject_id(), erasure_streams }
    };
    let accepted =
        |recorded_at| ClockCommand::AcceptTime { position: Position::new(3).unwrap(), recorded_at };
    vec![
        ProjectionCommand::SkipEvent { projection: projection(), event }.into(),
        ProjectionCommand::RetryEvent { projection: projection(), event }.into(),
        SubjectCommand::ForgetSubject { subject_id: subject_id() }.into(),
        erased(1).into(),
        erased(2).into(),
        accepted(datetime!(2026-11-23 10:00:00 UTC)).into(),
        accepted(datetime!(2026-11-23 10:00:00.120 UTC)).into(),
        accepted(datetime!(2026-11-23 10:00:00.123456 UTC)).into(),
    ]
}

/// Every command that there is; then one with each expected version, and with names that JSON has to escape.
fn contents() -> Vec<(DaybookCommand, ExpectedVersion, &'static str)> {
    let accounts = account_commands().into_iter().map(BankCommand::from);
    let transfers = transfer_commands().into_iter().map(BankCommand::from);
    let of_bank = accounts.chain(transfers).map(DaybookCommand::from);
    let all = of_bank.chain(system_commands().into_iter().map(DaybookCommand::from));
    let mut contents: Vec<_> =
        all.map(|command| (command, ExpectedVersion::Any, "teller")).collect();
    let account_id = || AccountId::new("A.b_c:d-9").unwrap();
    let of_account = |command| DaybookCommand::from(BankCommand::Account(command));
    let close = || of_account(AccountCommand::CloseAccount { account_id: account_id() });
    let exact = |version| ExpectedVersion::Exact(Version::new(version).unwrap());
    let versions =
        [ExpectedVersion::NoStream, ExpectedVersion::StreamExists, exact(1), exact(i64::MAX)];
    contents.extend(versions.map(|expected| (close(), expected, "teller")));
    let actors = ["a", "spiffe://bank/teller", "Zoë \"x\" \\ /", "ines@example.com"];
    contents.extend(actors.map(|actor| (close(), ExpectedVersion::Any, actor)));
    let overdraft_limit = 0;
    let (owner, currency) = (Personal::new("a").unwrap(), "USD".parse().unwrap());
    let open =
        AccountCommand::OpenAccount { account_id: account_id(), owner, currency, overdraft_limit };
    contents.push((of_account(open), ExpectedVersion::NoStream, "teller"));
    contents
}

#[test]
fn g5_a_command_has_the_content_hash_that_it_ever_had() {
    let written: Vec<_> = contents()
        .into_iter()
        .map(|(command, expected, actor)| {
            let actor = Actor::new(actor).unwrap();
            let text = String::from_utf8(content(&command, expected, &actor).unwrap()).unwrap();
            let hash = content_hash(&command, expected, &actor).unwrap();
            let hex: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
            format!("{hex} {text}")
        })
        .collect();
    let pinned = include_str!("../../golden/content_hashes.txt");
    assert_pinned("golden/content_hashes.txt", pinned, &written);
}
