//! GetAggregateAt and GetTransferStory: answers from the log itself.

use daybook_proto::v1::get_aggregate_at_request::At;
use daybook_proto::v1::{GetAggregateAtRequest, GetAggregateAtResponse, GetTransferStoryRequest};
use serde_json::Value;
use tonic::Code;

use crate::world::{NewEvent, World, info};

const OPENED: &str = r#"{"owner":{"plain":"Alice"},"currency":"USD","overdraft_limit":0}"#;

/// alice: opened, then a deposit of $1.00 for each further version.
async fn world_with_deposits(versions: i64) -> World {
    let world = World::start().await;
    for version in 1..=versions {
        let deposited = format!(
            r#"{{"amount":{{"minor_units":100,"currency":"USD"}},"balance":{}}}"#,
            100 * (version - 1)
        );
        let (event_type, data) = match version {
            1 => ("account-opened", OPENED),
            _ => ("money-deposited", deposited.as_str()),
        };
        let event = NewEvent { stream_id: "account-alice", event_type, data, ..Default::default() };
        world.append_event(event).await;
    }
    world
}

async fn state(world: &mut World, at: Option<At>) -> (GetAggregateAtResponse, Value) {
    let stream_id = "account-alice".to_owned();
    let request = GetAggregateAtRequest { stream_id, at, min_position: 0 };
    let answer = world.client.get_aggregate_at(request).await.unwrap().into_inner();
    let state = serde_json::from_str(&answer.state_json).unwrap();
    (answer, state)
}

/// More events than a page of the fold has.
#[tokio::test]
async fn a_state_is_the_fold_of_the_events_up_to_its_moment() {
    let mut world = world_with_deposits(300).await;
    for (at, version) in [
        (None, 300),
        (Some(At::Version(1)), 1),
        (Some(At::Version(129)), 129),
        (Some(At::Position(299)), 299),
    ] {
        let (answer, state) = state(&mut world, at).await;
        assert_eq!(
            (answer.version, answer.position, answer.snapshot_version),
            (version, version, 0)
        );
        assert_eq!(state["balance"], 100 * (version - 1), "{state}");
    }
}

#[tokio::test]
async fn a_fold_begins_at_the_snapshot_unless_that_is_younger_or_another_codes() {
    let mut world = world_with_deposits(40).await;
    let (_, honest) = state(&mut world, Some(At::Version(20))).await;
    // Told apart from the fold of the events by a cent.
    let mut odd = honest.clone();
    odd["balance"] = Value::from(honest["balance"].as_i64().unwrap() + 1);
    let fingerprint =
        <daybook_bank::account::Account as daybook_core::domain::Aggregate>::FINGERPRINT;
    sqlx::query("INSERT INTO log.snapshots VALUES ('account-alice', 20, $1, $2::text::json)")
        .bind(fingerprint)
        .bind(odd.to_string())
        .execute(&world.admin)
        .await
        .unwrap();
    for (version, snapshot, cent) in [(19, 0, 0), (20, 20, 1), (21, 20, 0)] {
        let (answer, state) = state(&mut world, Some(At::Version(version))).await;
        assert_eq!((answer.version, answer.snapshot_version), (version, snapshot));
        // A deposit's event says the balance after it, whatever it was.
        assert_eq!(state["balance"], 100 * (version - 1) + cent, "version {version}");
    }
    // Older ones are kept in a table of their own.
    world
        .sql(
            "INSERT INTO log.past_snapshots
             SELECT stream_id, 0, 10, fingerprint, replace(state::text, '1901', '7')::json FROM log.snapshots",
        )
        .await;
    for (version, snapshot) in [(9, 0), (10, 10), (19, 10), (20, 20)] {
        let (answer, state) = state(&mut world, Some(At::Version(version))).await;
        assert_eq!((answer.version, answer.snapshot_version), (version, snapshot));
        assert_eq!(state["balance"] == 7, version == 10, "version {version}: {state}");
    }
    world.sql("UPDATE log.past_snapshots SET fingerprint = fingerprint + 1").await;
    world.sql("UPDATE log.snapshots SET fingerprint = fingerprint + 1").await;
    let (answer, state) = state(&mut world, Some(At::Version(20))).await;
    assert_eq!((answer.snapshot_version, &state), (0, &honest));
}

#[tokio::test]
async fn what_does_not_exist_is_said_not_to() {
    let mut world = world_with_deposits(2).await;
    let of = |stream: &str, at| GetAggregateAtRequest {
        stream_id: stream.to_owned(),
        at,
        min_position: 0,
    };
    let status = world.client.get_aggregate_at(of("account-bob", None)).await.unwrap_err();
    assert_eq!(
        (status.code(), info(&status).reason.as_str()),
        (Code::NotFound, "STREAM_NOT_FOUND")
    );
    let beyond = of("account-alice", Some(At::Version(3)));
    let status = world.client.get_aggregate_at(beyond).await.unwrap_err();
    assert_eq!(status.code(), Code::InvalidArgument, "{status}");
    let story = GetTransferStoryRequest { transfer_id: "t".to_owned(), min_position: 0 };
    let status = world.client.get_transfer_story(story).await.unwrap_err();
    assert_eq!(
        (status.code(), info(&status).reason.as_str()),
        (Code::NotFound, "TRANSFER_NOT_FOUND")
    );
}

/// Events of other commands stand before, between and behind, of the same accounts too.
#[tokio::test]
async fn a_story_is_every_event_of_every_step_on_every_stream_and_nothing_else() {
    let mut world = World::start().await;
    let events = [
        ("account-a", "money-deposited", "other-1"),
        ("transfer-t", "transfer-initiated", "one"),
        ("account-a", "funds-held", "one"),
        ("account-a", "money-deposited", "other-2"),
        ("transfer-t", "transfer-approved", "two"),
        ("transfer-u", "transfer-initiated", "other-3"),
        ("account-b", "funds-held", "other-3"),
        ("transfer-t", "transfer-executed", "three"),
        ("account-a", "hold-released", "three"),
        ("account-a", "transfer-debited", "three"),
        ("account-b", "transfer-credited", "three"),
        ("account-b", "fee-charged", "other-4"),
    ];
    for (stream_id, event_type, command_id) in events {
        world
            .append_event(NewEvent { stream_id, event_type, command_id, ..Default::default() })
            .await;
    }
    let request = GetTransferStoryRequest { transfer_id: "t".to_owned(), min_position: 12 };
    let story = world.client.get_transfer_story(request).await.unwrap().into_inner().events;
    let told: Vec<_> = story.iter().map(|event| event.position).collect();
    assert_eq!(told, [2, 3, 5, 8, 9, 10, 11]);
    assert_eq!(
        (story[6].event_type.as_str(), story[6].actor.as_str()),
        ("transfer-credited", "clerk")
    );
}
