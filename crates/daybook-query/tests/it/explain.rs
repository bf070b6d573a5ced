//! ExplainBalance, over a log and the entries that its events make.

use daybook_proto::v1::explain_balance_request::At;
use daybook_proto::v1::{EntryKind, ExplainBalanceRequest, ExplainBalanceResponse};
use prost_types::Timestamp;
use tonic::Code;

use crate::world::{AccountRow, World, info};

/// Kind, amount, balance after it.
type Moved = (&'static str, i64, i64);

/// Seven events of alice, two minutes apart; the last is 120 s old. Four of them moved money.
const STORY: [(&str, Option<Moved>); 7] = [
    ("account-opened", None),
    ("money-deposited", Some(("deposit", 50_000, 50_000))),
    ("funds-held", None),
    ("transfer-debited", Some(("transfer_out", -20_000, 30_000))),
    ("fee-charged", Some(("fee", -1_250, 28_750))),
    ("money-refunded", Some(("refund", -5_000, 23_750))),
    ("account-frozen", None),
];

async fn world_with_the_story() -> World {
    let world = World::start().await;
    world.append("account-bob", "account-opened", 2000).await;
    for (version, (event_type, movement)) in (1..).zip(STORY) {
        let age = 120 * (8 - version);
        let position = world.append("account-alice", event_type, age).await;
        world.append("account-bob", "money-deposited", age - 1).await;
        let Some((kind, amount, balance)) = movement else { continue };
        let transfer = if kind == "transfer_out" { "'t-1'" } else { "NULL" };
        world
            .sql(format!(
                "INSERT INTO read.account_entries_1
                 SELECT 'alice', recorded_at, {version}, {position}, partition, '{kind}', {amount}, {balance}, 'USD', 'bob',
                     {transfer}, 'clerk', 'rent', 'c-{version}'
                 FROM log.events WHERE position = {position}"
            ))
            .await;
    }
    world.account(AccountRow { balance: 23_750, ..Default::default() }).await;
    world.sql("UPDATE read.accounts_1 SET version = 7").await;
    world.all_checkpoints(15).await;
    world
}

fn alice(at: Option<At>) -> ExplainBalanceRequest {
    ExplainBalanceRequest { account_id: "alice".to_owned(), at, ..Default::default() }
}

async fn ask(world: &mut World, request: ExplainBalanceRequest) -> ExplainBalanceResponse {
    world.client.explain_balance(request).await.unwrap().into_inner()
}

/// Balance, version, and the versions of the movements.
fn gist(answer: &ExplainBalanceResponse) -> (i64, i64, Vec<i64>) {
    let entries = answer.movements.iter().map(|movement| movement.entry.as_ref().unwrap());
    (answer.balance_minor_units, answer.version, entries.map(|entry| entry.version).collect())
}

/// When an event was recorded, moved by so many microseconds.
async fn time_of(world: &World, position: i64, microseconds: i32) -> At {
    let (seconds, micros): (i64, i32) = sqlx::query_as(
        "SELECT floor(extract(epoch FROM recorded_at))::bigint, extract(microseconds FROM recorded_at)::int % 1000000
         FROM log.events WHERE position = $1",
    )
    .bind(position)
    .fetch_one(&world.admin)
    .await
    .unwrap();
    let nanos = i64::from(micros + microseconds) * 1000;
    let (carried, nanos) = (nanos.div_euclid(1_000_000_000), nanos.rem_euclid(1_000_000_000));
    At::Time(Timestamp { seconds: seconds + carried, nanos: i32::try_from(nanos).unwrap() })
}

#[tokio::test]
async fn a_balance_is_explained_by_each_movement_and_by_kind() {
    let mut world = world_with_the_story().await;
    let answer = ask(&mut world, alice(None)).await;
    assert_eq!(gist(&answer), (23_750, 7, vec![2, 4, 5, 6]));
    assert_eq!(
        (answer.opening_balance_minor_units, answer.closing_balance_minor_units),
        (0, 23_750)
    );
    assert_eq!((answer.currency.as_str(), answer.checkpoint), ("USD", 15));
    let against: Vec<_> = answer.movements.iter().map(|m| m.counter_account.as_str()).collect();
    assert_eq!(against, ["cash-clearing", "transfers-in-transit", "fee-income", "refunds-payable"]);
    let entry = answer.movements[1].entry.as_ref().unwrap();
    assert_eq!(
        (entry.kind(), entry.amount_minor_units, entry.balance_minor_units, entry.position),
        (EntryKind::TransferOut, -20_000, 30_000, 8)
    );
    assert_eq!([&*entry.actor, &entry.reason, &entry.counterparty], ["clerk", "rent", "bob"]);
    let totals: Vec<_> =
        answer.totals.iter().map(|t| (t.kind(), t.count, t.amount_minor_units.as_str())).collect();
    let expected = [
        (EntryKind::Deposit, 1, "50000"),
        (EntryKind::Fee, 1, "-1250"),
        (EntryKind::Refund, 1, "-5000"),
        (EntryKind::TransferOut, 1, "-20000"),
    ];
    assert_eq!(totals, expected);
}

#[tokio::test]
async fn a_balance_was_what_it_was_at_a_version_a_position_and_a_time() {
    let mut world = world_with_the_story().await;
    let cases = [
        (At::Version(1), (0, 1, vec![])),
        (At::Version(2), (50_000, 2, vec![2])),
        (At::Version(4), (30_000, 4, vec![2, 4])),
        (At::Version(7), (23_750, 7, vec![2, 4, 5, 6])),
        // Alice's version n is at 2n; what bob did between changes nothing.
        (At::Position(1), (0, 0, vec![])),
        (At::Position(4), (50_000, 2, vec![2])),
        (At::Position(9), (30_000, 4, vec![2, 4])),
        (time_of(&world, 2, -1).await, (0, 0, vec![])),
        (time_of(&world, 8, -1).await, (50_000, 3, vec![2])),
        (time_of(&world, 8, 0).await, (30_000, 4, vec![2, 4])),
        (time_of(&world, 14, 1).await, (23_750, 7, vec![2, 4, 5, 6])),
    ];
    for (at, expected) in cases {
        assert_eq!(gist(&ask(&mut world, alice(Some(at))).await), expected, "{at:?}");
    }
    let status = world.client.explain_balance(alice(Some(At::Version(8)))).await.unwrap_err();
    assert_eq!(status.code(), Code::InvalidArgument, "{status}");
    assert!(status.message().contains("is 8, and the last of `account-alice` is 7"), "{status}");
}

#[tokio::test]
async fn pages_meet_and_their_balances_with_them_and_totals_come_once() {
    let mut world = world_with_the_story().await;
    for page_size in 1..=3 {
        let mut request = ExplainBalanceRequest { page_size, ..alice(Some(At::Position(13))) };
        let (mut versions, mut balance, mut totals) = (Vec::new(), 0, 0);
        loop {
            let answer = ask(&mut world, request.clone()).await;
            assert_eq!(
                (answer.balance_minor_units, answer.opening_balance_minor_units),
                (23_750, balance)
            );
            balance = answer.closing_balance_minor_units;
            totals += answer.totals.len();
            versions.extend(gist(&answer).2);
            if answer.next_page_token.is_empty() {
                break;
            }
            request.page_token = answer.next_page_token;
        }
        assert_eq!((versions, balance, totals), (vec![2, 4, 5, 6], 23_750, 4), "{page_size}");
    }
}

#[tokio::test]
async fn one_transfers_part_is_told_apart() {
    let mut world = world_with_the_story().await;
    let of =
        |transfer: &str| ExplainBalanceRequest { transfer_id: transfer.to_owned(), ..alice(None) };
    let answer = ask(&mut world, of("t-1")).await;
    assert_eq!(gist(&answer), (23_750, 7, vec![4]));
    assert_eq!(
        (answer.opening_balance_minor_units, answer.closing_balance_minor_units),
        (50_000, 30_000)
    );
    assert_eq!(answer.totals.len(), 1);
    assert_eq!(gist(&ask(&mut world, of("t-2")).await), (23_750, 7, vec![]));
}

#[tokio::test]
async fn balances_that_do_not_follow_from_one_another_are_data_loss() {
    let mut world = world_with_the_story().await;
    world.sql("UPDATE read.account_entries_1 SET amount = -1251 WHERE version = 5").await;
    let status = world.client.explain_balance(alice(None)).await.unwrap_err();
    assert_eq!(status.code(), Code::DataLoss, "{status}");
    assert_eq!(info(&status).reason, "READ_MODEL_CORRUPT");
    // Before it all is well.
    assert_eq!(ask(&mut world, alice(Some(At::Version(4)))).await.balance_minor_units, 30_000);
}

#[tokio::test]
async fn an_account_that_never_was_is_not_found() {
    let mut world = world_with_the_story().await;
    let request = ExplainBalanceRequest { account_id: "nobody".to_owned(), ..Default::default() };
    let status = world.client.explain_balance(request).await.unwrap_err();
    assert_eq!(
        (status.code(), info(&status).reason.as_str()),
        (Code::NotFound, "ACCOUNT_NOT_FOUND")
    );
}
