//! What an auditor asks, each in one call, over a stack that did real business.

use daybook_proto::v1 as proto;
use proto::get_trial_balance_request::At;
use tonic::{Code, Request};

use crate::fold::assert_read_models_equal_the_fold;
use crate::world::{World, approve, by, deposit, execute, fee, initiate, open, usd, withdraw};

/// With a command id, a cause and a reason.
fn within<T>(
    mut request: Request<T>,
    put: impl FnOnce(&mut T, Option<proto::CommandContext>),
    command_id: &str,
    causation_id: &str,
    reason: &str,
) -> Request<T> {
    let context = proto::CommandContext {
        command_id: command_id.to_owned(),
        causation_id: causation_id.to_owned(),
        reason: reason.to_owned(),
        ..Default::default()
    };
    put(request.get_mut(), Some(context));
    request
}

/// Two accounts, two transfers of which bob approves the large one and carol the small one, a fee that the large one
/// caused, and a refund. Gives the position of the last event.
async fn business(world: &mut World) -> i64 {
    let command = &mut world.command;
    for id in ["a", "b"] {
        command.open_account(by("registry", open(id))).await.unwrap();
        command.deposit(by("alice", deposit(id, 5_000_000))).await.unwrap();
    }
    for (id, cents, approver) in [("large", 1_500_000, "bob"), ("small", 999_900, "carol")] {
        let initiated = within(
            by("alice", initiate(id, "a", "b", cents)),
            |request, context| request.context = context,
            &format!("request-{id}"),
            "",
            "invoice 17 of 2026",
        );
        command.initiate_transfer(initiated).await.unwrap();
        command.approve_transfer(by(approver, approve(id))).await.unwrap();
        let executed = within(
            by("night-run", execute(id)),
            |request, context| request.context = context,
            &format!("run-{id}"),
            &format!("request-{id}"),
            "due today",
        );
        command.execute_transfer(executed).await.unwrap();
    }
    let charged = within(
        by("billing", fee("a", 1_250)),
        |request, context| request.context = context,
        "fee-1",
        "run-large",
        "fee of large transfers",
    );
    command.charge_fee(charged).await.unwrap();
    command.withdraw(by("alice", withdraw("b", 100))).await.unwrap();
    let refund = proto::RefundRequest {
        context: None,
        account_id: "b".to_owned(),
        customer: "Carol".to_owned(),
        amount: usd(50),
    };
    let receipt = command.refund(by("sue", refund)).await.unwrap().into_inner().receipt;
    receipt.unwrap().position
}

/// Event types and streams of what a search finds.
async fn search(world: &mut World, request: proto::SearchAuditRequest) -> Vec<String> {
    let answer = world.query.search_audit(request).await.unwrap().into_inner();
    assert!(answer.next_page_token.is_empty());
    answer.events.iter().map(|event| format!("{} {}", event.event_type, event.stream_id)).collect()
}

#[tokio::test]
async fn everything_that_somebody_did_that_came_of_a_request_and_that_was_large_is_one_call_each() {
    let mut world = World::new().await;
    let min_position = business(&mut world).await;
    let any = || proto::SearchAuditRequest { min_position, ..Default::default() };

    let of_alice = proto::SearchAuditRequest { actor: "alice".to_owned(), ..any() };
    let done = search(&mut world, of_alice).await;
    let expected = [
        "money-deposited account-a",
        "money-deposited account-b",
        "transfer-initiated transfer-large",
        "funds-held account-a",
        "transfer-initiated transfer-small",
        "funds-held account-a",
        "money-withdrawn account-b",
    ];
    assert_eq!(done, expected);

    let of_request = proto::SearchAuditRequest { caused_by: "request-large".to_owned(), ..any() };
    let came = search(&mut world, of_request).await;
    let expected = [
        "transfer-initiated transfer-large",
        "funds-held account-a",
        "transfer-executed transfer-large",
        "hold-released account-a",
        "transfer-debited account-a",
        "transfer-credited account-b",
        "fee-charged account-a",
    ];
    assert_eq!(came, expected);

    for (approver, expected) in [("bob", &["transfer-approved transfer-large"][..]), ("carol", &[])]
    {
        let above = proto::SearchAuditRequest {
            actor: approver.to_owned(),
            event_types: vec!["transfer-approved".to_owned()],
            min_amount_minor_units: 1_000_001,
            currency: "USD".to_owned(),
            ..any()
        };
        assert_eq!(search(&mut world, above).await, expected, "{approver}");
    }
    let of_reason = proto::SearchAuditRequest { reason: "Invoice 17".to_owned(), ..any() };
    assert_eq!(search(&mut world, of_reason).await.len(), 4);
    world.projected().await;
    assert_read_models_equal_the_fold(&world.admin).await;
}

#[tokio::test]
async fn a_balance_is_explained_as_it_is_and_as_it_was_and_a_transfers_story_is_whole() {
    let mut world = World::new().await;
    let min_position = business(&mut world).await;
    let of = |at, transfer: &str| proto::ExplainBalanceRequest {
        account_id: "a".to_owned(),
        transfer_id: transfer.to_owned(),
        at,
        min_position,
        ..Default::default()
    };
    let now = world.query.explain_balance(of(None, "")).await.unwrap().into_inner();
    let left = 5_000_000 - 1_500_000 - 999_900 - 1_250;
    assert_eq!((now.balance_minor_units, now.movements.len()), (left, 4));
    assert_eq!(now.closing_balance_minor_units, left);
    let part = world.query.explain_balance(of(None, "small")).await.unwrap().into_inner();
    assert_eq!((part.balance_minor_units, part.movements.len()), (left, 1));

    // Each balance is the one that the account had, and the state of the log says the same.
    for movement in &now.movements {
        let entry = movement.entry.as_ref().unwrap();
        let at = Some(proto::explain_balance_request::At::Version(entry.version));
        let then = world.query.explain_balance(of(at, "")).await.unwrap().into_inner();
        assert_eq!(then.balance_minor_units, entry.balance_minor_units);
        let request = proto::GetAggregateAtRequest {
            stream_id: "account-a".to_owned(),
            at: Some(proto::get_aggregate_at_request::At::Time(entry.recorded_at.unwrap())),
            min_position: 0,
        };
        let state = world.query.get_aggregate_at(request).await.unwrap().into_inner();
        let state: serde_json::Value = serde_json::from_str(&state.state_json).unwrap();
        assert_eq!(state["balance"], entry.balance_minor_units);
    }

    let request = proto::GetTransferStoryRequest { transfer_id: "large".to_owned(), min_position };
    let story = world.query.get_transfer_story(request).await.unwrap().into_inner().events;
    let told: Vec<_> = story.iter().map(|e| (e.event_type.as_str(), e.actor.as_str())).collect();
    let expected = [
        ("transfer-initiated", "alice"),
        ("funds-held", "alice"),
        ("transfer-approved", "bob"),
        ("transfer-executed", "night-run"),
        ("hold-released", "night-run"),
        ("transfer-debited", "night-run"),
        ("transfer-credited", "night-run"),
    ];
    assert_eq!(told, expected);
}

#[tokio::test]
async fn g10_the_trial_balance_is_zero_after_every_event_also_between_the_halves_of_a_transfer() {
    let mut world = World::new().await;
    let last = business(&mut world).await;
    let mut in_transit = 0;
    for position in 1..=last {
        let request =
            proto::GetTrialBalanceRequest { at: Some(At::Position(position)), min_position: 0 };
        let answer = world.query.get_trial_balance(request).await.unwrap().into_inner();
        assert_eq!(answer.position, position);
        for balance in &answer.balances {
            assert!(balance.balanced, "{balance:?}");
            let balances = balance.totals.iter().map(|total| &total.balance_minor_units);
            assert_eq!(balances.map(|text| text.parse::<i64>().unwrap()).sum::<i64>(), 0);
            let open = |t: &&proto::LedgerTotal| {
                t.account == "transfers-in-transit" && t.balance_minor_units != "0"
            };
            in_transit += balance.totals.iter().filter(open).count();
        }
    }
    assert_eq!(in_transit, 2, "each transfer's money is on its way for one position");

    let day = time::OffsetDateTime::now_utc().date().to_string();
    let today = proto::GetTrialBalanceRequest { at: Some(At::Day(day)), min_position: last };
    let today = world.query.get_trial_balance(today).await.unwrap().into_inner();
    assert_eq!(today.position, last);
    let balances: Vec<_> = today.balances[0]
        .totals
        .iter()
        .map(|total| (total.account.as_str(), total.balance_minor_units.as_str()))
        .collect();
    let expected = [
        ("customers", "9998600"),
        ("cash-clearing", "-9999900"),
        ("fee-income", "1250"),
        ("refunds-payable", "50"),
        ("transfers-in-transit", "0"),
    ];
    assert_eq!(balances, expected);
}

#[tokio::test]
async fn what_lies_beyond_the_head_is_waited_for_and_said() {
    let mut world = World::new().await;
    let last = business(&mut world).await;
    let beyond =
        proto::GetTrialBalanceRequest { at: Some(At::Position(last + 1)), min_position: 0 };
    let status = world.query.get_trial_balance(beyond.clone()).await.unwrap_err();
    assert_eq!(status.code(), Code::DeadlineExceeded, "{status}");
    let waiting = {
        let mut query = world.query.clone();
        tokio::spawn(async move { query.get_trial_balance(beyond).await })
    };
    world.command.deposit(by("alice", deposit("a", 1))).await.unwrap();
    let answer = waiting.await.unwrap().unwrap().into_inner();
    assert_eq!(answer.position, last + 1);
}
