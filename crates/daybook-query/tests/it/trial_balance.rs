//! GetTrialBalance.

use daybook_proto::v1::get_trial_balance_request::At;
use daybook_proto::v1::{GetTrialBalanceRequest, GetTrialBalanceResponse};

use crate::world::World;

/// Postings as the projector leaves them, and the totals of their blocks, put together by SQL.
async fn post(world: &World, lines: &[(i64, &str, &str, i64, &str)]) {
    for (position, debit, credit, amount, currency) in lines {
        world
            .sql(format!(
                "INSERT INTO read.postings_1 VALUES ({position}, {amount}, {position} % 4, '{currency}', '{debit}', '{credit}')"
            ))
            .await;
    }
    world
        .sql(
            "TRUNCATE read.posting_totals_1;
             INSERT INTO read.posting_totals_1
             SELECT position / 65536, currency, regexp_replace(account, '^customer:.*', 'customers'), partition,
                 sum(debited), sum(credited)
             FROM read.postings_1
             CROSS JOIN LATERAL (VALUES (debit, amount, 0), (credit, 0, amount)) AS side (account, debited, credited)
             GROUP BY 1, 2, 3, 4",
        )
        .await;
}

/// In three blocks; the last posting of the first one, and the first one of the second, stand at their edge.
async fn world_with_postings() -> World {
    let world = World::start().await;
    let lines = [
        (2, "cash-clearing", "customer:a", 500, "USD"),
        (65_535, "customer:a", "fee-income", 10, "USD"),
        (65_536, "customer:a", "transfers-in-transit", 200, "USD"),
        (70_000, "cash-clearing", "customer:j", 7, "JPY"),
        (140_000, "transfers-in-transit", "customer:b", 200, "USD"),
        (140_001, "customer:b", "refunds-payable", 50, "USD"),
    ];
    post(&world, &lines).await;
    world.all_checkpoints(140_001).await;
    world
}

async fn ask(world: &mut World, at: Option<At>) -> GetTrialBalanceResponse {
    let request = GetTrialBalanceRequest { at, min_position: 0 };
    world.client.get_trial_balance(request).await.unwrap().into_inner()
}

/// Each currency with its accounts' balances.
fn gist(answer: &GetTrialBalanceResponse) -> String {
    let mut text = format!("at {}:", answer.position);
    for balance in &answer.balances {
        assert!(balance.balanced, "{balance:?}");
        assert_eq!(balance.debits_minor_units, balance.credits_minor_units);
        text += &format!(" {}", balance.currency);
        for total in &balance.totals {
            text += &format!(" {}={}", total.account, total.balance_minor_units);
        }
    }
    text
}

#[tokio::test]
async fn g10_a_trial_balance_is_what_was_posted_up_to_a_position_and_balances_there() {
    let mut world = world_with_postings().await;
    let cases = [
        (1, "at 1:"),
        (2, "at 2: USD customers=500 cash-clearing=-500"),
        (65_534, "at 65534: USD customers=500 cash-clearing=-500"),
        (65_535, "at 65535: USD customers=490 cash-clearing=-500 fee-income=10"),
        (
            65_536,
            "at 65536: USD customers=290 cash-clearing=-500 fee-income=10 transfers-in-transit=200",
        ),
        (
            140_000,
            "at 140000: JPY customers=7 cash-clearing=-7 \
             USD customers=490 cash-clearing=-500 fee-income=10 transfers-in-transit=0",
        ),
    ];
    for (position, expected) in cases {
        assert_eq!(gist(&ask(&mut world, Some(At::Position(position))).await), expected);
    }
}

#[tokio::test]
async fn g10_now_is_cut_at_the_partition_that_is_furthest_behind() {
    let mut world = world_with_postings().await;
    let now = ask(&mut world, None).await;
    let all = "at 140001: JPY customers=7 cash-clearing=-7 \
        USD customers=440 cash-clearing=-500 fee-income=10 refunds-payable=50 transfers-in-transit=0";
    assert_eq!(gist(&now), all);
    // One partition of one of the two read models is behind: what others have beyond it does not count.
    world
        .sql("UPDATE read.checkpoints SET position = 65535 WHERE projection = 'posting_totals' AND partition = 1")
        .await;
    let cut = ask(&mut world, None).await;
    let expected = "at 65535: USD customers=490 cash-clearing=-500 fee-income=10";
    assert_eq!((gist(&cut).as_str(), cut.checkpoint), (expected, 65_535));
}

#[tokio::test]
async fn a_day_ends_with_its_last_event() {
    let mut world = World::start().await;
    let two_days = 2 * 24 * 3600;
    for (n, age) in [(1, two_days + 60), (2, two_days), (3, 0)] {
        assert_eq!(world.append("account-a", "money-deposited", age).await, n);
    }
    let lines = [1, 2, 3].map(|n| (n, "cash-clearing", "customer:a", 10, "USD"));
    post(&world, &lines).await;
    world.all_checkpoints(3).await;
    let day = |back: i64| {
        (time::OffsetDateTime::now_utc() - time::Duration::days(back)).date().to_string()
    };
    for (back, position, customers) in [(9, 0, ""), (1, 2, "20"), (0, 3, "30")] {
        let answer = ask(&mut world, Some(At::Day(day(back)))).await;
        assert_eq!(answer.position, position, "{back} days ago");
        let total = answer.balances.first().map(|balance| &*balance.totals[0].balance_minor_units);
        assert_eq!(total.unwrap_or_default(), customers, "{back} days ago");
    }
}

#[tokio::test]
async fn totals_that_do_not_balance_are_told_and_wide_sums_are_whole() {
    let mut world = World::start().await;
    let max = i64::MAX;
    world
        .sql(format!(
            "INSERT INTO read.posting_totals_1 VALUES
             (0, 'USD', 'customers', 0, 0, {max}), (0, 'USD', 'customers', 1, 0, {max}),
             (0, 'USD', 'cash-clearing', 0, {max}, 0)"
        ))
        .await;
    world.all_checkpoints(65_535).await;
    let answer = ask(&mut world, None).await;
    let [balance] = &*answer.balances else { panic!("{answer:?}") };
    assert!(!balance.balanced);
    assert_eq!(balance.credits_minor_units, "18446744073709551614");
    assert_eq!(balance.debits_minor_units, max.to_string());
}
