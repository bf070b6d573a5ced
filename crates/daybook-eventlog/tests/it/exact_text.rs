//! Events come back as they went in: data and metadata byte for byte, all else value for value.

use daybook_core::event::{NewEvent, PAYLOAD_BYTES_MAX};
use daybook_core::ids::Position;

use crate::support::TestLog;
use crate::support::build::{event, json, version};

/// Each would come back otherwise from a type that parses it: a key dropped, a number or a blank rewritten.
const TEXTS: [&str; 10] = [
    r#"{"a":1,"a":2}"#,
    r#"{"n":1e2,"m":1.0,"k":100,"z":-0}"#,
    r#"{ "spaces" :  [ 1 ,2 ]	}"#,
    "{\n  \"lines\": true\n}",
    r#"{"zebra":1,"aardvark":2}"#,
    r#"{"text":"naïve – 日本語 – 🦀 – é"}"#,
    r#"{"escaped":"\u00e9\ud83e\udd80\n\/\""}"#,
    r#"{"big":123456789012345678901234567890.000000000000000000001}"#,
    r#""only a string""#,
    "null",
];

#[tokio::test]
async fn data_and_metadata_come_back_byte_for_byte() {
    let log = TestLog::start().await;
    let mut writer = log.writer().await;
    // Metadata is an object with an actor in any case.
    let metadata_of = |text: &str| format!(r#"{{ "odd":{text} ,"actor":"a"}}"#);
    let events = TEXTS.iter().zip(TEXTS.iter().rev()).zip(1..).map(|((data, odd), n)| NewEvent {
        data: json(data),
        metadata: json(&metadata_of(odd)).into(),
        ..event("account-a", n)
    });
    writer.must_append(events.collect()).await;
    let all = log.all().await;
    assert_eq!(all.len(), TEXTS.len());
    for (stored, (data, odd)) in all.iter().zip(TEXTS.iter().zip(TEXTS.iter().rev())) {
        assert_eq!(stored.data.get(), *data);
        assert_eq!(stored.metadata.get(), metadata_of(odd));
    }
}

#[tokio::test]
async fn the_largest_payload_comes_back_byte_for_byte() {
    let log = TestLog::start().await;
    let data = format!("\"{}\"", "é".repeat((PAYLOAD_BYTES_MAX - 2) / 2));
    assert_eq!(data.len(), PAYLOAD_BYTES_MAX);
    let large = NewEvent { data: json(&data), ..event("account-a", 1) };
    log.writer().await.must_append(vec![large]).await;
    assert_eq!(log.all().await[0].data.get(), data);
}

/// What an instance publishes after its append is what a reader of the log gets.
#[tokio::test]
async fn an_append_knows_its_events_as_the_log_has_them() {
    let log = TestLog::start().await;
    let mut writer = log.writer().await;
    let plan = writer.plan(vec![
        NewEvent { schema_version: 3, data: json(r#"{"a": 1e2}"#), ..event("account-ä", 1) },
        event("transfer-b", 1),
        NewEvent { version: version(2), ..event("account-ä", 2) },
    ]);
    writer.append(&plan).await.unwrap();
    let published = plan.into_recorded(writer.head.recorded_at);
    let stored = log.all().await;
    assert_eq!(format!("{published:#?}"), format!("{stored:#?}"));
    assert_eq!(stored[2].position, Position::new(3).unwrap());
    assert_eq!(stored[2].prev_position, Position::new(1).unwrap());
}
