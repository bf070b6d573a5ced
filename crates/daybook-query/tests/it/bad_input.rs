//! Requests that cannot be right: each is INVALID_ARGUMENT and names its field.

use std::fmt::Debug;

use daybook_proto::v1::{
    GetAccountRequest, GetDailyActivityRequest, GetEventHistoryRequest, GetProjectionStatusRequest,
    GetStatementRequest, GetTransferRequest, ListAccountsRequest, ListTransfersRequest,
};
use prost_types::Timestamp;
use tonic::{Code, Response, Status};
use tonic_types::StatusExt as _;

use crate::world::World;

/// The outcome names `field`.
#[track_caller]
pub(crate) fn refused<T: Debug>(outcome: Result<Response<T>, Status>, field: &str) {
    let status = outcome.expect_err(field);
    assert_eq!(status.code(), Code::InvalidArgument, "{field}: {status}");
    let details = status.get_error_details();
    let violations = &details.bad_request().expect("BadRequest").field_violations;
    assert_eq!(violations[0].field, field, "{status}");
    assert_eq!(details.error_info().expect("ErrorInfo").metadata["field"], field);
}

#[tokio::test]
async fn ids_that_no_account_transfer_or_stream_has_are_refused() {
    let world = World::start().await;
    let mut client = world.client.clone();
    let long = "x".repeat(201);
    for id in
        ["", " ", "a b", "a\0b", "a\nb", "ä", "a/b", "'; DROP TABLE read.accounts_1; --", &long]
    {
        let account_id = id.to_owned();
        let request = GetAccountRequest { account_id: account_id.clone(), min_position: 0 };
        refused(client.get_account(request).await, "account_id");
        let request = GetStatementRequest { account_id: account_id.clone(), ..Default::default() };
        refused(client.get_statement(request).await, "account_id");
        let request = GetTransferRequest { transfer_id: id.to_owned(), min_position: 0 };
        refused(client.get_transfer(request).await, "transfer_id");
        if !id.is_empty() {
            let request = ListTransfersRequest { account_id, ..Default::default() };
            refused(client.list_transfers(request).await, "account_id");
        }
    }
    for stream_id in ["", "account", "account-", "-x", "account-a\0b", &long] {
        let request =
            GetEventHistoryRequest { stream_id: stream_id.to_owned(), ..Default::default() };
        refused(client.get_event_history(request).await, "stream_id");
    }
    for projection in ["a\0b", "a\nb", &long] {
        let request = GetProjectionStatusRequest { projection: projection.to_owned() };
        refused(client.get_projection_status(request).await, "projection");
    }
}

#[tokio::test]
async fn numbers_out_of_range_are_refused() {
    let world = World::start().await;
    let mut client = world.client.clone();
    let account_id = "alice".to_owned();
    for min_position in [-1, i64::MIN] {
        let request = GetAccountRequest { account_id: account_id.clone(), min_position };
        refused(client.get_account(request).await, "min_position");
        let request = ListAccountsRequest { min_position, ..Default::default() };
        refused(client.list_accounts(request).await, "min_position");
        let request = GetDailyActivityRequest { min_position, ..Default::default() };
        refused(client.get_daily_activity(request).await, "min_position");
    }
    for page_size in [-1, 1001, i32::MAX, i32::MIN] {
        let request = ListAccountsRequest { page_size, ..Default::default() };
        refused(client.list_accounts(request).await, "page_size");
        let request = ListTransfersRequest { page_size, ..Default::default() };
        refused(client.list_transfers(request).await, "page_size");
        let account_id = account_id.clone();
        let request = GetStatementRequest { account_id, page_size, ..Default::default() };
        refused(client.get_statement(request).await, "page_size");
        let stream_id = "account-alice".to_owned();
        let request = GetEventHistoryRequest { stream_id, page_size, ..Default::default() };
        refused(client.get_event_history(request).await, "page_size");
    }
    for status in [-1, 99] {
        let request = ListAccountsRequest { status, ..Default::default() };
        refused(client.list_accounts(request).await, "status");
        let request = ListTransfersRequest { status, ..Default::default() };
        refused(client.list_transfers(request).await, "status");
    }
    for (from_version, to_version, field) in
        [(-1, 0, "from_version"), (0, -1, "to_version"), (5, 4, "from_version")]
    {
        let stream_id = "account-alice".to_owned();
        let request =
            GetEventHistoryRequest { stream_id, from_version, to_version, ..Default::default() };
        refused(client.get_event_history(request).await, field);
    }
}

#[tokio::test]
async fn currencies_days_times_and_types_that_do_not_exist_are_refused() {
    let world = World::start().await;
    let mut client = world.client.clone();
    for currency in ["usd", "XXX", "ABC", "US", "USD ", "U\0D"] {
        let currency = currency.to_owned();
        let request = ListAccountsRequest { currency: currency.clone(), ..Default::default() };
        refused(client.list_accounts(request).await, "currency");
        let request = GetDailyActivityRequest { currency, ..Default::default() };
        refused(client.get_daily_activity(request).await, "currency");
    }
    for (from_day, to_day, field) in [
        ("2026-13-01", "", "from_day"),
        ("yesterday", "", "from_day"),
        ("", "2026-02-30", "to_day"),
        ("2026-01-02", "2026-01-01", "from_day"),
        ("2026-01-01", "2027-01-03", "to_day"),
    ] {
        let (from_day, to_day) = (from_day.to_owned(), to_day.to_owned());
        let request = GetDailyActivityRequest { from_day, to_day, ..Default::default() };
        refused(client.get_daily_activity(request).await, field);
    }
    let at = |seconds, nanos| Some(Timestamp { seconds, nanos });
    for (from, to, field) in [
        (at(10, 0), at(9, 0), "from"),
        (at(0, -1), None, "from"),
        (at(0, 1_000_000_000), None, "from"),
        (at(i64::MIN, 0), None, "from"),
        (None, at(i64::MAX, 0), "to"),
    ] {
        let account_id = "alice".to_owned();
        let request = GetStatementRequest { account_id, from, to, ..Default::default() };
        refused(client.get_statement(request).await, field);
    }
    for event_types in [vec!["x".to_owned(); 101], vec![String::new()], vec!["a\0".to_owned()]] {
        let stream_id = "account-alice".to_owned();
        let request = GetEventHistoryRequest { stream_id, event_types, ..Default::default() };
        refused(client.get_event_history(request).await, "event_types");
    }
}

#[tokio::test]
async fn a_page_token_that_is_malformed_or_of_another_request_is_refused() {
    let world = World::start().await;
    world
        .sql("INSERT INTO read.accounts_1 SELECT 'a' || n, 0, 'o', 'USD', 0, 0, 0, 'open', 1, now(), now() FROM generate_series(1, 3) n")
        .await;
    let mut client = world.client.clone();
    let first = ListAccountsRequest { page_size: 1, ..Default::default() };
    let own = client.list_accounts(first.clone()).await.unwrap().into_inner().next_page_token;

    let next = |page_token: &str| ListAccountsRequest {
        page_token: page_token.to_owned(),
        ..first.clone()
    };
    assert!(client.list_accounts(next(&own)).await.is_ok());
    let other_size = ListAccountsRequest { page_size: 2, ..next(&own) };
    assert!(client.list_accounts(other_size).await.is_ok());

    for token in ["x", "%%%", "bm90IG91cnM", &own[1..]] {
        refused(client.list_accounts(next(token)).await, "page_token");
    }
    let other_filter = ListAccountsRequest { currency: "USD".to_owned(), ..next(&own) };
    refused(client.list_accounts(other_filter).await, "page_token");
    let other_list = ListTransfersRequest { page_token: own.clone(), ..Default::default() };
    refused(client.list_transfers(other_list).await, "page_token");
    let statement = GetStatementRequest {
        account_id: "alice".to_owned(),
        page_token: own.clone(),
        ..Default::default()
    };
    refused(client.get_statement(statement).await, "page_token");
    let history = GetEventHistoryRequest {
        stream_id: "account-alice".to_owned(),
        page_token: own,
        ..Default::default()
    };
    refused(client.get_event_history(history).await, "page_token");
}
