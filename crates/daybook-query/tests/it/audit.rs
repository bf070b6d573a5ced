//! SearchAudit. What it finds is compared with the same rows filtered here, one by one.

use daybook_core::words::Words;
use daybook_proto::v1::{AuditEvent, Hidden, Money, SearchAuditRequest, SearchAuditResponse};
use prost_types::Timestamp;
use tonic::Code;

use crate::world::{World, info};

/// `2026-01-01T00:00:00Z` in Unix seconds; the event at position p is recorded p seconds later.
const EPOCH: i64 = 1_767_225_600;

/// A transfer of 100 × its number, and between its steps something on an account.
const TRANSFERS: i64 = 40;

/// Six rows a transfer: initiated, held, approved, a deposit, executed, a freeze.
pub(crate) async fn fill(world: &World, transfers: i64) {
    let word = |word: &str| Words::of(word).hashes()[0];
    let (rent, for_, month) = (word("rent"), word("for"), word("month"));
    let months: Vec<_> = (0..12).map(|month| word(&month.to_string())).collect();
    let numbers = format!("ARRAY{months:?}");
    world
        .sql(format!(
            "INSERT INTO read.audit_1
             SELECT 6 * n + k, to_timestamp({EPOCH} + 6 * n + k), step.version, amount, gen_random_uuid(), n % 4,
                 CASE WHEN step.stream = 't' AND amount IS NULL THEN 0
                      WHEN amount IS NOT NULL THEN 8 * shift + (amount >> shift) END,
                 CASE WHEN step.stream = 't' THEN 'transfer-t' || n ELSE 'account-a' || n % 7 END, step.type,
                 (ARRAY['alice', 'bob', 'carol'])[1 + (n + k) % 3], 'operation-' || n,
                 CASE WHEN k > 1 THEN 'command-' || n || '-' || k - 1 END, 'command-' || n || '-' || k,
                 CASE WHEN amount IS NOT NULL THEN (ARRAY['USD', 'JPY'])[1 + n % 2] END, '10.0.0.' || n % 9,
                 reason, CASE WHEN reason IS NOT NULL THEN ARRAY[{rent}, {for_}, {month}, ({numbers})[1 + n % 12]] END
             FROM generate_series(0, {transfers} - 1) AS n
             CROSS JOIN LATERAL (VALUES (1, 't', 1, 'transfer-initiated', 100 * n + 100), (2, 'a', 1, 'funds-held', 100 * n + 100),
                 (3, 't', 2, 'transfer-approved', NULL), (4, 'a', 2, 'money-deposited', 1 + n % 1000),
                 (5, 't', 3, 'transfer-executed', NULL), (6, 'a', 3, 'account-frozen', NULL))
                 AS step (k, stream, version, type, amount)
             CROSS JOIN LATERAL (SELECT CASE WHEN n % 5 > 0 THEN 'rent for month ' || n % 12 END) AS r (reason)
             CROSS JOIN LATERAL (SELECT greatest(0, length(ltrim(amount::bigint::bit(64)::text, '0')) - 4) AS shift) AS s"
        ))
        .await;
    world.all_checkpoints(6 * transfers).await;
}

async fn world_with_a_trail() -> World {
    let world = World::start().await;
    fill(&world, TRANSFERS).await;
    world
}

async fn ask(world: &mut World, request: SearchAuditRequest) -> SearchAuditResponse {
    world.client.search_audit(request).await.unwrap().into_inner()
}

/// All pages of a request, of `page_size` events each.
async fn all_pages(
    world: &mut World,
    request: &SearchAuditRequest,
    page_size: i32,
) -> Vec<AuditEvent> {
    let mut request = SearchAuditRequest { page_size, ..request.clone() };
    let mut events = Vec::new();
    loop {
        let answer = ask(world, request.clone()).await;
        assert!(answer.events.len() <= usize::try_from(page_size).unwrap());
        events.extend(answer.events);
        if answer.next_page_token.is_empty() {
            return events;
        }
        request.page_token = answer.next_page_token;
    }
}

/// The plain meaning of a request, without `caused_by` and `reason`.
fn matches(request: &SearchAuditRequest, event: &AuditEvent) -> bool {
    let is = |wanted: &str, text: &str| wanted.is_empty() || wanted == text;
    let at = event.recorded_at.unwrap().seconds;
    let amount = event.amount.clone().unwrap_or_default();
    let (min, max) = (request.min_amount_minor_units, request.max_amount_minor_units);
    is(&request.actor, &event.actor)
        && is(&request.stream_id, &event.stream_id)
        && is(&request.stream_type, event.stream_id.split('-').next().unwrap())
        && (request.event_types.is_empty() || request.event_types.contains(&event.event_type))
        && is(&request.correlation_id, &event.correlation_id)
        && request.from.is_none_or(|from| at >= from.seconds)
        && request.to.is_none_or(|to| at < to.seconds)
        && event.position >= request.from_position
        && (request.to_position == 0 || event.position <= request.to_position)
        && (min == 0 || amount.minor_units >= min)
        && (max == 0 || event.amount.is_some() && amount.minor_units <= max)
        && is(&request.currency, &amount.currency)
}

fn second(second: i64) -> Option<Timestamp> {
    Some(Timestamp { seconds: EPOCH + second, nanos: 0 })
}

/// Requests with one filter each, and with several.
fn requests() -> Vec<SearchAuditRequest> {
    let text = str::to_owned;
    let any = SearchAuditRequest::default;
    let types = |types: &[&str]| types.iter().map(|t| text(t)).collect::<Vec<_>>();
    vec![
        any(),
        SearchAuditRequest { actor: text("bob"), ..any() },
        SearchAuditRequest { actor: text("nobody"), ..any() },
        SearchAuditRequest { stream_id: text("transfer-t7"), ..any() },
        SearchAuditRequest { stream_type: text("transfer"), ..any() },
        SearchAuditRequest { stream_type: text("projection"), ..any() },
        SearchAuditRequest { event_types: types(&["transfer-approved"]), ..any() },
        SearchAuditRequest { event_types: types(&["funds-held", "account-frozen", "x"]), ..any() },
        SearchAuditRequest { correlation_id: text("operation-3"), ..any() },
        SearchAuditRequest { from: second(50), to: second(90), ..any() },
        SearchAuditRequest { from: second(500), ..any() },
        SearchAuditRequest { to: second(-5), ..any() },
        SearchAuditRequest { from_position: 17, to_position: 17, ..any() },
        SearchAuditRequest { from_position: 200, ..any() },
        SearchAuditRequest { min_amount_minor_units: 1000, ..any() },
        SearchAuditRequest { max_amount_minor_units: 500, ..any() },
        SearchAuditRequest {
            min_amount_minor_units: 300,
            max_amount_minor_units: 960,
            currency: text("JPY"),
            ..any()
        },
        SearchAuditRequest { currency: text("USD"), ..any() },
        SearchAuditRequest {
            actor: text("bob"),
            event_types: types(&["transfer-approved"]),
            min_amount_minor_units: 1001,
            ..any()
        },
        SearchAuditRequest {
            actor: text("alice"),
            stream_type: text("account"),
            from: second(30),
            to_position: 100,
            ..any()
        },
    ]
}

#[tokio::test]
async fn every_filter_finds_what_it_says_in_both_directions_and_in_pages_of_any_size() {
    let mut world = world_with_a_trail().await;
    let all = all_pages(&mut world, &SearchAuditRequest::default(), 1000).await;
    let positions: Vec<_> = all.iter().map(|event| event.position).collect();
    assert_eq!(positions, (1..=6 * TRANSFERS).collect::<Vec<_>>());
    for request in requests() {
        let mut expected: Vec<_> = all.iter().filter(|e| matches(&request, e)).cloned().collect();
        for backwards in [false, true] {
            let request = SearchAuditRequest { backwards, ..request.clone() };
            if backwards {
                expected.reverse();
            }
            for page_size in [1000, 7] {
                let found = all_pages(&mut world, &request, page_size).await;
                assert_eq!(found, expected, "{request:?} in pages of {page_size}");
            }
        }
    }
}

#[tokio::test]
async fn an_event_is_shown_with_who_where_when_why_and_how_much() {
    let mut world = world_with_a_trail().await;
    let request = SearchAuditRequest { from_position: 21, page_size: 1, ..Default::default() };
    let [event] = &ask(&mut world, request).await.events[..] else { panic!("one") };
    let expected = AuditEvent {
        position: 21,
        recorded_at: second(21),
        actor: "alice".to_owned(),
        reason: "rent for month 3".to_owned(),
        event_type: "transfer-approved".to_owned(),
        stream_id: "transfer-t3".to_owned(),
        version: 2,
        // The transfer's: an approval carries none.
        amount: Some(Money { minor_units: 400, currency: "JPY".to_owned() }),
        correlation_id: "operation-3".to_owned(),
        causation_id: "command-3-2".to_owned(),
        command_id: "command-3-3".to_owned(),
        event_id: event.event_id.clone(),
        ip: "10.0.0.3".to_owned(),
        reason_hidden: Hidden::Unspecified.into(),
    };
    assert_eq!(event, &expected);
}

#[tokio::test]
async fn everything_that_came_of_a_request_is_found_through_messages_between() {
    let mut world = world_with_a_trail().await;
    let event_id: String =
        sqlx::query_scalar("SELECT event_id::text FROM read.audit_1 WHERE position = 33")
            .fetch_one(&world.admin)
            .await
            .unwrap();
    // An event as the cause, of something in another operation; and a ring.
    world
        .sql(format!(
            "UPDATE read.audit_1 SET causation_id = '{event_id}' WHERE position = 91;
             UPDATE read.audit_1 SET causation_id = 'command-5-6' WHERE position = 31;
             INSERT INTO log.commands VALUES ('command-5-3', 33, 1, '')"
        ))
        .await;
    let found = |caused_by: &str| SearchAuditRequest {
        caused_by: caused_by.to_owned(),
        page_size: 1000,
        ..Default::default()
    };
    let positions = |answer: SearchAuditResponse| {
        answer.events.into_iter().map(|event| event.position).collect::<Vec<_>>()
    };
    let ring = (31..=36).chain(91..=96).collect::<Vec<_>>();
    // A command with its own events, a command that only others name, an event, and nobody.
    assert_eq!(positions(ask(&mut world, found("command-5-3")).await), ring);
    assert_eq!(positions(ask(&mut world, found("command-5-4")).await), ring);
    assert_eq!(positions(ask(&mut world, found(&event_id)).await), (91..=96).collect::<Vec<_>>());
    assert_eq!(positions(ask(&mut world, found("command-9")).await), [0; 0]);
    let of_bob = SearchAuditRequest { actor: "bob".to_owned(), ..found("command-5-3") };
    assert!(ask(&mut world, of_bob).await.events.iter().all(|event| event.actor == "bob"));
}

#[tokio::test]
async fn words_of_a_reason_are_found_in_any_order_and_emptied_reasons_are_not() {
    let mut world = world_with_a_trail().await;
    let with = |reason: &str, page_size| SearchAuditRequest {
        reason: reason.to_owned(),
        page_size,
        ..Default::default()
    };
    for (words, count) in [("RENT", 192), ("month rent 3", 18), ("rent 13", 0), ("ren", 0)] {
        let found = all_pages(&mut world, &with(words, 50), 50).await;
        assert_eq!(found.len(), count, "{words}");
        assert!(found.is_sorted_by_key(|event| event.position));
    }
    let of_carol = SearchAuditRequest { actor: "carol".to_owned(), ..with("rent", 1000) };
    assert!(!ask(&mut world, of_carol.clone()).await.events.is_empty());
    let large = SearchAuditRequest { min_amount_minor_units: 3900, ..with("rent", 1000) };
    assert!(ask(&mut world, large).await.events.iter().all(|e| e.stream_id == "transfer-t38"
        || e.stream_id == "transfer-t39"
        || e.event_type == "funds-held"));
    world.sql("UPDATE read.audit_1 SET reason = NULL, words = NULL WHERE actor = 'carol'").await;
    assert!(ask(&mut world, of_carol).await.events.is_empty());
}

#[tokio::test]
async fn nothing_beyond_the_partition_that_is_furthest_behind_is_shown_and_nothing_passed_over() {
    let mut world = world_with_a_trail().await;
    world
        .sql("UPDATE read.checkpoints SET position = 30 WHERE projection = 'audit' AND partition = 2")
        .await;
    let whole = SearchAuditRequest { page_size: 1000, ..Default::default() };
    let answer = ask(&mut world, whole.clone()).await;
    assert_eq!((answer.events.len(), answer.checkpoint), (30, 30));
    let newest = SearchAuditRequest { backwards: true, page_size: 1, ..whole };
    assert_eq!(ask(&mut world, newest).await.events[0].position, 30);
}

#[tokio::test]
async fn a_page_looks_at_so_many_rows_and_leads_on_where_it_ended() {
    let mut world = World::start().await;
    fill(&world, 5000).await;
    world.sql("UPDATE read.audit_1 SET actor = 'rare' WHERE position = 29999").await;
    world.sql("UPDATE read.audit_1 SET actor = 'bob' WHERE position < 29999").await;
    let request = SearchAuditRequest {
        actor: "bob".to_owned(),
        stream_id: String::new(),
        currency: "USD".to_owned(),
        min_amount_minor_units: 499_900,
        page_size: 1000,
        ..Default::default()
    };
    let first = ask(&mut world, request.clone()).await;
    assert!(first.events.is_empty() && !first.next_page_token.is_empty(), "{first:?}");
    let found = all_pages(&mut world, &request, 1000).await;
    let positions: Vec<_> = found.iter().map(|event| event.position).collect();
    // The last transfer in USD is the one with number 4998: 499,900.
    assert_eq!(positions, [29_989, 29_990, 29_991, 29_993]);
}

#[tokio::test]
async fn too_many_consequences_are_refused() {
    let mut world = World::start().await;
    world
        .sql(
            "INSERT INTO read.audit_1 (position, recorded_at, version, event_id, partition, stream_id, event_type, actor,
                 correlation_id, causation_id, command_id)
             SELECT n, now(), n, gen_random_uuid(), 0, 'account-a', 'account-frozen', 'x', 'o', 'root', 'c' || n
             FROM generate_series(1, 10001) AS n",
        )
        .await;
    world.all_checkpoints(10_001).await;
    let request = SearchAuditRequest { caused_by: "root".to_owned(), ..Default::default() };
    let status = world.client.search_audit(request.clone()).await.unwrap_err();
    assert_eq!(status.code(), Code::ResourceExhausted, "{status}");
    assert_eq!(info(&status).reason, "ANSWER_TOO_LARGE");
    world.sql("DELETE FROM read.audit_1 WHERE position = 10001").await;
    assert_eq!(ask(&mut world, request).await.events.len(), 50);
}
