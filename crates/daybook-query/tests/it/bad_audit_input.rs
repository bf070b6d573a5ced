//! As `bad_input`, for the questions of an auditor.

use daybook_proto::v1::{
    ExplainBalanceRequest, GetAggregateAtRequest, GetTransferStoryRequest, GetTrialBalanceRequest,
    SearchAuditRequest, explain_balance_request, get_aggregate_at_request,
    get_trial_balance_request,
};
use prost_types::Timestamp;

use crate::bad_input::refused;
use crate::world::World;

const TIMES_THAT_ARE_NONE: [Timestamp; 4] = [
    Timestamp { seconds: i64::MIN, nanos: 0 },
    Timestamp { seconds: 0, nanos: -1 },
    Timestamp { seconds: 0, nanos: i32::MIN },
    Timestamp { seconds: 0, nanos: 1_000_000_000 },
];

#[tokio::test]
async fn filters_that_no_event_can_fulfil_are_refused() {
    let world = World::start().await;
    let mut client = world.client.clone();
    let any = SearchAuditRequest::default;
    let text = str::to_owned;
    let long = "x".repeat(201);
    let at = |seconds, nanos| Some(Timestamp { seconds, nanos });
    let cases = [
        (SearchAuditRequest { actor: text("a\0b"), ..any() }, "actor"),
        (SearchAuditRequest { actor: long.clone(), ..any() }, "actor"),
        (SearchAuditRequest { stream_id: text("account"), ..any() }, "stream_id"),
        (SearchAuditRequest { stream_type: text("ledger"), ..any() }, "stream_type"),
        (SearchAuditRequest { event_types: vec![text("x"); 101], ..any() }, "event_types"),
        (SearchAuditRequest { event_types: vec![text("a\0")], ..any() }, "event_types"),
        (SearchAuditRequest { correlation_id: text("a\nb"), ..any() }, "correlation_id"),
        (SearchAuditRequest { caused_by: long.clone(), ..any() }, "caused_by"),
        (SearchAuditRequest { from: at(10, 0), to: at(9, 0), ..any() }, "from"),
        (SearchAuditRequest { from: at(0, -1), ..any() }, "from"),
        (SearchAuditRequest { to: at(i64::MAX, 0), ..any() }, "to"),
        (SearchAuditRequest { from_position: -1, ..any() }, "from_position"),
        (SearchAuditRequest { to_position: -1, ..any() }, "to_position"),
        (SearchAuditRequest { from_position: 5, to_position: 4, ..any() }, "from_position"),
        (SearchAuditRequest { min_amount_minor_units: -1, ..any() }, "min_amount_minor_units"),
        (SearchAuditRequest { max_amount_minor_units: -1, ..any() }, "max_amount_minor_units"),
        (
            SearchAuditRequest { min_amount_minor_units: 5, max_amount_minor_units: 4, ..any() },
            "min_amount_minor_units",
        ),
        (SearchAuditRequest { currency: text("usd"), ..any() }, "currency"),
        (SearchAuditRequest { reason: text("?!"), ..any() }, "reason"),
        (SearchAuditRequest { reason: text("a\0b"), ..any() }, "reason"),
        (SearchAuditRequest { reason: long, ..any() }, "reason"),
        (SearchAuditRequest { page_size: 1001, ..any() }, "page_size"),
        (SearchAuditRequest { page_token: text("x"), ..any() }, "page_token"),
        (SearchAuditRequest { min_position: -1, ..any() }, "min_position"),
    ];
    for (request, field) in cases {
        refused(client.search_audit(request).await, field);
    }
    // Whatever is put into a statement is a value there.
    for odd in ["'; DROP TABLE read.audit_1; --", "$1", "a' OR 'a' = 'a", "& | ! <-> :*"] {
        let request = SearchAuditRequest {
            actor: text(odd),
            correlation_id: text(odd),
            reason: format!("word {odd}"),
            event_types: vec![text(odd)],
            ..any()
        };
        let answer = client.search_audit(request).await.unwrap().into_inner();
        assert!(answer.events.is_empty(), "{odd}");
    }
    world.sql("SELECT FROM read.audit_1").await;
}

#[tokio::test]
async fn moments_that_cannot_be_are_refused() {
    use explain_balance_request::At as ExplainAt;
    use get_aggregate_at_request::At as StateAt;
    let world = World::start().await;
    let mut client = world.client.clone();
    let alice = |at| ExplainBalanceRequest {
        account_id: "alice".to_owned(),
        at: Some(at),
        ..Default::default()
    };
    let state = |at| GetAggregateAtRequest {
        stream_id: "account-alice".to_owned(),
        at: Some(at),
        min_position: 0,
    };
    for number in [0, -1] {
        refused(client.explain_balance(alice(ExplainAt::Version(number))).await, "version");
        refused(client.explain_balance(alice(ExplainAt::Position(number))).await, "position");
        refused(client.get_aggregate_at(state(StateAt::Version(number))).await, "version");
        refused(client.get_aggregate_at(state(StateAt::Position(number))).await, "position");
    }
    for time in TIMES_THAT_ARE_NONE {
        refused(client.explain_balance(alice(ExplainAt::Time(time))).await, "time");
        refused(client.get_aggregate_at(state(StateAt::Time(time))).await, "time");
    }
}

#[tokio::test]
async fn ids_days_and_positions_that_do_not_exist_are_refused() {
    use get_trial_balance_request::At;
    let world = World::start().await;
    let mut client = world.client.clone();
    for id in ["", "a b", "a\0b"] {
        let id = id.to_owned();
        let account = ExplainBalanceRequest { account_id: id.clone(), ..Default::default() };
        refused(client.explain_balance(account).await, "account_id");
        let story = GetTransferStoryRequest { transfer_id: id.clone(), min_position: 0 };
        refused(client.get_transfer_story(story).await, "transfer_id");
        let state = GetAggregateAtRequest { stream_id: id, ..Default::default() };
        refused(client.get_aggregate_at(state).await, "stream_id");
    }
    let of = ExplainBalanceRequest {
        account_id: "alice".to_owned(),
        transfer_id: "a b".to_owned(),
        ..Default::default()
    };
    refused(client.explain_balance(of).await, "transfer_id");
    let at = |at| GetTrialBalanceRequest { at: Some(at), min_position: 0 };
    for day in ["", "yesterday", "2026-02-30", "9999-12-31"] {
        refused(client.get_trial_balance(at(At::Day(day.to_owned()))).await, "day");
    }
    for position in [0, -1] {
        refused(client.get_trial_balance(at(At::Position(position))).await, "position");
    }
}
