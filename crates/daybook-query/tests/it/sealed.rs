//! Personal texts that are sealed: shown opened, erased once their key is destroyed, and never guessed at.

use std::time::Duration;

use clap::Parser as _;
use daybook_proto::v1::{
    AuditEvent, Event, GetAccountRequest, GetAggregateAtRequest, GetEventHistoryRequest,
    GetStatementRequest, GetTransferRequest, GetTransferStoryRequest, Hidden, ListAccountsRequest,
    SearchAuditRequest,
};
use daybook_query::QuerySettings;
use daybook_testkit::eventually;
use sqlx::PgPool;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tonic::{Code, Status};

use crate::world::{AccountRow, EntryRow, Keys, NewEvent, TransferRow, World, info};

const DEPOSITED: &str = r#"{"amount":{"minor_units":100,"currency":"USD"},  "balance": 100}"#;

/// alice's account was opened and paid into for a sealed reason; bob's holds nothing that is sealed.
async fn append_events(world: &World, keys: &Keys) {
    let owner = keys.seal("alice", "d-1", "owner", "Ann Sealed").await;
    let reason = keys.seal("alice", "d-1", "reason", "moving in").await;
    let data = format!(r#"{{"owner":{owner},"currency":"USD","overdraft_limit":0}}"#);
    let (data, reason) = (data.as_str(), reason.as_str());
    let stream_id = "account-alice";
    let opened =
        NewEvent { stream_id, event_type: "account-opened", data, reason, ..Default::default() };
    world.append_event(opened).await;
    for (stream_id, reason) in [(stream_id, reason), ("account-bob", r#"{"plain": "rent"}"#)] {
        let (event_type, data) = ("money-deposited", DEPOSITED);
        world
            .append_event(NewEvent { stream_id, event_type, data, reason, ..Default::default() })
            .await;
    }
}

async fn start(keys: &Keys) -> World {
    World::start_with(&["--keys-database-url", &keys.url()]).await
}

async fn history(world: &mut World, stream_id: &str) -> Result<Vec<Event>, Status> {
    let request = GetEventHistoryRequest { stream_id: stream_id.to_owned(), ..Default::default() };
    Ok(world.client.get_event_history(request).await?.into_inner().events)
}

fn reasons(events: &[Event]) -> Vec<(&str, Hidden)> {
    events.iter().map(|event| (event.reason.as_str(), event.reason_hidden())).collect()
}

#[tokio::test]
async fn what_is_sealed_is_shown_opened_and_the_rest_to_the_letter() {
    let keys = Keys::start().await;
    let mut world = start(&keys).await;
    append_events(&world, &keys).await;
    let events = history(&mut world, "account-alice").await.unwrap();
    assert_eq!(
        events[0].data_json,
        r#"{"owner":{"plain":"Ann Sealed"},"currency":"USD","overdraft_limit":0}"#
    );
    assert_eq!(events[1].data_json, DEPOSITED, "nothing was sealed in it");
    for event in &events {
        assert!(event.metadata_json.contains(r#""reason":{"plain":"moving in"}"#));
        assert_eq!((event.actor.as_str(), event.schema_version), ("clerk", 1));
    }
    assert_eq!(reasons(&events), [("moving in", Hidden::Unspecified); 2]);

    let plain = history(&mut world, "account-bob").await.unwrap();
    assert!(plain[0].metadata_json.contains(r#""reason": {"plain": "rent"}"#), "to the letter");
}

#[tokio::test]
async fn once_the_key_is_destroyed_no_answer_has_a_byte_of_the_text() {
    let keys = Keys::start().await;
    let mut world = start(&keys).await;
    append_events(&world, &keys).await;
    let stored = keys.seal("alice", "d-1", "reason", "left").await;
    assert!(format!("{:?}", history(&mut world, "account-alice").await).contains("Ann Sealed"));

    // No call before had anything kept.
    keys.destroy("alice").await;
    let events = history(&mut world, "account-alice").await.unwrap();
    assert_eq!(events[0].data_json, r#"{"owner":"erased","currency":"USD","overdraft_limit":0}"#);
    assert_eq!(reasons(&events), [("", Hidden::Erased); 2]);
    let shown = format!("{events:?}");
    for gone in ["Ann Sealed", "moving in", "sealed"] {
        assert!(!shown.contains(gone), "{gone}: {shown}");
    }

    // An event that is appended only now, sealed with a key that somebody still had.
    let (event_type, reason) = ("money-deposited", stored.as_str());
    let late = NewEvent { stream_id: "account-alice", event_type, reason, ..Default::default() };
    world.append_event(NewEvent { data: DEPOSITED, ..late }).await;
    let events = history(&mut world, "account-alice").await.unwrap();
    assert_eq!(reasons(&events), [("", Hidden::Erased); 3]);
}

#[tokio::test]
async fn a_story_is_told_with_opened_reasons_and_without_them_once_they_are_erased() {
    let keys = Keys::start().await;
    let mut world = start(&keys).await;
    let reason = keys.seal("alice", "d-1", "reason", "rent for May").await;
    let data = r#"{"source":"alice","destination":"bob","amount":{"minor_units":5,"currency":"USD"},"initiator":"clerk","approval_required":false}"#;
    for (stream_id, event_type) in
        [("transfer-t", "transfer-initiated"), ("account-alice", "funds-held")]
    {
        let data = if event_type == "funds-held" {
            r#"{"transfer_id":"t","amount":{"minor_units":5,"currency":"USD"},"held":5}"#
        } else {
            data
        };
        let reason = reason.as_str();
        world
            .append_event(NewEvent { stream_id, event_type, data, reason, ..Default::default() })
            .await;
    }
    let request = GetTransferStoryRequest { transfer_id: "t".to_owned(), min_position: 0 };
    let story = world.client.get_transfer_story(request.clone()).await.unwrap().into_inner();
    assert_eq!(reasons(&story.events), [("rent for May", Hidden::Unspecified); 2]);
    keys.destroy("alice").await;
    let story = world.client.get_transfer_story(request).await.unwrap().into_inner();
    assert_eq!(reasons(&story.events), [("", Hidden::Erased); 2]);
}

#[tokio::test]
async fn while_the_key_store_is_away_only_what_is_sealed_is_unavailable() {
    let mut keys = Keys::start().await;
    let mut world = start(&keys).await;
    append_events(&world, &keys).await;
    keys.server.kill_immediately().await.unwrap();
    let status = history(&mut world, "account-alice").await.unwrap_err();
    assert_eq!(
        (status.code(), info(&status).reason.as_str()),
        (Code::Unavailable, "KEY_STORE_UNAVAILABLE"),
        "{status}"
    );
    assert_eq!(history(&mut world, "account-bob").await.unwrap().len(), 1);
    keys.server.restart().await.unwrap();
    eventually("the key store is noticed", Duration::from_secs(30), async || {
        let events = history(&mut world, "account-alice").await?;
        anyhow::ensure!(events.len() == 2, "{events:?}");
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn the_service_starts_while_the_key_store_is_away() {
    let keys = Keys::start().await;
    let away = ["--keys-database-url", "postgres://daybook_query@127.0.0.1:1/postgres"];
    let mut world = World::start_with(&away).await;
    append_events(&world, &keys).await;
    assert_eq!(history(&mut world, "account-bob").await.unwrap().len(), 1);
    assert_eq!(history(&mut world, "account-alice").await.unwrap_err().code(), Code::Unavailable);
}

#[tokio::test]
async fn without_a_key_store_what_is_sealed_is_shown_as_it_is_stored() {
    let keys = Keys::start().await;
    let mut world = World::start().await;
    append_events(&world, &keys).await;
    let events = history(&mut world, "account-alice").await.unwrap();
    assert_eq!(reasons(&events), [("", Hidden::Sealed); 2]);
    assert!(events[0].data_json.starts_with(r#"{"owner":{"sealed":{"subject":"alice","#));
    assert!(events[0].metadata_json.contains(r#""reason": {"sealed":{"subject":"alice","#));
}

/// One that is too new is shown as it is stored, as it was before there were keys.
#[tokio::test]
async fn an_event_that_this_build_cannot_read_stays_sealed() {
    let keys = Keys::start().await;
    let mut world = start(&keys).await;
    let reason = keys.seal("alice", "d-1", "reason", "why").await;
    let reason = reason.as_str();
    let (stream_id, event_type) = ("account-alice", "account-renamed");
    world.append_event(NewEvent { stream_id, event_type, reason, ..Default::default() }).await;
    let events = history(&mut world, "account-alice").await.unwrap();
    assert_eq!(reasons(&events), [("", Hidden::Sealed)]);
}

#[tokio::test]
async fn a_text_that_does_not_open_is_a_loss_and_not_an_erasure() {
    let (keys, other) = tokio::join!(Keys::start(), Keys::start());
    let mut world = start(&keys).await;
    let of_other = other.seal("carol", "d-1", "reason", "why").await;
    let moved = keys.seal("dave", "another-command", "reason", "why").await;
    for (account, reason, expected) in
        [("carol", of_other, "KEY_UNKNOWN"), ("dave", moved, "TEXT_NOT_SEALED_HERE")]
    {
        let stream_id = format!("account-{account}");
        let (data, event_type) = (DEPOSITED, "money-deposited");
        let (stream_id, reason) = (stream_id.as_str(), reason.as_str());
        let event = NewEvent { stream_id, event_type, data, reason, ..Default::default() };
        let position = world.append_event(event).await;
        let status = history(&mut world, stream_id).await.unwrap_err();
        let found = info(&status);
        assert_eq!((status.code(), found.reason.as_str()), (Code::DataLoss, expected));
        assert_eq!(found.metadata["subject_id"], account);
        assert_eq!(found.metadata["position"], position.to_string());
    }
}

#[tokio::test]
async fn a_key_store_on_the_logs_own_server_ends_the_start() {
    let world = World::start().await;
    world.postgres.create_database("keys").await.unwrap();
    let owner = PgPool::connect(&world.postgres.superuser_url("keys")).await.unwrap();
    daybook_keys::migrate::run(&owner).await.unwrap();
    let log = world.postgres.url("daybook_query", "postgres");
    let keys = world.postgres.url("daybook_query", "keys");
    let arguments = [
        "daybook-query",
        "--log-database-url",
        &log,
        "--keys-database-url",
        &keys,
        // Where one of the two is slow to answer nobody can tell, and the start goes on.
        "--acquire-max-ms",
        "5000",
    ];
    let settings = QuerySettings::try_parse_from(arguments).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let ended = daybook_query::run(settings, listener, CancellationToken::new()).await;
    let error = ended.unwrap_err().to_string();
    assert!(error.contains("on the log's own PostgreSQL server"), "{error}");
}

/// Rows as the projector leaves them: alice's account, a deposit and a refund, a transfer out of it, and the deposit in the
/// audit trail; bob's account is in plain.
async fn rows(world: &World, keys: &Keys) {
    let seal = async |field, text| keys.seal_for_row("alice", "d-1", field, text).await;
    world.account(AccountRow { balance: 90, ..AccountRow::default() }).await;
    world.account(AccountRow { id: "bob", ..AccountRow::default() }).await;
    for (version, kind, amount, balance) in [(2, "deposit", 100, 100), (3, "refund", -10, 90)] {
        let second = version;
        world.entry(EntryRow { account: "alice", version, second, kind, amount, balance }).await;
    }
    let (id, source, destination) = ("t-1".to_owned(), "alice", "bob");
    world.transfer(TransferRow { id, source, destination, status: "approved", position: 5 }).await;
    let (owner, why) = (seal("owner", "Ann Sealed").await, seal("reason", "moving in, José").await);
    let (customer, words) =
        (seal("customer", "Carol Sealed").await, keys.words("moving in, José").await);
    world
        .sql(format!(
            r#"UPDATE read.accounts_1 SET owner = '{owner}', subject_id = 'alice', command_id = 'd-1'
               WHERE account_id = 'alice';
             UPDATE read.account_entries_1 SET reason = '{why}', subject_id = 'alice', command_id = 'd-1';
             UPDATE read.account_entries_1 SET counterparty = '{customer}' WHERE kind = 'refund';
             UPDATE read.transfers_1 SET steps = jsonb_set(steps, '{{0}}',
                 steps -> 0 || '{{"reason": "{why}", "subject": "alice", "command_id": "d-1"}}');
             INSERT INTO read.audit_1 (position, recorded_at, version, event_id, partition, stream_id, event_type, actor,
                 correlation_id, command_id, reason, words, subject_id)
             VALUES (20, now(), 2, gen_random_uuid(), 0, 'account-alice', 'money-deposited', 'clerk', 'c', 'd-1', '{why}',
                 {words}, 'alice')"#
        ))
        .await;
    world.all_checkpoints(100).await;
}

/// Each personal text of alice's rows with why it is hidden, and the amounts beside them.
async fn shown(world: &mut World) -> (Vec<(String, Hidden)>, Vec<i64>) {
    let account = GetAccountRequest { account_id: "alice".to_owned(), min_position: 0 };
    let account = world.client.get_account(account).await.unwrap().into_inner().account.unwrap();
    let mut texts = vec![(account.owner.clone(), account.owner_hidden())];
    let mut amounts = vec![account.balance_minor_units];
    let listed = world.client.list_accounts(ListAccountsRequest::default()).await.unwrap();
    texts.extend(listed.into_inner().accounts.iter().map(|a| (a.owner.clone(), a.owner_hidden())));

    let statement = GetStatementRequest { account_id: "alice".to_owned(), ..Default::default() };
    let statement = world.client.get_statement(statement).await.unwrap().into_inner();
    for entry in &statement.entries {
        texts.push((entry.reason.clone(), entry.reason_hidden()));
        texts.push((entry.counterparty.clone(), entry.counterparty_hidden()));
        amounts.push(entry.amount_minor_units);
    }
    let transfer = GetTransferRequest { transfer_id: "t-1".to_owned(), min_position: 0 };
    let transfer = world.client.get_transfer(transfer).await.unwrap().into_inner();
    let steps = transfer.transfer.unwrap().steps;
    texts.extend(steps.iter().map(|step| (step.reason.clone(), step.reason_hidden())));
    let trail = search(world, SearchAuditRequest::default()).await;
    texts.extend(trail.iter().map(|event| (event.reason.clone(), event.reason_hidden())));
    (texts, amounts)
}

/// What is shown where alice's texts are hidden, or not.
fn texts_of(owner: &str, why: &str, customer: &str, hidden: Hidden) -> Vec<(String, Hidden)> {
    let (alice, not) = (|text: &str| (text.to_owned(), hidden), Hidden::Unspecified);
    let plain = |text: &str| (text.to_owned(), not);
    vec![
        alice(owner),
        alice(owner),
        plain("Owner of bob"),
        alice(why),
        plain("bob"),
        alice(why),
        alice(customer),
        alice(why),
        plain(""),
        alice(why),
    ]
}

#[tokio::test]
async fn texts_of_read_models_are_opened_for_each_answer_anew() {
    let mut keys = Keys::start().await;
    let mut world = start(&keys).await;
    rows(&world, &keys).await;
    let opened = texts_of("Ann Sealed", "moving in, José", "Carol Sealed", Hidden::Unspecified);
    let amounts = vec![90, 100, -10];
    assert_eq!(shown(&mut world).await, (opened.clone(), amounts.clone()));
    for (words, count) in [("JOSE\u{301}", 1), ("moving JOSÉ", 1), ("jose", 0), ("moving out", 0)]
    {
        assert_eq!(found(&mut world, words).await, count, "{words}");
    }

    keys.server.kill_immediately().await.unwrap();
    let hidden = |hidden| texts_of("", "", "", hidden);
    assert_eq!(shown(&mut world).await, (hidden(Hidden::Unavailable), amounts.clone()));
    let request = SearchAuditRequest { reason: "moving".to_owned(), ..Default::default() };
    let status = world.client.search_audit(request).await.unwrap_err();
    let reason = info(&status).reason;
    assert_eq!((status.code(), reason.as_str()), (Code::Unavailable, "KEY_STORE_UNAVAILABLE"));
    keys.server.restart().await.unwrap();
    eventually("the key store is noticed", Duration::from_secs(30), async || {
        let (texts, _) = shown(&mut world).await;
        anyhow::ensure!(texts == opened, "{texts:?}");
        Ok(())
    })
    .await;

    // The rows are what they were: nobody has told the projector yet.
    keys.destroy("alice").await;
    assert_eq!(shown(&mut world).await, (hidden(Hidden::Erased), amounts));
    assert_eq!(found(&mut world, "moving").await, 0);
}

async fn found(world: &mut World, words: &str) -> usize {
    search(world, SearchAuditRequest { reason: words.to_owned(), ..Default::default() }).await.len()
}

#[tokio::test]
async fn without_a_key_store_texts_of_read_models_stay_sealed_and_are_not_found() {
    let keys = Keys::start().await;
    let mut world = World::start().await;
    rows(&world, &keys).await;
    assert_eq!(shown(&mut world).await.0, texts_of("", "", "", Hidden::Sealed));
    assert_eq!(found(&mut world, "moving").await, 0);
}

/// It is a loss, but takes no amounts along.
#[tokio::test]
async fn texts_of_read_models_that_another_key_has_sealed_are_unavailable() {
    let (keys, other) = tokio::join!(Keys::start(), Keys::start());
    let mut world = start(&other).await;
    rows(&world, &keys).await;
    assert_eq!(shown(&mut world).await.0, texts_of("", "", "", Hidden::Unavailable), "unknown");
    other.seal("alice", "d-1", "owner", "Another").await;
    assert_eq!(shown(&mut world).await.0, texts_of("", "", "", Hidden::Unavailable), "another key");
}

/// Candidates that turn out not to hold the words are left out of pages, and pages go on behind them.
#[tokio::test]
async fn pages_of_a_search_go_on_behind_what_nobody_can_open() {
    let keys = Keys::start().await;
    let mut world = start(&keys).await;
    for position in 1..=20 {
        let subject = if position % 2 == 0 { "alice" } else { "bob" };
        let (why, words) =
            (keys.seal_for_row(subject, "d-1", "reason", "rent").await, keys.words("rent").await);
        world
            .sql(format!(
                "INSERT INTO read.audit_1 (position, recorded_at, version, event_id, partition, stream_id, event_type, actor,
                     correlation_id, reason, words, subject_id)
                 VALUES ({position}, now(), 1, gen_random_uuid(), 0, 'account-{subject}', 'money-deposited', 'clerk', 'd-1',
                     '{why}', {words}, '{subject}')"
            ))
            .await;
    }
    world.all_checkpoints(20).await;
    keys.destroy("alice").await;
    let mut request =
        SearchAuditRequest { reason: "rent".to_owned(), page_size: 3, ..Default::default() };
    let mut positions = Vec::new();
    loop {
        let page = world.client.search_audit(request.clone()).await.unwrap().into_inner();
        positions.extend(page.events.iter().map(|event| event.position));
        if page.next_page_token.is_empty() {
            break;
        }
        request.page_token = page.next_page_token;
    }
    assert_eq!(positions, (1..=20).step_by(2).collect::<Vec<_>>());
}

#[tokio::test]
async fn an_auditor_sees_who_was_forgotten_and_that_reasons_were_not_recorded() {
    let mut world = World::start().await;
    for (position, stream_id, event_type, reason) in [
        (1, "account-alice", "money-deposited", "''"),
        (2, "account-bob", "money-deposited", "NULL"),
        (3, "subject-alice", "subject-forgotten", "NULL"),
        (4, "erasure-3", "personal-data-erased", "NULL"),
    ] {
        world
            .sql(format!(
                "INSERT INTO read.audit_1 (position, recorded_at, version, event_id, partition, stream_id, event_type,
                     actor, correlation_id, reason)
                 VALUES ({position}, now(), 1, gen_random_uuid(), 0, '{stream_id}', '{event_type}', 'clerk', 'c', {reason})"
            ))
            .await;
    }
    world.all_checkpoints(4).await;
    let all = search(&mut world, SearchAuditRequest::default()).await;
    let hidden: Vec<_> = all.iter().map(AuditEvent::reason_hidden).collect();
    let not = Hidden::Unspecified;
    assert_eq!(hidden, [Hidden::Erased, not, not, not]);
    for (stream_type, position) in [("subject", 3), ("erasure", 4)] {
        let stream_type = stream_type.to_owned();
        let found =
            search(&mut world, SearchAuditRequest { stream_type, ..Default::default() }).await;
        let found: Vec<_> = found.iter().map(|event| event.position).collect();
        assert_eq!(found, [position]);
    }
}

async fn search(world: &mut World, request: SearchAuditRequest) -> Vec<AuditEvent> {
    world.client.search_audit(request).await.unwrap().into_inner().events
}

#[tokio::test]
async fn how_far_somebody_is_forgotten_is_a_state_like_any_other() {
    let mut world = World::start().await;
    let data = r#"{"subject_id":"alice"}"#;
    for (stream_id, event_type) in [
        ("subject-alice", "subject-forgotten"),
        ("subject-alice", "personal-data-erased"),
        ("erasure-0", "personal-data-erased"),
    ] {
        world.append_event(NewEvent { stream_id, event_type, data, ..Default::default() }).await;
    }
    let at = |version| {
        let at = Some(daybook_proto::v1::get_aggregate_at_request::At::Version(version));
        GetAggregateAtRequest { stream_id: "subject-alice".to_owned(), at, min_position: 0 }
    };
    for (version, expected) in [(1, r#"{"erased":false}"#), (2, r#"{"erased":true}"#)] {
        let answer = world.client.get_aggregate_at(at(version)).await.unwrap().into_inner();
        assert_eq!(answer.state_json, expected);
    }
    let of_partition = GetAggregateAtRequest { stream_id: "erasure-0".to_owned(), ..at(1) };
    let status = world.client.get_aggregate_at(of_partition).await.unwrap_err();
    assert_eq!(status.code(), Code::InvalidArgument);
}
