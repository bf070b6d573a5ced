//! Times of the log that are wrong are told with every answer.

use std::time::Duration;

use daybook_proto::v1::GetEventHistoryRequest;
use daybook_testkit::eventually;

use crate::world::{NewEvent, World};

#[tokio::test]
async fn an_accepted_time_is_told_with_every_answer() {
    let world = World::start().await;
    world.append("account-alice", "account-opened", 0).await;
    let stream_id = "account-alice".to_owned();
    let history = GetEventHistoryRequest { stream_id, ..Default::default() };
    let told = async || {
        let answer = world.client.clone().get_event_history(history.clone()).await.unwrap();
        let spans = answer.metadata().get("daybook-wrong-times")?;
        Some(spans.to_str().unwrap().to_owned())
    };
    assert_eq!(told().await, None);
    let data = r#"{"position": 1, "recorded_at": "2109-01-14T10:00:00Z", "accepted_at": "2026-11-28T10:00:00Z"}"#;
    world
        .append_event(NewEvent {
            stream_id: "clock-log",
            event_type: "clock-time-accepted",
            data,
            ..NewEvent::default()
        })
        .await;
    eventually("the span is told", Duration::from_secs(20), async || {
        let expected = "2026-11-28T10:00:00Z/2109-01-14T10:00:00Z";
        anyhow::ensure!(told().await.as_deref() == Some(expected), "not yet");
        Ok(())
    })
    .await;
}
