//! Events that an operator has permitted to be left out: who and why is on record, and what can be applied is applied.

use daybook_testkit::servers::Service;

use crate::operator::{decide, rebuild};
use crate::poison::{break_read_model, entries, movements, poison, stands_at, stops, world};
use crate::verify::verify;
use crate::world::{BOUND, World};

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

/// The next generation is without the defect: it applies the event, and so does the one that was kept.
#[tokio::test]
async fn g7_a_rebuild_applies_what_it_can_whatever_was_skipped() {
    let mut world = world().await;
    let position = skipped_event(&mut world, 1).await;
    rebuild(&world, "account_entries --keep-old").await;
    world.load(10, 20).await;
    world.projected().await;
    assert_eq!(entries(&world, position).await, movements(&world, position).await);
    // The kept one cannot take it: it goes on without, as before.
    rebuild(&world, "--rollback account_entries").await;
    world.projected().await;
    assert_eq!(entries(&world, position).await, movements(&world, position).await - 1);
}

/// Neither now, nor in a rebuild, nor in the generation that was kept.
#[tokio::test]
async fn g7_a_skip_of_an_event_that_was_applied_takes_nothing_out_and_is_told_by_verify() {
    let mut world = world().await;
    let position = poison(&mut world, "a3").await;
    world.projected().await;
    let partition: i16 = sqlx::query_scalar("SELECT partition FROM log.events WHERE position = $1")
        .bind(position)
        .fetch_one(&world.admin)
        .await
        .unwrap();
    let partition = partition.to_string();
    rebuild(&world, "account_entries --keep-old").await;
    let unchecked = [&REASON[..], &["--unchecked"]].concat();
    let (code, said) = skip(&world, &partition, position, &unchecked).await;
    assert_eq!(code, Some(0), "{said}");
    for arguments in ["--rollback account_entries", "account_entries --verify"] {
        rebuild(&world, arguments).await;
        world.projected().await;
        let (entries, movements) =
            (entries(&world, position).await, movements(&world, position).await);
        assert_eq!(entries, movements, "{arguments}");
    }
    let verified = verify(&world, "daybook", "--all").await;
    assert_eq!(verified.code, Some(0), "{}", verified.printed);
    for part in [
        r#"{"skip":"#,
        r#""projection":"account_entries""#,
        &format!(r#""position":{position}"#),
        r#""actor":"otto""#,
        "ticket 4711",
        r#""skips_total":1"#,
    ] {
        assert!(verified.printed.contains(part), "{part} in {}", verified.printed);
    }
}
