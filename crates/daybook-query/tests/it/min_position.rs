//! G9: an answer that reflects the position asked for, or a clear error in time.

use std::time::{Duration, Instant};

use daybook_proto::v1::{
    ExplainBalanceRequest, GetAccountRequest, GetAggregateAtRequest, GetCheckpointRequest,
    GetDailyActivityRequest, GetEventHistoryRequest, GetStatementRequest, GetTransferRequest,
    GetTransferStoryRequest, GetTrialBalanceRequest, ListAccountsRequest, ListTransfersRequest,
    SearchAuditRequest, explain_balance_request, get_aggregate_at_request,
    get_trial_balance_request,
};
use tonic::{Code, Request, Status};

use crate::world::{AccountRow, PARTITIONS, PROJECTIONS, World, info, partition_of};

fn alice_at(min_position: i64) -> GetAccountRequest {
    GetAccountRequest { account_id: "alice".to_owned(), min_position }
}

#[tokio::test]
async fn g9_an_answer_waits_for_its_partition_and_reflects_the_position() {
    let world = World::start().await;
    world.account(AccountRow { balance: 1, ..Default::default() }).await;
    world.all_checkpoints(4).await;

    let mut client = world.client.clone();
    let waiting = tokio::spawn(async move { client.get_account(alice_at(5)).await });
    world.somebody_waits().await;
    assert!(!waiting.is_finished());
    // Rows and checkpoint move in one transaction, and only in the partition that holds the account.
    let partition = partition_of("account-alice");
    world
        .sql(format!(
            "BEGIN;
             UPDATE read.checkpoints SET position = 9 WHERE projection = 'accounts' AND partition = {partition};
             UPDATE read.accounts_1 SET balance = 2;
             COMMIT"
        ))
        .await;
    let answer = waiting.await.unwrap().unwrap().into_inner();
    assert_eq!(answer.checkpoint, 9);
    assert_eq!(answer.account.unwrap().balance_minor_units, 2);
}

#[tokio::test]
async fn g9_a_list_waits_for_every_partition() {
    let world = World::start().await;
    world.all_checkpoints(5).await;
    world.sql("UPDATE read.checkpoints SET position = 4 WHERE partition = 3").await;

    let mut client = world.client.clone();
    let request = ListAccountsRequest { min_position: 5, ..Default::default() };
    let waiting = tokio::spawn(async move { client.list_accounts(request).await });
    world.somebody_waits().await;
    assert!(!waiting.is_finished());
    world.all_checkpoints(6).await;
    assert_eq!(waiting.await.unwrap().unwrap().into_inner().checkpoint, 6);
}

#[tokio::test]
async fn g9_an_answer_that_is_not_there_in_time_is_a_clear_error() {
    let mut world = World::start_with(&["--wait-max-ms", "200"]).await;
    world.all_checkpoints(4).await;

    let started = Instant::now();
    let status = world.client.get_account(alice_at(5)).await.unwrap_err();
    assert!(started.elapsed() >= Duration::from_millis(200));
    assert_eq!(status.code(), Code::DeadlineExceeded, "{status}");
    let info = info(&status);
    assert_eq!((info.reason.as_str(), info.domain.as_str()), ("READ_MODEL_BEHIND", "daybook"));
    assert_eq!((&*info.metadata["min_position"], &*info.metadata["checkpoint"]), ("5", "4"));
}

#[tokio::test]
async fn g9_the_callers_own_deadline_ends_the_wait_before_he_stops_listening() {
    let mut world = World::start().await;
    // Connections to the databases are there before the time runs.
    assert_eq!(world.client.get_account(alice_at(0)).await.unwrap_err().code(), Code::NotFound);
    let mut request = Request::new(alice_at(5));
    request.set_timeout(Duration::from_secs(2));
    let status = world.client.get_account(request).await.unwrap_err();
    assert_eq!(status.code(), Code::DeadlineExceeded, "{status}");
    assert_eq!(info(&status).reason, "READ_MODEL_BEHIND");
}

/// The outcome of every query on a read model that must reflect `min_position`.
async fn ask_everything(world: &mut World, min_position: i64) -> Vec<(&'static str, Status)> {
    let client = &mut world.client;
    let statement =
        GetStatementRequest { account_id: "alice".to_owned(), min_position, ..Default::default() };
    let transfer = GetTransferRequest { transfer_id: "t-1".to_owned(), min_position };
    let accounts = ListAccountsRequest { min_position, ..Default::default() };
    let transfers = ListTransfersRequest { min_position, ..Default::default() };
    let activity = GetDailyActivityRequest { min_position, ..Default::default() };
    let audit = SearchAuditRequest { min_position, ..Default::default() };
    let trial_balance = GetTrialBalanceRequest { min_position, at: None };
    let explanation = ExplainBalanceRequest {
        account_id: "alice".to_owned(),
        min_position,
        ..Default::default()
    };
    let account = alice_at(min_position);
    vec![
        ("GetAccount", client.get_account(account).await.map(drop)),
        ("ListAccounts", client.list_accounts(accounts).await.map(drop)),
        ("GetStatement", client.get_statement(statement).await.map(drop)),
        ("GetTransfer", client.get_transfer(transfer).await.map(drop)),
        ("ListTransfers", client.list_transfers(transfers).await.map(drop)),
        ("GetDailyActivity", client.get_daily_activity(activity).await.map(drop)),
        ("SearchAudit", client.search_audit(audit).await.map(drop)),
        ("GetTrialBalance", client.get_trial_balance(trial_balance).await.map(drop)),
        ("ExplainBalance", client.explain_balance(explanation).await.map(drop)),
    ]
    .into_iter()
    .map(|(rpc, outcome)| (rpc, outcome.err().unwrap_or_else(|| Status::ok("answered"))))
    .collect()
}

#[tokio::test]
async fn g9_a_stopped_partition_answers_at_once() {
    let mut world = World::start_with(&["--wait-max-ms", "15000"]).await;
    world.account(AccountRow::default()).await;
    world.all_checkpoints(9).await;
    for (projection, _) in PROJECTIONS {
        for partition in 0..PARTITIONS {
            world.stopped(projection, partition, 4, "poison").await;
        }
    }
    let started = Instant::now();
    for (rpc, status) in ask_everything(&mut world, 5).await {
        assert_eq!(status.code(), Code::Unavailable, "{rpc}: {status}");
        assert_eq!(info(&status).reason, "PROJECTION_STOPPED", "{rpc}");
        assert_eq!(info(&status).metadata["checkpoint"], "4", "{rpc}");
    }
    assert!(started.elapsed() < Duration::from_secs(5), "it waited");
    // What lies before the stop is answered as ever.
    assert!(world.client.get_account(alice_at(4)).await.is_ok());
}

#[tokio::test]
async fn a_read_model_ahead_of_its_log_is_data_loss_in_every_query() {
    let mut world = World::start().await;
    world.account(AccountRow::default()).await;
    world.all_checkpoints(9).await;
    for (projection, _) in PROJECTIONS {
        world.stopped(projection, 2, 9, "history").await;
    }
    for min_position in [0, 5, 50] {
        for (rpc, status) in ask_everything(&mut world, min_position).await {
            assert_eq!(status.code(), Code::DataLoss, "{rpc}: {status}");
            assert_eq!(info(&status).reason, "READ_MODEL_AHEAD_OF_LOG", "{rpc}");
        }
    }
}

#[tokio::test]
async fn a_new_generation_is_read_as_soon_as_it_is_the_current_one() {
    let mut world = World::start().await;
    world.account(AccountRow { balance: 1, ..Default::default() }).await;
    world
        .sql(
            "SET ROLE daybook_projector;
             CREATE TABLE read.accounts_2 (LIKE read.accounts_1 INCLUDING ALL);
             INSERT INTO read.accounts_2 SELECT * FROM read.accounts_1;
             UPDATE read.accounts_2 SET balance = 2;
             INSERT INTO read.checkpoints (projection, generation, partition, position)
                 SELECT 'accounts', 2, generate_series(0, 3), 8;
             UPDATE read.checkpoints SET retired = true WHERE projection = 'accounts' AND generation = 1;
             UPDATE read.projections SET generation = 2 WHERE projection = 'accounts';
             RESET ROLE",
        )
        .await;
    let answer = world.client.get_account(alice_at(8)).await.unwrap().into_inner();
    assert_eq!((answer.account.unwrap().balance_minor_units, answer.checkpoint), (2, 8));
}

#[tokio::test]
async fn g9_rows_and_checkpoint_of_an_answer_are_of_one_moment() {
    let world = World::start().await;
    world.account(AccountRow::default()).await;
    let admin = world.admin.clone();
    // As the projector does: both in one transaction.
    let writing = tokio::spawn(async move {
        for n in 1..=300 {
            let statement = format!(
                "BEGIN; UPDATE read.checkpoints SET position = {n}; UPDATE read.accounts_1 SET balance = {n}; COMMIT"
            );
            sqlx::raw_sql(sqlx::AssertSqlSafe(statement)).execute(&admin).await.unwrap();
        }
    });
    let mut client = world.client.clone();
    let mut seen = std::collections::BTreeSet::new();
    while !writing.is_finished() {
        let answer = client.get_account(alice_at(0)).await.unwrap().into_inner();
        assert_eq!(answer.account.unwrap().balance_minor_units, answer.checkpoint);
        seen.insert(answer.checkpoint);
    }
    writing.await.unwrap();
    assert!(seen.len() > 10, "the reads did not overlap the writes: {seen:?}");
}

/// The outcome of every query on the log that must reflect `min_position`.
async fn ask_the_log(world: &mut World, min_position: i64) -> Vec<(&'static str, Status)> {
    let client = &mut world.client;
    let stream_id = "account-alice".to_owned();
    let state = GetAggregateAtRequest { stream_id: stream_id.clone(), at: None, min_position };
    let history = GetEventHistoryRequest { stream_id, min_position, ..Default::default() };
    let story = GetTransferStoryRequest { transfer_id: "t".to_owned(), min_position };
    let checkpoint = GetCheckpointRequest { origin: String::new(), min_position };
    vec![
        ("GetAggregateAt", client.get_aggregate_at(state).await.map(drop)),
        ("GetEventHistory", client.get_event_history(history).await.map(drop)),
        ("GetTransferStory", client.get_transfer_story(story).await.map(drop)),
        ("GetCheckpoint", client.get_checkpoint(checkpoint).await.map(drop)),
    ]
    .into_iter()
    .map(|(rpc, outcome)| (rpc, outcome.err().unwrap_or_else(|| Status::ok("answered"))))
    .collect()
}

/// The outcome of every query as of a position.
async fn ask_as_of(world: &mut World, position: i64) -> Vec<(&'static str, Status)> {
    let client = &mut world.client;
    let at = Some(get_aggregate_at_request::At::Position(position));
    let state = GetAggregateAtRequest { stream_id: "account-alice".into(), at, min_position: 0 };
    let at = Some(explain_balance_request::At::Position(position));
    let explanation =
        ExplainBalanceRequest { account_id: "alice".to_owned(), at, ..Default::default() };
    let at = Some(get_trial_balance_request::At::Position(position));
    let trial_balance = GetTrialBalanceRequest { at, min_position: 0 };
    vec![
        ("GetAggregateAt", client.get_aggregate_at(state).await.map(drop)),
        ("ExplainBalance", client.explain_balance(explanation).await.map(drop)),
        ("GetTrialBalance", client.get_trial_balance(trial_balance).await.map(drop)),
    ]
    .into_iter()
    .map(|(rpc, outcome)| (rpc, outcome.err().unwrap_or_else(|| Status::ok("answered"))))
    .collect()
}

#[tokio::test]
async fn g9_a_position_that_the_log_will_not_reach_is_refused_at_once() {
    let mut world = World::start_with(&["--wait-max-ms", "15000"]).await;
    world.account(AccountRow::default()).await;
    let head = world.append("account-alice", "money-deposited", 0).await;
    let started = Instant::now();
    for position in [head + 1_000_001, 1 << 60, i64::MAX] {
        let mut outcomes = ask_everything(&mut world, position).await;
        outcomes.extend(ask_the_log(&mut world, position).await);
        outcomes.extend(ask_as_of(&mut world, position).await);
        for (rpc, status) in outcomes {
            assert_eq!(status.code(), Code::FailedPrecondition, "{rpc} {position}: {status}");
            let info = info(&status);
            assert_eq!(info.reason, "BEYOND_HEAD", "{rpc}");
            assert_eq!(
                (&*info.metadata["position"], &*info.metadata["head"]),
                (&*position.to_string(), "1")
            );
        }
    }
    assert!(started.elapsed() < Duration::from_secs(10), "it waited: {:?}", started.elapsed());
}

/// A reader of a standby may know of positions that its log has not got yet.
#[tokio::test]
async fn g9_a_position_that_the_log_may_reach_soon_is_waited_for() {
    let mut world = World::start_with(&["--wait-max-ms", "50"]).await;
    world.account(AccountRow::default()).await;
    let head = world.append("account-alice", "money-deposited", 0).await;
    let mut outcomes = ask_everything(&mut world, head + 1_000_000).await;
    outcomes.extend(ask_the_log(&mut world, head + 1_000_000).await);
    outcomes.extend(ask_as_of(&mut world, head + 1_000_000).await);
    for (rpc, status) in outcomes {
        assert_eq!(info(&status).reason, "READ_MODEL_BEHIND", "{rpc}: {status}");
    }
}
