//! An event that a read model cannot take: who stands, who goes on, and what an operator does about it. A constraint that
//! one amount breaks plays the defect.

use anyhow::ensure;
use daybook_proto::v1 as proto;
use daybook_testkit::eventually;
use daybook_testkit::servers::Service;
use sqlx::AssertSqlSafe;

use crate::operator::{decide, generation, rebuild, refused_rebuild};
use crate::world::{BOUND, World, by, deposit};

/// In minor units; the loads of these tests never use it.
const POISON: i64 = 66_666;

/// Of one generation: its next one is without the defect.
async fn break_read_model(world: &World, generation: i32) {
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
async fn poison(world: &mut World, account: &str) -> i64 {
    let paid = world.command.deposit(by("teller", deposit(account, POISON))).await.unwrap();
    paid.into_inner().receipt.unwrap().position
}

/// The partitions in which `account_entries` stands, as its status says.
async fn stops(world: &World) -> anyhow::Result<Vec<(i32, proto::ProjectionStop)>> {
    let request = proto::GetProjectionStatusRequest { projection: "account_entries".to_owned() };
    let answer = world.query.clone().get_projection_status(request).await?.into_inner();
    let partitions = answer.projections.into_iter().flat_map(|projection| projection.partitions);
    Ok(partitions.filter_map(|p| Some((p.partition, p.stop?))).collect())
}

/// Waits until it stands at `position` for the `attempts`-th time; gives the partition.
async fn stands_at(world: &World, position: i64, attempts: i32) -> i32 {
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

async fn entries(world: &World, position: i64) -> i64 {
    let generation = generation(world, "account_entries").await;
    let sql =
        format!("SELECT count(*) FROM read.account_entries_{generation} WHERE position >= $1");
    sqlx::query_scalar(AssertSqlSafe(sql)).bind(position).fetch_one(&world.admin).await.unwrap()
}

/// Events of the log that `account_entries` has a row for, from `position` on.
async fn movements(world: &World, position: i64) -> i64 {
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

/// `daybook projection skip` of an event of `account_entries`.
async fn skip(
    world: &World,
    partition: &str,
    position: i64,
    further: &[&str],
) -> (Option<i32>, String) {
    let position = position.to_string();
    let skip = ["skip", "account_entries", "--partition", partition, "--position", &position];
    decide(world, &[&skip, further].concat()).await
}

const REASON: [&str; 2] = ["--reason", "booked by hand, ticket 4711"];

/// An event that `account_entries` in a generation could not apply, and an operator had skipped; gives its position.
async fn skipped_event(world: &mut World, generation: i32) -> i64 {
    break_read_model(world, generation).await;
    let position = poison(world, "a3").await;
    let partition = stands_at(world, position, 1).await.to_string();
    let (code, said) = skip(world, &partition, position, &REASON).await;
    assert_eq!(code, Some(0), "{said}");
    world.projected().await;
    position
}

async fn world() -> World {
    let mut world = World::new().await;
    world.open_accounts(10).await;
    world.projected().await;
    world
}

#[tokio::test]
async fn g7_a_skip_is_on_record_with_who_and_why_and_leaves_out_that_event_alone() {
    let mut world = world().await;
    break_read_model(&world, 1).await;
    let position = poison(&mut world, "a3").await;
    let partition = stands_at(&world, position, 1).await.to_string();
    world.load(10, 100).await;
    let (code, said) = skip(&world, &partition, position, &[]).await;
    assert_eq!(code, Some(2), "a skip without a reason: {said}");
    let (code, said) = skip(&world, &partition, position, &REASON).await;
    assert_eq!(code, Some(0), "{said}");
    world.projected().await;
    assert_eq!(stops(&world).await.unwrap(), []);
    assert_eq!(entries(&world, position).await, movements(&world, position).await - 1);

    let recorded: Vec<(String, String, String)> = sqlx::query_as(
        "SELECT event_type, metadata ->> 'actor', metadata -> 'reason' ->> 'plain' FROM log.events
         WHERE stream_id = 'projection-account_entries'",
    )
    .fetch_all(&world.admin)
    .await
    .unwrap();
    let expected = ["projection-event-skipped", "otto", "booked by hand, ticket 4711"];
    assert_eq!(recorded, [<(_, _, _)>::from(expected.map(str::to_owned))]);
    let again = [&REASON[..], &["--unchecked"]].concat();
    let (code, said) = skip(&world, &partition, position, &again).await;
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("already"), "{said}");
    // A projector that starts anew honours it too.
    world.stack.projector.terminate(BOUND).await.unwrap();
    world.stack.start_again(Service::Projector).await.unwrap();
    world.load(10, 50).await;
    world.projected().await;
    assert_eq!(entries(&world, position).await, movements(&world, position).await - 1);
}

/// The new generation could apply the event well, and leaves it out all the same; so nothing differs.
#[tokio::test]
async fn g7_a_skip_is_honoured_by_every_rebuild() {
    let mut world = world().await;
    let position = skipped_event(&mut world, 1).await;
    for (arguments, expected) in [
        ("account_entries --verify", 2),
        ("account_entries --keep-old", 3),
        ("--rollback account_entries", 2),
    ] {
        rebuild(&world, arguments).await;
        assert_eq!(generation(&world, "account_entries").await, expected);
        world.load(10, 20).await;
        world.projected().await;
        let (entries, movements) =
            (entries(&world, position).await, movements(&world, position).await);
        assert_eq!(entries, movements - 1, "{arguments}");
    }
}

/// The event came after the swap: the kept generation has yet to come to it.
#[tokio::test]
async fn g7_a_skip_since_the_swap_is_honoured_on_the_way_back() {
    let mut world = world().await;
    rebuild(&world, "account_entries --keep-old").await;
    let position = skipped_event(&mut world, 2).await;
    rebuild(&world, "--rollback account_entries").await;
    assert_eq!(generation(&world, "account_entries").await, 1);
    world.projected().await;
    assert_eq!(entries(&world, position).await, movements(&world, position).await - 1);
}

#[tokio::test]
async fn there_is_no_way_back_to_rows_of_an_event_that_was_skipped_since() {
    let mut world = world().await;
    let position = poison(&mut world, "a3").await;
    world.projected().await;
    let partition: i16 = sqlx::query_scalar("SELECT partition FROM log.events WHERE position = $1")
        .bind(position)
        .fetch_one(&world.admin)
        .await
        .unwrap();
    rebuild(&world, "account_entries --keep-old").await;
    let unchecked = [&REASON[..], &["--unchecked"]].concat();
    let (code, said) = skip(&world, &partition.to_string(), position, &unchecked).await;
    assert_eq!(code, Some(0), "{said}");
    let printed = refused_rebuild(&world, "--rollback account_entries").await;
    for part in
        ["cannot go back", &format!("position {position} of partition {partition}"), "generation 1"]
    {
        assert!(printed.contains(part), "{part} in {printed}");
    }
    assert_eq!(generation(&world, "account_entries").await, 2);
    // A rebuild leaves the event out.
    rebuild(&world, "account_entries").await;
    assert_eq!(entries(&world, position).await, movements(&world, position).await - 1);
}
