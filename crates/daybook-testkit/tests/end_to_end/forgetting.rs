//! Somebody is forgotten: no byte of what was said about them is left anywhere, and everything else goes on, proofs
//! included.

use anyhow::ensure;
use daybook_proof::proof::verify_consistency;
use daybook_proof::{Hash, KeyFile, SignedCheckpoint};
use daybook_proto::v1 as proto;
use daybook_testkit::eventually;
use daybook_testkit::servers::Service;
use sqlx::{AssertSqlSafe, PgPool};

use crate::command_line::{daybook, daybook_must};
use crate::proof::checkpoint;
use crate::world::{BOUND, World, approve, by, deposit, execute, fee, initiate, open, usd};

/// What is said about alice, each word once and nowhere else.
pub(crate) const ABOUT_ALICE: [&str; 6] =
    ["Xanthippe", "salarium", "locatio", "telephonium", "pensum", "Zebedaeus"];
/// What is said about bob.
pub(crate) const ABOUT_BOB: [&str; 2] = ["Yorick", "donum"];

fn because(why: &str) -> Option<proto::CommandContext> {
    Some(proto::CommandContext { reason: why.to_owned(), ..Default::default() })
}

/// Alice and bob, a transfer between them, a fee and a refund, with something personal said at each step.
pub(crate) async fn business(world: &mut World) {
    let command = &mut world.command;
    for (id, owner) in [("alice", "Xanthippe"), ("bob", "Yorick")] {
        let opening = proto::OpenAccountRequest { owner: owner.to_owned(), ..open(id) };
        command.open_account(by("registry", opening)).await.unwrap();
    }
    for (id, why) in [("alice", "salarium"), ("bob", "donum")] {
        let deposit = proto::DepositRequest { context: because(why), ..deposit(id, 10_000) };
        command.deposit(by("teller", deposit)).await.unwrap();
    }
    let rent = initiate("t-1", "alice", "bob", 2_500);
    let rent = proto::InitiateTransferRequest { context: because("locatio"), ..rent };
    command.initiate_transfer(by("ines", rent)).await.unwrap();
    let approval =
        proto::ApproveTransferRequest { context: because("telephonium"), ..approve("t-1") };
    command.approve_transfer(by("otto", approval)).await.unwrap();
    let execution = proto::ExecuteTransferRequest { context: because("pensum"), ..execute("t-1") };
    command.execute_transfer(by("ines", execution)).await.unwrap();
    command.charge_fee(by("billing", fee("bob", 50))).await.unwrap();
    let refund = proto::RefundRequest {
        context: None,
        account_id: "alice".to_owned(),
        customer: "Zebedaeus".to_owned(),
        amount: usd(100),
    };
    command.refund(by("sue", refund)).await.unwrap();
}

/// The tables of a database in which a word stands, in any column.
pub(crate) async fn tables_with(pool: &PgPool, word: &str) -> Vec<String> {
    let tables: Vec<String> = sqlx::query_scalar(
        "SELECT format('%I.%I', table_schema, table_name) FROM information_schema.tables
         WHERE table_schema IN ('log', 'read', 'proof', 'public') AND table_type = 'BASE TABLE'",
    )
    .fetch_all(pool)
    .await
    .unwrap();
    assert!(tables.len() > 10, "{tables:?}");
    // Bytes are shown as hexadecimal digits.
    let hex: String = word.bytes().map(|byte| format!("{byte:02x}")).collect();
    let mut found = Vec::new();
    for table in tables {
        let sql = format!(
            "SELECT EXISTS (SELECT FROM {table} AS t WHERE t::text LIKE '%{word}%' OR t::text LIKE '%{hex}%')"
        );
        if sqlx::query_scalar(AssertSqlSafe(sql)).fetch_one(pool).await.unwrap() {
            found.push(table);
        }
    }
    found
}

/// Everything that Redis holds, in its own format for backups.
async fn redis_holds(world: &World, word: &str) -> bool {
    let client = redis::Client::open(world.stack.redis.url()).unwrap();
    let mut redis = client.get_multiplexed_async_connection().await.unwrap();
    let keys: Vec<Vec<u8>> = redis::cmd("KEYS").arg("*").query_async(&mut redis).await.unwrap();
    for key in keys {
        let kind: String = redis::cmd("TYPE").arg(&key).query_async(&mut redis).await.unwrap();
        if kind == "list" {
            let messages: Vec<String> = redis::cmd("LRANGE")
                .arg(&key)
                .arg(0)
                .arg(-1)
                .query_async(&mut redis)
                .await
                .unwrap();
            assert!(!messages.is_empty());
            if messages.iter().any(|message| message.contains(word)) {
                return true;
            }
        }
    }
    false
}

/// What the query service says about everything here, as one text.
pub(crate) async fn answers(world: &World) -> String {
    let mut query = world.query.clone();
    let min_position = world.head().await;
    let mut said = String::new();
    for stream_id in ["account-alice", "account-bob", "transfer-t-1"] {
        let stream_id = stream_id.to_owned();
        let history = proto::GetEventHistoryRequest { stream_id, ..Default::default() };
        said += &format!("{:?}", query.get_event_history(history).await.unwrap());
    }
    for account_id in ["alice", "bob"].map(str::to_owned) {
        let id = account_id.clone();
        let account = proto::GetAccountRequest { account_id: id, min_position };
        said += &format!("{:?}", query.get_account(account).await.unwrap());
        let id = account_id.clone();
        let statement =
            proto::GetStatementRequest { account_id: id, min_position, ..Default::default() };
        said += &format!("{:?}", query.get_statement(statement).await.unwrap());
        let explained =
            proto::ExplainBalanceRequest { account_id, min_position, ..Default::default() };
        said += &format!("{:?}", query.explain_balance(explained).await.unwrap());
    }
    let transfer_id = "t-1".to_owned();
    let transfer = proto::GetTransferRequest { transfer_id: transfer_id.clone(), min_position };
    said += &format!("{:?}", query.get_transfer(transfer).await.unwrap());
    let story = proto::GetTransferStoryRequest { transfer_id, min_position };
    said += &format!("{:?}", query.get_transfer_story(story).await.unwrap());
    let audit = proto::SearchAuditRequest { min_position, ..Default::default() };
    said + &format!("{:?}", query.search_audit(audit).await.unwrap())
}

pub(crate) async fn found_by_words(world: &World, words: &str) -> usize {
    let min_position = world.head().await;
    let reason = words.to_owned();
    let search = proto::SearchAuditRequest { reason, min_position, ..Default::default() };
    world.query.clone().search_audit(search).await.unwrap().into_inner().events.len()
}

pub(crate) async fn forget(world: &World, subject: &str) -> (Option<i32>, String) {
    let arguments = ["forget", subject, "--yes", "--reason", "asked by letter", "--actor", "dpo"];
    daybook(&arguments, &[("DAYBOOK_COMMAND_URL", &world.stack.command_url)]).await
}

/// Runs a verb that reads log, read models and keys as the projector does.
pub(crate) async fn as_projector(world: &World, arguments: &[&str]) -> String {
    let role = Service::Projector.role();
    let url = world.stack.postgres.url(role, "daybook");
    let keys = world.stack.keys.as_ref().unwrap().url(role, "daybook_keys");
    let environment = [
        ("DAYBOOK_LOG_DATABASE_URL", url.as_str()),
        ("DAYBOOK_READ_DATABASE_URL", url.as_str()),
        ("DAYBOOK_KEYS_DATABASE_URL", keys.as_str()),
    ];
    daybook_must(arguments, &environment).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_byte_about_somebody_who_is_forgotten_is_left_and_every_proof_holds() {
    let mut world = World::with_keys().await;
    let _prover = world.stack.start_another(Service::Prover, &[]).await.unwrap();
    business(&mut world).await;
    world.projected().await;
    let before = answers(&world).await;
    for word in ABOUT_ALICE.iter().chain(&ABOUT_BOB) {
        assert!(before.contains(word), "{word} is not answered: {before}");
        assert_eq!(tables_with(&world.admin, word).await, [""; 0], "{word}");
    }
    assert_eq!(found_by_words(&world, "salarium").await, 1);
    let size = world.head().await;
    let kept = checkpoint(&world, size).await;

    let (code, printed) = forget(&world, "alice").await;
    assert_eq!(code, Some(0), "{printed}");
    world.projected().await;
    assert_left_nothing(&world).await;
    assert_eq!(found_by_words(&world, "salarium").await, 0);
    assert_eq!(found_by_words(&world, "donum").await, 1);

    // What is replayed is without her too, and equal to what was left; the log and its proofs are what they were.
    as_projector(&world, &["rebuild", "--all", "--verify"]).await;
    assert_left_nothing(&world).await;
    as_projector(&world, &["verify", "--all"]).await;
    assert_continues(&world, &kept).await;
    let (code, printed) = forget(&world, "alice").await;
    assert_eq!(code, Some(1), "{printed}");
    assert!(printed.contains("forgotten already"), "{printed}");
}

async fn assert_left_nothing(world: &World) {
    let after = answers(world).await;
    for word in ABOUT_ALICE {
        assert_eq!(tables_with(&world.admin, word).await, [""; 0], "{word}");
        assert!(!after.contains(word), "{word} is still answered");
    }
    for word in ABOUT_BOB {
        assert!(after.contains(word), "{word} is gone, and bob was not forgotten");
    }
}

/// What was signed before is a part of what is signed now.
async fn assert_continues(world: &World, kept: &proto::Checkpoint) {
    let head = world.head().await;
    let last = checkpoint(world, head).await;
    let keys = KeyFile::parse(&std::fs::read_to_string(world.stack.key_file()).unwrap()).unwrap();
    let opened = |checkpoint: &proto::Checkpoint| {
        SignedCheckpoint::open(&checkpoint.note, &keys.public_keys()).unwrap().checkpoint
    };
    let question = proto::GetConsistencyProofRequest {
        first_size: kept.size,
        second_size: last.size,
        ..Default::default()
    };
    let answer = world.query.clone().get_consistency_proof(question).await.unwrap().into_inner();
    let proof: Vec<_> = answer.hashes.iter().map(|hash| Hash::from_slice(hash).unwrap()).collect();
    let (then, now) = (opened(kept), opened(&last));
    assert!(last.size > kept.size);
    let holds = verify_consistency((then.size, then.root), (now.size, now.root), &proof);
    assert_eq!(holds, Ok(()));
}

/// Messages that wait in Redis, a projector that learns of everything at once, and later.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_learns_late_that_somebody_is_forgotten_never_reads_about_them() {
    let mut world = World::with_keys().await;
    world.stack.projector.kill().await.unwrap();
    business(&mut world).await;
    // The command service learns only now and then for whom it hands events over.
    eventually("messages wait", BOUND, async || {
        let more = proto::DepositRequest { context: because("salarium"), ..deposit("alice", 1) };
        world.command.clone().deposit(by("teller", more)).await?;
        ensure!(redis_holds(&world, "").await, "no message waits");
        Ok(())
    })
    .await;
    for word in ABOUT_ALICE.iter().chain(&ABOUT_BOB) {
        assert!(!redis_holds(&world, word).await, "{word}");
    }
    let (code, printed) = forget(&world, "alice").await;
    assert_eq!(code, Some(0), "{printed}");
    world.stack.start_again(Service::Projector).await.unwrap();
    world.projected().await;
    assert_left_nothing(&world).await;
    as_projector(&world, &["verify", "--all"]).await;
}

/// The key store goes away and comes back in the middle of everything: what has nothing personal goes on, the rest waits.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn read_models_wait_for_a_key_store_that_is_away_and_skip_nothing() {
    let mut world = World::with_keys().await;
    world.stack.keys.as_mut().unwrap().kill_immediately().await.unwrap();
    let mut command = world.command.clone();
    let naming = tokio::spawn(async move {
        let opening = proto::OpenAccountRequest { owner: "Yorick".to_owned(), ..open("bob") };
        command.open_account(by("registry", opening)).await
    });
    world.stack.keys.as_mut().unwrap().restart().await.unwrap();
    naming.await.unwrap().unwrap();
    world.stack.keys.as_mut().unwrap().kill_immediately().await.unwrap();
    world.command.deposit(by("teller", deposit("bob", 5))).await.unwrap();
    world.stack.keys.as_mut().unwrap().restart().await.unwrap();
    world.projected().await;
    let account_id = "bob".to_owned();
    let min_position = world.head().await;
    let question = proto::GetAccountRequest { account_id, min_position };
    eventually("the account is answered", BOUND, async || {
        let answer = world.query.clone().get_account(question.clone()).await?.into_inner();
        let account = answer.account.unwrap();
        ensure!(account.owner == "Yorick" && account.balance_minor_units == 5, "{account:?}");
        Ok(())
    })
    .await;
}
