//! What operators tell projections: recorded with who and why, refused where it cannot be right.

use daybook_proto::v1 as proto;
use tonic::Code;

use crate::support::{World, by, reason};

fn because(why: &str) -> Option<proto::CommandContext> {
    Some(proto::CommandContext { reason: why.to_owned(), ..Default::default() })
}

fn skip(partition: i32, position: i64) -> proto::SkipProjectionEventRequest {
    let (context, projection) = (because("broken import"), "accounts".to_owned());
    proto::SkipProjectionEventRequest { context, projection, partition, position }
}

fn retry(partition: i32, position: i64) -> proto::RetryProjectionEventRequest {
    let (context, projection) = (because("row mended"), "accounts".to_owned());
    proto::RetryProjectionEventRequest { context, projection, partition, position }
}

#[tokio::test]
async fn a_skip_and_a_retry_are_events_with_who_and_why() {
    let world = World::new().await;
    let mut client = world.service(&[]).await.client;
    client.retry_projection_event(by("olga", retry(3, 7))).await.unwrap();
    client.skip_projection_event(by("otto", skip(3, 7))).await.unwrap();
    let twice = client.skip_projection_event(by("olga", skip(3, 7))).await.unwrap_err();
    assert_eq!(reason(&twice), (Code::AlreadyExists, "SKIPPED_ALREADY".to_owned()));
    let events: Vec<(String, String, String, String)> = sqlx::query_as(
        "SELECT event_type, data::text, metadata ->> 'actor', metadata -> 'reason' ->> 'plain'
         FROM log.events WHERE stream_id = 'projection-accounts' ORDER BY version",
    )
    .fetch_all(&world.admin)
    .await
    .unwrap();
    let place = r#"{"partition":3,"position":7}"#;
    let event = |event_type: &str, actor: &str, why: &str| {
        (event_type.to_owned(), place.to_owned(), actor.to_owned(), why.to_owned())
    };
    assert_eq!(
        events,
        [
            event("projection-retry-requested", "olga", "row mended"),
            event("projection-event-skipped", "otto", "broken import"),
        ]
    );
}

#[tokio::test]
async fn a_skip_that_cannot_be_right_is_refused_with_the_field_and_leaves_no_trace() {
    let world = World::new().await;
    let mut client = world.service(&[]).await.client;
    let mut wrong = [(); 6].map(|()| skip(3, 7));
    wrong[0].context = None;
    wrong[1].projection = "a b".to_owned();
    wrong[2].projection = String::new();
    wrong[3].partition = -1;
    wrong[4].partition = 1024;
    wrong[5].position = 0;
    let fields =
        ["context.reason", "projection", "projection", "partition", "partition", "position"];
    for (request, field) in wrong.into_iter().zip(fields) {
        let refused = client.skip_projection_event(by("olga", request.clone())).await.unwrap_err();
        assert_eq!(refused.code(), Code::InvalidArgument, "{request:?}");
        assert!(refused.message().contains(field), "{request:?}: {}", refused.message());
        let proto::SkipProjectionEventRequest { context, projection, partition, position } =
            request;
        let retry = proto::RetryProjectionEventRequest { context, projection, partition, position };
        let refused = client.retry_projection_event(by("olga", retry)).await.unwrap_err();
        assert!(refused.message().contains(field), "{}", refused.message());
    }
    assert_eq!(world.event_count().await, 0);
}
