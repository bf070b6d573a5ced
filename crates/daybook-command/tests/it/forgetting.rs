//! Personal texts are sealed before they are appended, and gone when somebody is forgotten; retries are still recognised.

use std::time::Duration;

use anyhow::ensure;
use daybook_core::event::EventPayload as _;
use daybook_core::metadata::Metadata;
use daybook_core::partition::Partition;
use daybook_core::subject::{SubjectId, erasure_streams};
use daybook_domains::DaybookEvent;
use daybook_keys::{KeyStore, subjects_of};
use daybook_proto::v1 as proto;
use daybook_testkit::{TestPostgres, eventually};
use sqlx::PgPool;
use tonic::Code;

use crate::support::{Service, World, by, deposit, initiate, open, reason, usd};

/// A log, and a key store on a server of its own.
struct Sealed {
    world: World,
    keys: TestPostgres,
}

impl Sealed {
    async fn new() -> Self {
        let (world, keys) = tokio::join!(World::new(), TestPostgres::start_apart());
        let pool = PgPool::connect(&keys.admin_url()).await.unwrap();
        daybook_keys::migrate::run(&pool).await.unwrap();
        keys.allow_login("daybook_command").await.unwrap();
        Self { world, keys }
    }

    fn keys_url(&self) -> String {
        self.keys.url("daybook_command", "postgres")
    }

    async fn service(&self) -> Service {
        self.world.ready_service(&["--keys-database-url", &self.keys_url()]).await
    }

    fn store(&self) -> KeyStore {
        KeyStore::connect_lazy(&self.keys_url(), "test").unwrap()
    }

    /// Texts of all events, and whether a word is in anything that the log's database holds.
    async fn finds(&self, word: &str) -> bool {
        let held: String = sqlx::query_scalar(
            "SELECT coalesce((SELECT string_agg(e::text, ' ') FROM log.events AS e), '')
                 || coalesce((SELECT string_agg(s::text, ' ') FROM log.snapshots AS s), '')
                 || coalesce((SELECT string_agg(s::text, ' ') FROM log.past_snapshots AS s), '')
                 || coalesce((SELECT string_agg(c::text, ' ') FROM log.commands AS c), '')",
        )
        .fetch_one(&self.world.admin)
        .await
        .unwrap();
        held.contains(word)
    }

    /// What whoever has the keys reads of a stream: reason, and data as JSON.
    async fn opened(&self, stream_id: &str) -> Vec<(Option<String>, String)> {
        let rows: Vec<(String, i32, String, String)> = sqlx::query_as(
            "SELECT event_type, schema_version, data::text, metadata::text
             FROM log.events WHERE stream_id = $1 ORDER BY version",
        )
        .bind(stream_id)
        .fetch_all(&self.world.admin)
        .await
        .unwrap();
        let mut opened = Vec::new();
        for (event_type, schema_version, data, metadata) in rows {
            let mut event = DaybookEvent::decode(&event_type, schema_version, &data).unwrap();
            let mut metadata: Metadata = serde_json::from_str(&metadata).unwrap();
            let mut subjects = std::collections::HashSet::new();
            subjects_of(&mut metadata, &mut event, &mut subjects);
            let keys = self.store().keys(&subjects).await.unwrap();
            keys.open(&mut metadata, &mut event).unwrap();
            let reason = metadata.reason.as_ref().and_then(|reason| reason.reveal());
            opened.push((reason.map(str::to_owned), event.encode().unwrap().to_string()));
        }
        opened
    }
}

fn because(command_id: &str, why: &str) -> Option<proto::CommandContext> {
    let (command_id, reason) = (command_id.to_owned(), why.to_owned());
    Some(proto::CommandContext { command_id, reason, ..Default::default() })
}

fn named(account: &str, owner: &str, command_id: &str) -> proto::OpenAccountRequest {
    let (context, owner) = (because(command_id, "new customer Quentin"), owner.to_owned());
    proto::OpenAccountRequest { context, owner, ..open(account) }
}

fn forget(subject: &str) -> proto::ForgetSubjectRequest {
    let subject_id = subject.to_owned();
    proto::ForgetSubjectRequest { context: because("", "asked by letter"), subject_id }
}

/// Alice, who is called Xanthippe and pays Bob.
async fn business(service: &mut Service) {
    let client = &mut service.client;
    client.open_account(by("registry", named("alice", "Xanthippe", "open-alice"))).await.unwrap();
    client.open_account(by("registry", named("bob", "Yorick", "open-bob"))).await.unwrap();
    let salary = proto::DepositRequest {
        context: because("", "salary of Xanthippe"),
        ..deposit("alice", 10_000)
    };
    client.deposit(by("teller", salary)).await.unwrap();
    let rent = proto::InitiateTransferRequest {
        context: because("", "rent of Xanthippe"),
        ..initiate("t-1", "alice", "bob", 2_500)
    };
    client.initiate_transfer(by("ines", rent)).await.unwrap();
    let transfer_id = "t-1".to_owned();
    let approve = proto::ApproveTransferRequest {
        context: because("", "Xanthippe rang me"),
        transfer_id: transfer_id.clone(),
    };
    client.approve_transfer(by("otto", approve)).await.unwrap();
    let execute =
        proto::ExecuteTransferRequest { context: because("", "due, says Xanthippe"), transfer_id };
    client.execute_transfer(by("ines", execute)).await.unwrap();
    let refund = proto::RefundRequest {
        context: None,
        account_id: "alice".to_owned(),
        customer: "Zebedee".to_owned(),
        amount: usd(100),
    };
    client.refund(by("sue", refund)).await.unwrap();
}

#[tokio::test]
async fn what_is_personal_is_in_the_log_for_who_has_the_key_only() {
    let sealed = Sealed::new().await;
    let mut service = sealed.service().await;
    business(&mut service).await;
    for word in ["Xanthippe", "Yorick", "Zebedee", "Quentin", "plain"] {
        assert!(!sealed.finds(word).await, "{word}");
    }
    let opened = sealed.opened("account-alice").await;
    assert_eq!(opened[0].0.as_deref(), Some("new customer Quentin"));
    assert!(opened[0].1.contains(r#""owner":{"plain":"Xanthippe"}"#), "{}", opened[0].1);
    assert_eq!(opened[1].0.as_deref(), Some("salary of Xanthippe"));
    assert!(opened.last().unwrap().1.contains("Zebedee"));
    // The other side of the transfer has the payer's text.
    let other = sealed.opened("account-bob").await;
    assert_eq!(other[1].0.as_deref(), Some("due, says Xanthippe"));
}

#[tokio::test]
async fn g5_a_retry_of_a_command_that_names_somebody_gets_the_first_receipt() {
    let sealed = Sealed::new().await;
    let mut service = sealed.service().await;
    business(&mut service).await;
    let hashes = "SELECT count(*) FROM log.commands WHERE command_id = 'open-alice'
                  AND content_hash = (SELECT content_hash FROM log.commands WHERE command_id = 'open-bob')";
    let same: i64 = sqlx::query_scalar(hashes).fetch_one(&sealed.world.admin).await.unwrap();
    assert_eq!(same, 0);
    let again = |owner: &str| by("registry", named("alice", owner, "open-alice"));
    let retried = service.client.open_account(again("Xanthippe")).await.unwrap().into_inner();
    assert!(retried.receipt.unwrap().replayed);
    let other = service.client.open_account(again("Xavier")).await.unwrap_err();
    assert_eq!(reason(&other), (Code::AlreadyExists, "COMMAND_ID_REUSED".to_owned()));
    // Also by a service that has just started, and has no key at hand.
    service.stop().await;
    let mut service = sealed.service().await;
    let retried = service.client.open_account(again("Xanthippe")).await.unwrap().into_inner();
    assert!(retried.receipt.unwrap().replayed);
    // Both at once: the second follows the first.
    let twin = || service.client.clone();
    let (mut one, mut two) = (twin(), twin());
    let request = || by("registry", named("carol", "Walburga", "open-carol"));
    let (one, two) = tokio::join!(one.open_account(request()), two.open_account(request()));
    let receipts = [one, two].map(|answer| answer.unwrap().into_inner().receipt.unwrap());
    assert_eq!(receipts[0].position, receipts[1].position);
    assert!(receipts[0].replayed != receipts[1].replayed);
}

#[tokio::test]
async fn somebody_who_is_forgotten_is_gone_and_every_partition_is_told() {
    let sealed = Sealed::new().await;
    let mut service = sealed.service().await;
    business(&mut service).await;
    let client = &mut service.client;
    let receipt = client.forget_subject(by("dpo", forget("alice"))).await.unwrap().into_inner();
    let receipt = receipt.receipt.unwrap();
    assert_eq!(receipt.streams[0].stream_id, "subject-alice");
    assert_eq!(receipt.position, sealed.world.event_count().await, "the end of the erasure");

    let keys = sealed.store().keys(&[SubjectId::new("alice").unwrap()].into()).await.unwrap();
    assert!(matches!(keys.get(&SubjectId::new("alice").unwrap()), Some(None)));
    for (reason, data) in sealed.opened("account-alice").await {
        assert_eq!(reason, None);
        assert!(!data.contains("Xanthippe") && !data.contains("plain"), "{data}");
    }
    let bob = sealed.opened("account-bob").await;
    assert!(bob[0].1.contains("Yorick"), "nobody else is forgotten");
    assert_eq!(bob[1].0, None, "what alice's transfer said is");

    let types = sealed.world.event_types("subject-alice").await;
    assert_eq!(types, ["subject-forgotten", "personal-data-erased"]);
    for (partition, stream_id) in (0..).map(Partition).zip(erasure_streams(16)) {
        assert_eq!(sealed.world.event_types(stream_id.as_str()).await, ["personal-data-erased"]);
        assert_eq!(Partition::of(&stream_id, 16), partition);
    }
    // Who and why stay readable, and the two steps hang together.
    let (actor, why): (String, String) = sqlx::query_as(
        "SELECT metadata ->> 'actor', metadata -> 'reason' ->> 'plain'
         FROM log.events WHERE stream_id = 'subject-alice' AND version = 1",
    )
    .fetch_one(&sealed.world.admin)
    .await
    .unwrap();
    assert_eq!((actor.as_str(), why.as_str()), ("dpo", "asked by letter"));

    let twice = client.forget_subject(by("dpo", forget("alice"))).await.unwrap_err();
    assert_eq!(reason(&twice), (Code::AlreadyExists, "FORGOTTEN_ALREADY".to_owned()));
    sealed.world.ledger().await;
}

/// Nothing personal is recorded of them any more; their money moves on.
#[tokio::test]
async fn an_account_goes_on_without_its_holder() {
    let sealed = Sealed::new().await;
    let mut service = sealed.service().await;
    business(&mut service).await;
    service.client.forget_subject(by("dpo", forget("alice"))).await.unwrap();
    service.stop().await;
    // Started anew, so that it has no key at hand.
    let mut service = sealed.service().await;
    let client = &mut service.client;
    client.deposit(by("teller", deposit("alice", 5))).await.unwrap();
    // What is said about them is not recorded, and that something was said is.
    let talking = |command_id| {
        let context = because(command_id, "for Xanthippe");
        by("teller", proto::DepositRequest { context, ..deposit("alice", 5) })
    };
    let receipt = client.deposit(talking("salary")).await.unwrap().into_inner().receipt.unwrap();
    assert!(receipt.reason_dropped && !receipt.replayed, "{receipt:?}");
    let again = client.deposit(talking("salary")).await.unwrap().into_inner().receipt.unwrap();
    assert!(again.replayed && again.position == receipt.position, "{again:?}");
    let recorded: String =
        sqlx::query_scalar("SELECT metadata ->> 'reason' FROM log.events WHERE position = $1")
            .bind(receipt.position)
            .fetch_one(&sealed.world.admin)
            .await
            .unwrap();
    assert_eq!(recorded, "erased");
    let other = proto::DepositRequest { context: because("", "rent"), ..deposit("bob", 5) };
    let other = client.deposit(by("teller", other)).await.unwrap().into_inner().receipt.unwrap();
    assert!(!other.reason_dropped);
    // A command that is about somebody's name has nothing left without it.
    let customer = "Zebedee".to_owned();
    let (account_id, amount) = ("alice".to_owned(), usd(1));
    let naming = proto::RefundRequest { context: None, account_id, customer, amount };
    let refused = client.refund(by("sue", naming)).await.unwrap_err();
    assert_eq!(reason(&refused), (Code::FailedPrecondition, "SUBJECT_FORGOTTEN".to_owned()));
    // Nobody can tell any more whether it is the same.
    let retried = by("registry", named("alice", "Xanthippe", "open-alice"));
    let refused = client.open_account(retried).await.unwrap_err();
    assert_eq!(reason(&refused), (Code::AlreadyExists, "COMMAND_ID_REUSED".to_owned()));
}

/// A crash after the act, a key store that was away, a key store restored from a backup: each is mended by the next start.
#[tokio::test]
async fn an_erasure_that_was_left_undone_is_done_at_the_next_start() {
    let mut sealed = Sealed::new().await;
    let mut service = sealed.service().await;
    business(&mut service).await;
    sealed.keys.kill_immediately().await.unwrap();
    let pending = service.client.forget_subject(by("dpo", forget("alice"))).await.unwrap_err();
    assert_eq!(reason(&pending), (Code::Unavailable, "ERASURE_PENDING".to_owned()));
    assert_eq!(sealed.world.event_types("subject-alice").await, ["subject-forgotten"]);
    service.stop().await;
    sealed.keys.restart().await.unwrap();

    let service = sealed.service().await;
    eventually("the erasure", Duration::from_secs(30), async || {
        let types = sealed.world.event_types("subject-alice").await;
        ensure!(types == ["subject-forgotten", "personal-data-erased"], "{types:?}");
        Ok(())
    })
    .await;
    service.stop().await;

    // A backup of the store brings the key back; the log has the list.
    let keys = PgPool::connect(&sealed.keys.admin_url()).await.unwrap();
    let restore = "ALTER TABLE keys.subjects DISABLE TRIGGER no_revival;
                   UPDATE keys.subjects SET key = sha256('old'), destroyed_at = NULL WHERE key IS NULL;
                   ALTER TABLE keys.subjects ENABLE TRIGGER no_revival";
    sqlx::raw_sql(restore).execute(&keys).await.unwrap();
    let _service = sealed.service().await;
    // Before it seals anything, and beside serving what needs no key.
    eventually("the key is destroyed again", Duration::from_secs(30), async || {
        let alive: Vec<String> =
            sqlx::query_scalar("SELECT subject_id FROM keys.subjects WHERE key IS NOT NULL")
                .fetch_all(&keys)
                .await?;
        ensure!(alive == ["bob"], "{alive:?}");
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn while_the_key_store_is_away_only_who_brings_personal_text_waits() {
    let mut sealed = Sealed::new().await;
    let mut service = sealed.service().await;
    business(&mut service).await;
    sealed.keys.kill_immediately().await.unwrap();
    service.client.deposit(by("teller", deposit("alice", 5))).await.unwrap();
    let mut naming = by("registry", named("dora", "Dorothea", "open-dora"));
    naming.set_timeout(Duration::from_millis(300));
    let late = service.client.open_account(naming).await.unwrap_err();
    // UNAVAILABLE as soon as it is known why.
    assert!(matches!(late.code(), Code::DeadlineExceeded | Code::Unavailable), "{late:?}");
    assert_eq!(reason(&late).1, "NOT_APPLIED", "{late:?}");
    assert!(sealed.world.event_types("account-dora").await.is_empty());
    sealed.keys.restart().await.unwrap();
    let naming = by("registry", named("dora", "Dorothea", "open-dora"));
    service.client.open_account(naming).await.unwrap();
}

#[tokio::test]
async fn without_a_key_store_nobody_can_be_forgotten_and_that_is_said() {
    let world = World::new().await;
    let mut client = world.ready_service(&[]).await.client;
    let refused = client.forget_subject(by("dpo", forget("alice"))).await.unwrap_err();
    assert_eq!(reason(&refused), (Code::FailedPrecondition, "NO_KEY_STORE".to_owned()));
    assert_eq!(world.event_count().await, 0);
}

#[tokio::test]
async fn who_and_why_must_be_given_to_have_somebody_forgotten() {
    let sealed = Sealed::new().await;
    let mut client = sealed.service().await.client;
    for (wrong, field) in [
        (proto::ForgetSubjectRequest { context: None, ..forget("alice") }, "context.reason"),
        (forget(""), "subject_id"),
        (forget("a b"), "subject_id"),
    ] {
        let refused = client.forget_subject(by("dpo", wrong)).await.unwrap_err();
        assert_eq!(refused.code(), Code::InvalidArgument);
        assert!(refused.message().contains(field), "{}", refused.message());
    }
    assert_eq!(sealed.world.event_count().await, 0);
}

#[tokio::test]
async fn a_key_store_beside_the_log_is_refused_at_the_start() {
    let world = World::new().await;
    daybook_keys::migrate::run(&world.admin).await.unwrap();
    let url = world.postgres.url("daybook_command", "postgres");
    let service = world.service(&["--keys-database-url", &url]).await;
    let ended = service.running.await.unwrap().unwrap_err();
    assert!(ended.to_string().contains("keep it on another one"), "{ended:#}");
}
