//! Streams of a domain that nothing here knows, in the bank's log: everything passes over them, and checks them as rows.

use daybook_core::event::NewEvent;
use daybook_core::ids::{CommandId, Version};
use daybook_core::stream::StreamId;
use daybook_eventlog::append::{Appended, Appender, Batch, NewCommand, Plan};
use daybook_proto::v1 as proto;
use daybook_testkit::servers::Service;
use serde_json::value::RawValue;
use sqlx::postgres::PgConnectOptions;
use uuid::Uuid;

use crate::fold::assert_read_models_equal_the_fold;
use crate::forgetting::as_projector;
use crate::verify::verify;
use crate::world::{BOUND, World};

/// Enough to have one in each partition.
const PARCELS: usize = 100;

fn json(text: &str) -> Box<RawValue> {
    RawValue::from_string(text.to_owned()).unwrap()
}

/// An event of each parcel, appended as one command.
async fn append_parcels(world: &World, version: i64) {
    let command_id = format!("parcels-{version}");
    let metadata =
        format!(r#"{{"actor":"post","correlation_id":"c","command_id":"{command_id}"}}"#);
    let event = |n| NewEvent {
        stream_id: StreamId::parse(&format!("parcel-{n}")).unwrap(),
        version: Version::new(version).unwrap(),
        event_type: "parcel-sent",
        schema_version: 7,
        event_id: Uuid::now_v7(),
        data: json(r#"{"to":"Rome"}"#),
        metadata: json(&metadata).into(),
    };
    let command_id = CommandId::new(&command_id).unwrap();
    let command = NewCommand { command_id, content_hash: [7; 32], event_count: PARCELS };
    let batch = Batch { commands: vec![command], events: (0..PARCELS).map(event).collect() };
    let url = world.stack.postgres.url(Service::Command.role(), "daybook");
    let options: PgConnectOptions = url.parse().unwrap();
    let mut appender = Appender::new(options);
    appender.connect(None).await.unwrap();
    let head = appender.head().await.unwrap();
    let appended = appender.append(&Plan::new(batch, &head)).await.unwrap();
    assert!(matches!(appended, Appended::Committed { .. }), "{appended:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn g7_streams_of_another_domain_stop_nothing_and_are_checked_as_rows() {
    let mut world = World::with_keys().await;
    world.open_accounts(10).await;
    append_parcels(&world, 1).await;
    assert!(world.load(10, 100).await > 50);
    append_parcels(&world, 2).await;
    world.stack.command.terminate(BOUND).await.unwrap();
    world.stack.start_again(Service::Command).await.unwrap();
    assert!(world.load(10, 100).await > 50);
    world.projected().await;
    let stopped = "SELECT count(*) FROM read.checkpoints WHERE stopped_cause IS NOT NULL";
    let stopped: i64 = sqlx::query_scalar(stopped).fetch_one(&world.admin).await.unwrap();
    assert_eq!(stopped, 0);
    assert_read_models_equal_the_fold(&world.admin).await;
    as_projector(&world, &["rebuild", "--all", "--verify"]).await;
    as_projector(&world, &["verify", "--all"]).await;
    assert_answers(&world).await;
    as_projector(&world, &["export", "statements", "--format", "csv"]).await;
    assert_damage_is_found(&world).await;
}

/// The log answers with these events too; the read models have none of them.
async fn assert_answers(world: &World) {
    let (mut query, min_position) = (world.query.clone(), world.head().await);
    let stream_id = "parcel-7".to_owned();
    let history = proto::GetEventHistoryRequest { stream_id, ..Default::default() };
    let events = query.get_event_history(history).await.unwrap().into_inner().events;
    let events: Vec<_> = events.iter().map(|e| (e.event_type.as_str(), e.version)).collect();
    assert_eq!(events, [("parcel-sent", 1), ("parcel-sent", 2)]);
    let actor = "post".to_owned();
    let by_post = proto::SearchAuditRequest { actor, min_position, ..Default::default() };
    let found = query.search_audit(by_post).await.unwrap().into_inner().events;
    assert!(found.is_empty(), "{found:?}");
    let all = proto::SearchAuditRequest { min_position, ..Default::default() };
    assert!(!query.search_audit(all).await.unwrap().into_inner().events.is_empty());
}

async fn assert_damage_is_found(world: &World) {
    sqlx::raw_sql(
        "ALTER TABLE log.events DISABLE TRIGGER events_append_only;
         UPDATE log.events SET version = 9 WHERE stream_id = 'parcel-7' AND version = 2;
         ALTER TABLE log.events ENABLE ALWAYS TRIGGER events_append_only",
    )
    .execute(&world.admin)
    .await
    .unwrap();
    let verified = verify(world, "daybook", "--all --log-only").await;
    let rules: Vec<_> = verified.findings.iter().map(|finding| &finding["rule"]).collect();
    assert_eq!(rules, ["version"], "{}", verified.printed);
}
