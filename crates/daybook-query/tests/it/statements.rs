//! GetStatement.

use daybook_proto::v1::{Entry, EntryKind, GetStatementRequest, GetStatementResponse, Hidden};
use prost_types::Timestamp;
use tonic::Code;

use crate::world::{AccountRow, EntryRow, World, info};

/// Unix seconds of second 0 of the rows.
const EPOCH: i64 = 1_767_225_600;

fn second(second: i64, nanos: i32) -> Option<Timestamp> {
    Some(Timestamp { seconds: EPOCH + second, nanos })
}

fn whole() -> GetStatementRequest {
    GetStatementRequest { account_id: "alice".to_owned(), page_size: 1000, ..Default::default() }
}

async fn ask(world: &mut World, request: GetStatementRequest) -> GetStatementResponse {
    world.client.get_statement(request).await.unwrap().into_inner()
}

/// The story of the mission: 500.00 in, 200.00 to another account, 12.50 fee, 50.00 back to a customer. Two of them share
/// a moment.
async fn world_with_the_story() -> World {
    let world = World::start().await;
    world.account(AccountRow { balance: 23_750, ..Default::default() }).await;
    for (version, second, kind, amount, balance) in [
        (2, 10, "deposit", 50_000, 50_000),
        (4, 20, "transfer_out", -20_000, 30_000),
        (5, 20, "fee", -1_250, 28_750),
        (6, 30, "refund", -5_000, 23_750),
    ] {
        world.entry(EntryRow { account: "alice", version, second, kind, amount, balance }).await;
    }
    world
        .entry(EntryRow {
            account: "bob",
            version: 9,
            second: 20,
            kind: "fee",
            amount: -1,
            balance: 0,
        })
        .await;
    world.checkpoints("accounts", 60).await;
    world.checkpoints("account_entries", 50).await;
    world
}

/// Versions, opening and closing balance.
fn gist(answer: &GetStatementResponse) -> (Vec<i64>, i64, i64) {
    let versions = answer.entries.iter().map(|entry| entry.version).collect();
    (versions, answer.opening_balance_minor_units, answer.closing_balance_minor_units)
}

#[tokio::test]
async fn a_statement_says_what_who_why_and_when() {
    let mut world = world_with_the_story().await;
    let answer = ask(&mut world, whole()).await;
    assert_eq!(gist(&answer), (vec![2, 4, 5, 6], 0, 23_750));
    assert_eq!((answer.currency.as_str(), answer.next_page_token.as_str()), ("USD", ""));
    // Of the two read models that it reads, the one that is further behind.
    assert_eq!(answer.checkpoint, 50);
    let expected = Entry {
        version: 4,
        position: 40,
        kind: EntryKind::TransferOut.into(),
        amount_minor_units: -20_000,
        balance_minor_units: 30_000,
        counterparty: "bob".to_owned(),
        transfer_id: "t-1".to_owned(),
        actor: "clerk".to_owned(),
        reason: "rent".to_owned(),
        recorded_at: second(20, 0),
        correlation_id: "c-4".to_owned(),
        counterparty_hidden: Hidden::Unspecified.into(),
        reason_hidden: Hidden::Unspecified.into(),
    };
    assert_eq!(answer.entries[1], expected);
}

#[tokio::test]
async fn a_statement_begins_at_from_and_ends_before_to() {
    let mut world = world_with_the_story().await;
    let cases = [
        (second(20, 0), second(30, 0), (vec![4, 5], 50_000, 28_750)),
        (second(20, 1), second(30, 1), (vec![6], 28_750, 23_750)),
        (second(19, 999_999_999), None, (vec![4, 5, 6], 50_000, 23_750)),
        (None, second(20, 0), (vec![2], 0, 50_000)),
        (None, second(10, 0), (vec![], 0, 0)),
        (second(20, 0), second(20, 0), (vec![], 50_000, 50_000)),
        (second(25, 0), second(26, 0), (vec![], 28_750, 28_750)),
        (second(99, 0), None, (vec![], 23_750, 23_750)),
    ];
    for (from, to, expected) in cases {
        let answer = ask(&mut world, GetStatementRequest { from, to, ..whole() }).await;
        assert_eq!(gist(&answer), expected, "{from:?} .. {to:?}");
    }
}

#[tokio::test]
async fn all_pages_of_a_statement_are_one_big_page_and_their_balances_meet() {
    let mut world = world_with_the_story().await;
    let big = ask(&mut world, whole()).await;
    for page_size in 1..=3 {
        let mut request = GetStatementRequest { page_size, ..whole() };
        let (mut entries, mut balance) = (Vec::new(), 0);
        loop {
            let answer = ask(&mut world, request.clone()).await;
            assert_eq!(answer.opening_balance_minor_units, balance);
            balance = answer.closing_balance_minor_units;
            entries.extend(answer.entries);
            if answer.next_page_token.is_empty() {
                break;
            }
            request.page_token = answer.next_page_token;
        }
        assert_eq!((&entries, balance), (&big.entries, 23_750), "pages of {page_size}");
    }
}

#[tokio::test]
async fn a_statement_of_an_unknown_account_is_not_found_and_of_an_idle_one_is_empty() {
    let mut world = world_with_the_story().await;
    world.account(AccountRow { id: "idle", currency: "JPY", ..Default::default() }).await;
    let unknown = GetStatementRequest { account_id: "nobody".to_owned(), ..whole() };
    let status = world.client.get_statement(unknown).await.unwrap_err();
    assert_eq!(
        (status.code(), info(&status).reason.as_str()),
        (Code::NotFound, "ACCOUNT_NOT_FOUND")
    );

    let idle = GetStatementRequest { account_id: "idle".to_owned(), ..whole() };
    let answer = ask(&mut world, idle).await;
    assert_eq!((gist(&answer), answer.currency.as_str()), ((vec![], 0, 0), "JPY"));
}
