//! An event that a read model cannot take: who stands, who goes on, and what an operator does about it. A constraint that
//! one amount breaks plays the defect.

use anyhow::ensure;
use daybook_proto::v1 as proto;
use daybook_testkit::eventually;
use sqlx::AssertSqlSafe;

use crate::operator::{Running, decide, generation};
use crate::world::{BOUND, World, by, deposit};

/// In minor units; the loads of these tests never use it.
const POISON: i64 = 66_666;

pub(crate) async fn world() -> World {
    let mut world = World::new().await;
    world.open_accounts(10).await;
    world.projected().await;
    world
}

/// Of one generation: its next one is without the defect.
pub(crate) async fn break_read_model(world: &World, generation: i32) {
    let constraint = format!(
        "ALTER TABLE read.account_entries_{generation} ADD CONSTRAINT no_poison CHECK (amount <> {POISON}) NOT VALID"
    );
    sqlx::raw_sql(AssertSqlSafe(constraint)).execute(&world.admin).await.unwrap();
}

async fn mend_read_model(world: &World) {
    let mended = "ALTER TABLE read.account_entries_1 DROP CONSTRAINT no_poison";
    sqlx::raw_sql(mended).execute(&world.admin).await.unwrap();
}

/// Deposits what the read model cannot take; gives the event's position.
pub(crate) async fn poison(world: &mut World, account: &str) -> i64 {
    let paid = world.command.deposit(by("teller", deposit(account, POISON))).await.unwrap();
    paid.into_inner().receipt.unwrap().position
}

/// The partitions in which `account_entries` stands, as its status says.
pub(crate) async fn stops(world: &World) -> anyhow::Result<Vec<(i32, proto::ProjectionStop)>> {
    let request = proto::GetProjectionStatusRequest { projection: "account_entries".to_owned() };
    let answer = world.query.clone().get_projection_status(request).await?.into_inner();
    let partitions = answer.projections.into_iter().flat_map(|projection| projection.partitions);
    Ok(partitions.filter_map(|p| Some((p.partition, p.stop?))).collect())
}

/// Waits until it stands at `position` for the `attempts`-th time; gives the partition.
pub(crate) async fn stands_at(world: &World, position: i64, attempts: i32) -> i32 {
    eventually("it stands at the event", BOUND, async || {
        let stops = stops(world).await?;
        ensure!(stops.len() == 1, "{stops:?}");
        let (partition, stop) = &stops[0];
        ensure!((stop.position, stop.attempts) == (position, attempts), "{stop:?}");
        ensure!(stop.cause() == proto::StopCause::Poison && stop.error.contains("no_poison"));
        ensure!(!stop.event_id.is_empty() && stop.since.is_some(), "{stop:?}");
        Ok(*partition)
    })
    .await
}

pub(crate) async fn entries(world: &World, position: i64) -> i64 {
    let generation = generation(world, "account_entries").await;
    let sql =
        format!("SELECT count(*) FROM read.account_entries_{generation} WHERE position >= $1");
    sqlx::query_scalar(AssertSqlSafe(sql)).bind(position).fetch_one(&world.admin).await.unwrap()
}

/// Events of the log that `account_entries` has a row for, from `position` on.
pub(crate) async fn movements(world: &World, position: i64) -> i64 {
    sqlx::query_scalar(
        "SELECT count(*) FROM log.events WHERE position >= $1 AND data -> 'balance' IS NOT NULL",
    )
    .bind(position)
    .fetch_one(&world.admin)
    .await
    .unwrap()
}

#[tokio::test]
async fn one_partition_of_one_projection_stands_and_a_retry_after_the_cause_was_mended_goes_on() {
    let mut world = world().await;
    break_read_model(&world, 1).await;
    let position = poison(&mut world, "a3").await;
    let partition = stands_at(&world, position, 1).await.to_string();
    let (code, said) = Running::start(&world, &["projections"]).await.end().await;
    assert_eq!(code, Some(4), "{said}");
    assert!(said.contains("no_poison"), "{said}");
    world.load(10, 100).await;
    // Everybody else goes on: the other projections everywhere, this one in the other partitions.
    let head = world.head().await;
    eventually("the others reach the head", BOUND, async || {
        let behind: Vec<(String, i16)> = sqlx::query_as(
            "SELECT projection, partition FROM read.checkpoints WHERE position < $1 ORDER BY 1, 2",
        )
        .bind(head)
        .fetch_all(&world.admin)
        .await?;
        let expected = [("account_entries".to_owned(), partition.parse().unwrap())];
        ensure!(behind == expected, "{behind:?}");
        Ok(())
    })
    .await;

    // Where it does not stand there is nothing to retry, and nothing is recorded.
    let elsewhere = (position + 1).to_string();
    let position_text = position.to_string();
    let wrong = ["retry", "account_entries", "--partition", &partition, "--position", &elsewhere];
    let (code, said) = decide(&world, &[&wrong[..], &["--reason", "x"]].concat()).await;
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains(&format!("--partition {partition} --position {position}")), "{said}");

    // The cause is still there: it is tried, and stands again.
    let retry =
        ["retry", "account_entries", "--partition", &partition, "--position", &position_text];
    let retry = [&retry[..], &["--reason", "constraint dropped, I believe"]].concat();
    let (code, said) = decide(&world, &retry).await;
    assert_eq!(code, Some(0), "{said}");
    stands_at(&world, position, 2).await;
    mend_read_model(&world).await;
    let (code, said) = decide(&world, &retry).await;
    assert_eq!(code, Some(0), "{said}");
    world.projected().await;
    assert_eq!(stops(&world).await.unwrap(), []);
    assert_eq!(entries(&world, position).await, movements(&world, position).await);
}
