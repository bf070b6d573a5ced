//! GetEventHistory.

use std::time::Duration;

use daybook_proto::v1::{Event, GetEventHistoryRequest, GetEventHistoryResponse};
use tonic::{Code, Request};

use crate::world::{World, info};

fn all_of(stream_id: &str) -> GetEventHistoryRequest {
    GetEventHistoryRequest { stream_id: stream_id.to_owned(), ..Default::default() }
}

async fn ask(world: &mut World, request: GetEventHistoryRequest) -> GetEventHistoryResponse {
    world.client.get_event_history(request).await.unwrap().into_inner()
}

fn versions(events: &[Event]) -> Vec<i64> {
    events.iter().map(|event| event.version).collect()
}

/// `account-alice` has versions 1 to 100, every tenth a fee; other streams' events lie between.
async fn world_with_a_history() -> World {
    let world = World::start().await;
    for n in 1..=100 {
        world.append("account-bob", "money-deposited", 0).await;
        let event_type = if n % 10 == 0 { "fee-charged" } else { "money-deposited" };
        world.append("account-alice", event_type, 0).await;
    }
    world
}

#[tokio::test]
async fn an_event_is_shown_exactly_as_it_was_appended_with_who_when_and_why() {
    let mut world = World::start().await;
    world.append("account-bob", "account-opened", 0).await;
    world.append("account-alice", "account-opened", 0).await;
    let answer = ask(&mut world, all_of("account-alice")).await;
    let [event] = &*answer.events else { panic!("one event: {answer:?}") };
    assert_eq!((event.position, event.version, event.schema_version), (2, 1, 1));
    assert_eq!(
        (event.stream_id.as_str(), event.event_type.as_str()),
        ("account-alice", "account-opened")
    );
    assert_eq!(event.data_json, r#"{"b": 1,  "a": 1e2}"#);
    assert!(event.metadata_json.contains(r#""reason": {"plain": "rent"}"#));
    assert_eq!(
        [
            &event.actor,
            &event.reason,
            &event.correlation_id,
            &event.causation_id,
            &event.command_id
        ],
        ["clerk", "rent", "c-1", "m-1", "d-1"]
    );
    assert!(event.recorded_at.is_some_and(|at| at.seconds > 1_700_000_000));
    assert_eq!(event.event_id.len(), 36);
}

#[tokio::test]
async fn history_is_read_between_versions_by_type_and_in_either_direction() {
    let mut world = world_with_a_history().await;
    let cases: [(GetEventHistoryRequest, Vec<i64>); 6] = [
        (GetEventHistoryRequest { from_version: 98, ..all_of("account-alice") }, vec![98, 99, 100]),
        (
            GetEventHistoryRequest {
                from_version: 3,
                to_version: 5,
                backwards: true,
                ..all_of("account-alice")
            },
            vec![5, 4, 3],
        ),
        (
            GetEventHistoryRequest {
                event_types: vec!["fee-charged".to_owned(), "no-such-type".to_owned()],
                to_version: 30,
                ..all_of("account-alice")
            },
            vec![10, 20, 30],
        ),
        (
            GetEventHistoryRequest {
                event_types: vec!["no-such-type".to_owned()],
                ..all_of("account-alice")
            },
            vec![],
        ),
        (GetEventHistoryRequest { from_version: 101, ..all_of("account-alice") }, vec![]),
        (all_of("account-alice"), (1..=50).collect()),
    ];
    for (request, expected) in cases {
        let answer = ask(&mut world, request.clone()).await;
        assert_eq!(versions(&answer.events), expected, "{request:?}");
    }
}

#[tokio::test]
async fn all_pages_of_a_history_are_one_big_page_in_either_direction() {
    let mut world = world_with_a_history().await;
    for backwards in [false, true] {
        let request = GetEventHistoryRequest { backwards, ..all_of("account-alice") };
        let big =
            ask(&mut world, GetEventHistoryRequest { page_size: 1000, ..request.clone() }).await;
        assert_eq!(big.events.len(), 100);
        let mut request = GetEventHistoryRequest { page_size: 33, ..request };
        let mut paged = Vec::new();
        loop {
            let answer = ask(&mut world, request.clone()).await;
            paged.extend(answer.events);
            if answer.next_page_token.is_empty() {
                break;
            }
            request.page_token = answer.next_page_token;
        }
        assert_eq!(paged, big.events);
    }
}

#[tokio::test]
async fn g11_a_page_of_long_events_is_cut_to_what_a_message_may_hold() {
    let mut world = world_with_a_history().await;
    // No service may change an event; the owner who switches the triggers off can.
    world
        .sql(
            "ALTER TABLE log.events DISABLE TRIGGER ALL;
             UPDATE log.events SET data = json_build_object('x', repeat('y', 64000)) WHERE stream_id = 'account-alice'",
        )
        .await;
    let mut request = GetEventHistoryRequest { page_size: 1000, ..all_of("account-alice") };
    let mut seen = Vec::new();
    let mut pages = 0;
    loop {
        let answer = ask(&mut world, request.clone()).await;
        pages += 1;
        seen.extend(versions(&answer.events));
        if answer.next_page_token.is_empty() {
            break;
        }
        request.page_token = answer.next_page_token;
    }
    assert_eq!(seen, (1..=100).collect::<Vec<_>>());
    assert_eq!(pages, 2);
}

#[tokio::test]
async fn a_stream_without_events_is_not_found() {
    let mut world = World::start().await;
    let status = world.client.get_event_history(all_of("account-nobody")).await.unwrap_err();
    assert_eq!(
        (status.code(), info(&status).reason.as_str()),
        (Code::NotFound, "STREAM_NOT_FOUND")
    );
}

#[tokio::test]
async fn g9_history_waits_for_the_head_of_the_log() {
    let mut world = World::start().await;
    world.append("account-alice", "account-opened", 0).await;
    let beyond = GetEventHistoryRequest { min_position: 2, ..all_of("account-alice") };

    // A connection is there before the time runs.
    assert!(world.client.get_event_history(all_of("account-alice")).await.is_ok());
    let mut hurried = Request::new(beyond.clone());
    hurried.set_timeout(Duration::from_secs(2));
    let status = world.client.get_event_history(hurried).await.unwrap_err();
    assert_eq!(status.code(), Code::DeadlineExceeded, "{status}");
    assert_eq!(info(&status).reason, "READ_MODEL_BEHIND");
    assert_eq!(info(&status).metadata["checkpoint"], "1");

    let mut client = world.client.clone();
    let waiting = tokio::spawn(async move { client.get_event_history(beyond).await });
    world.append("account-alice", "money-deposited", 0).await;
    let answer = waiting.await.unwrap().unwrap().into_inner();
    assert_eq!(versions(&answer.events), [1, 2]);
}
