//! The spine: a command becomes a committed event, the event a row, the row an answer.

use daybook_proto::v1 as proto;
use tonic::Code;

use crate::fold::{assert_read_models_equal_the_fold, assert_the_log_is_whole};
use crate::world::{World, approve, by, deposit, execute, initiate, open, withdraw};

#[tokio::test]
async fn g9_an_answer_reflects_the_receipt_that_it_was_asked_for() {
    let mut world = World::new().await;
    world.command.open_account(by("alice", open("a"))).await.unwrap();
    for cents in 1..=50 {
        let paid = world.command.deposit(by("alice", deposit("a", cents))).await.unwrap();
        let position = paid.into_inner().receipt.unwrap().position;
        let request =
            proto::GetAccountRequest { account_id: "a".to_owned(), min_position: position };
        let answer = world.query.get_account(request).await.unwrap().into_inner();
        assert_eq!(answer.account.unwrap().balance_minor_units, cents * (cents + 1) / 2);
        assert!(answer.checkpoint >= position);
    }
}

#[tokio::test]
async fn a_transfer_by_two_people_can_be_read_back_step_by_step() {
    let mut world = World::new().await;
    world.open_accounts(2).await;
    world.command.initiate_transfer(by("ines", initiate("t", "a0", "a1", 20_000))).await.unwrap();
    let own = world.command.approve_transfer(by("ines", approve("t"))).await.unwrap_err();
    assert_eq!(own.code(), Code::FailedPrecondition);
    world.command.approve_transfer(by("otto", approve("t"))).await.unwrap();
    let done = world.command.execute_transfer(by("ines", execute("t"))).await.unwrap();
    let receipt = done.into_inner().receipt.unwrap();
    assert_eq!(receipt.streams.len(), 3, "transfer, source, destination");

    let request =
        proto::GetTransferRequest { transfer_id: "t".to_owned(), min_position: receipt.position };
    let transfer = world.query.get_transfer(request).await.unwrap().into_inner().transfer.unwrap();
    let steps: Vec<_> = transfer.steps.iter().map(|s| (s.status(), s.actor.as_str())).collect();
    assert_eq!(
        steps,
        [
            (proto::TransferStatus::Initiated, "ines"),
            (proto::TransferStatus::Approved, "otto"),
            (proto::TransferStatus::Executed, "ines"),
        ]
    );
    let statement = proto::GetStatementRequest {
        account_id: "a1".to_owned(),
        min_position: receipt.position,
        ..Default::default()
    };
    let statement = world.query.get_statement(statement).await.unwrap().into_inner();
    assert_eq!(statement.closing_balance_minor_units, 120_000);
    assert_eq!(statement.entries.last().unwrap().counterparty, "a0");
    world.projected().await;
    assert_read_models_equal_the_fold(&world.admin).await;
}

#[tokio::test]
async fn g10_two_concurrent_transfers_on_one_account_never_spend_twice() {
    let mut world = World::new().await;
    world.open_accounts(3).await;
    // Each wants more than half of what is there: of two at the same moment, one is refused.
    for round in 0..10 {
        let (one, two) = (format!("one{round}"), format!("two{round}"));
        let (mut first, mut second) = (world.command.clone(), world.command.clone());
        let (first, second) = tokio::join!(
            first.initiate_transfer(by("ines", initiate(&one, "a0", "a1", 60_000))),
            second.initiate_transfer(by("iris", initiate(&two, "a0", "a2", 60_000))),
        );
        assert!(first.is_ok() != second.is_ok(), "{first:?} {second:?}");
        let (id, to) = if first.is_ok() { (one, "a1") } else { (two, "a2") };
        world.command.approve_transfer(by("otto", approve(&id))).await.unwrap();
        world.command.execute_transfer(by("ines", execute(&id))).await.unwrap();
        world.command.withdraw(by("teller", withdraw(to, 60_000))).await.unwrap();
        world.command.deposit(by("teller", deposit("a0", 60_000))).await.unwrap();
    }
    world.projected().await;
    assert_read_models_equal_the_fold(&world.admin).await;
    assert_the_log_is_whole(&world.admin).await;
}
