//! What operators tell projections: recorded with who and why, refused where it cannot be right.

use daybook_core::partition::Partition;
use daybook_core::stream::StreamId;
use daybook_proto::v1 as proto;
use daybook_proto::v1::command_service_client::CommandServiceClient;
use daybook_proto::v1::execute_stream_request::Command;
use daybook_proto::v1::execute_stream_response::Outcome;
use tonic::Code;
use tonic::transport::Channel;

use crate::support::{PARTITIONS, World, by, open, reason};

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

/// Opens an account with the first event of the log; gives its partition.
async fn opened(client: &mut CommandServiceClient<Channel>) -> i32 {
    client.open_account(by("teller", open("a"))).await.unwrap();
    i32::from(Partition::of(&StreamId::parse("account-a").unwrap(), PARTITIONS).0)
}

#[tokio::test]
async fn a_skip_and_a_retry_are_events_with_who_and_why() {
    let world = World::new().await;
    let mut client = world.service(&[]).await.client;
    let partition = opened(&mut client).await;
    client.retry_projection_event(by("olga", retry(partition, 1))).await.unwrap();
    client.skip_projection_event(by("otto", skip(partition, 1))).await.unwrap();
    let twice = client.skip_projection_event(by("olga", skip(partition, 1))).await.unwrap_err();
    assert_eq!(reason(&twice), (Code::AlreadyExists, "SKIPPED_ALREADY".to_owned()));
    let events: Vec<(String, String, String, String)> = sqlx::query_as(
        "SELECT event_type, data::text, metadata ->> 'actor', metadata -> 'reason' ->> 'plain'
         FROM log.events WHERE stream_id = 'projection-accounts' ORDER BY version",
    )
    .fetch_all(&world.admin)
    .await
    .unwrap();
    let place = format!(r#"{{"partition":{partition},"position":1}}"#);
    let event = |event_type: &str, actor: &str, why: &str| {
        (event_type.to_owned(), place.clone(), actor.to_owned(), why.to_owned())
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

/// The projection, the partition and the position of what the log does not hold: by a call and in a stream of commands.
#[tokio::test]
async fn what_names_no_event_of_the_log_or_no_projection_is_refused_and_leaves_no_trace() {
    let world = World::new().await;
    let mut client = world.service(&[]).await.client;
    let partition = opened(&mut client).await;
    let unknown = proto::SkipProjectionEventRequest {
        projection: "acounts".to_owned(),
        ..skip(partition, 1)
    };
    let other = (partition + 1) % i32::from(PARTITIONS);
    for (request, code, says) in [
        (unknown, Code::NotFound, "acounts"),
        (skip(other, 1), Code::InvalidArgument, "`partition` is"),
        (skip(partition, 2), Code::NotFound, "ends at 1"),
        (skip(partition, i64::MAX), Code::NotFound, "ends at 1"),
    ] {
        let refused = client.skip_projection_event(by("olga", request.clone())).await.unwrap_err();
        assert_eq!(refused.code(), code, "{request:?}: {}", refused.message());
        assert!(refused.message().contains(says), "{request:?}: {}", refused.message());
        let proto::SkipProjectionEventRequest { context, projection, partition, position } =
            request.clone();
        let retry = proto::RetryProjectionEventRequest { context, projection, partition, position };
        let refused = client.retry_projection_event(by("olga", retry)).await.unwrap_err();
        assert_eq!(refused.code(), code, "{}", refused.message());

        let command = Some(Command::SkipProjectionEvent(request));
        let requests = [proto::ExecuteStreamRequest { sequence: 1, command }];
        let answers =
            client.execute_stream(by("olga", tokio_stream::iter(requests))).await.unwrap();
        let answer = answers.into_inner().message().await.unwrap().unwrap();
        let Some(Outcome::Failure(failure)) = answer.outcome else { panic!("{answer:?}") };
        assert_eq!(failure.code, i32::from(code), "{failure:?}");
    }
    assert_eq!(world.event_count().await, 1);
}
