//! GetDailyActivity.

use daybook_proto::v1::{DailyActivity, EntryKind, GetDailyActivityRequest};
use tonic::Code;

use crate::world::{World, info};

fn days(from_day: &str, to_day: &str, currency: &str) -> GetDailyActivityRequest {
    GetDailyActivityRequest {
        from_day: from_day.to_owned(),
        to_day: to_day.to_owned(),
        currency: currency.to_owned(),
        min_position: 0,
    }
}

#[tokio::test]
async fn activity_is_summed_over_partitions_in_order_of_day_currency_and_kind() {
    let mut world = World::start().await;
    // Wider than 64 bits together.
    let wide = "9223372036854775807";
    for (day, currency, kind, partition, count, volume) in [
        ("2026-01-02", "USD", "deposit", 0, 1, wide),
        ("2026-01-02", "USD", "deposit", 3, 2, wide),
        ("2026-01-02", "USD", "transfer_in", 1, 1, "100"),
        ("2026-01-02", "USD", "fee", 1, 1, "5.000"),
        ("2026-01-02", "EUR", "refund", 1, 1, "7"),
        ("2026-01-01", "USD", "withdrawal", 2, 4, "40"),
    ] {
        world.activity(day, currency, kind, partition, count, volume).await;
    }
    world.checkpoints("daily_activity", 11).await;

    let row = |day: &str, currency: &str, kind: EntryKind, count, volume: &str| DailyActivity {
        day: day.to_owned(),
        currency: currency.to_owned(),
        kind: kind.into(),
        count,
        volume_minor_units: volume.to_owned(),
    };
    let all = [
        row("2026-01-01", "USD", EntryKind::Withdrawal, 4, "40"),
        row("2026-01-02", "EUR", EntryKind::Refund, 1, "7"),
        row("2026-01-02", "USD", EntryKind::Deposit, 3, "18446744073709551614"),
        row("2026-01-02", "USD", EntryKind::Fee, 1, "5"),
        row("2026-01-02", "USD", EntryKind::TransferIn, 1, "100"),
    ];
    let cases = [
        (days("", "", ""), &all[..]),
        (days("2026-01-01", "2026-01-01", ""), &all[..1]),
        (days("2026-01-02", "", ""), &all[1..]),
        (days("", "2026-01-02", "EUR"), &all[1..2]),
        (days("2026-01-03", "2027-01-04", ""), &[]),
    ];
    for (request, expected) in cases {
        let answer = world.client.get_daily_activity(request.clone()).await.unwrap().into_inner();
        assert_eq!((&*answer.activities, answer.checkpoint), (expected, 11), "{request:?}");
    }
}

#[tokio::test]
async fn an_answer_without_pages_that_would_be_too_large_is_refused() {
    let mut world = World::start().await;
    world
        .sql(
            "INSERT INTO read.daily_activity_1
             SELECT date '1900-01-01' + n, 'USD', 'fee', 0, 1, 1 FROM generate_series(1, 25001) n",
        )
        .await;
    let status = world.client.get_daily_activity(days("", "", "")).await.unwrap_err();
    assert_eq!(status.code(), Code::ResourceExhausted);
    assert_eq!(info(&status).reason, "ANSWER_TOO_LARGE");
    assert!(world.client.get_daily_activity(days("1900-01-03", "", "")).await.is_ok());
}
