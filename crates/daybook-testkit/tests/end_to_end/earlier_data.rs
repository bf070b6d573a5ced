//! What an earlier build stored is opened by this one: a log with its snapshots, read models, tree and keys, and an
//! export.
//!
//! The files lie in `tests/earlier_data` and are never written again; its README says how they were made.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use daybook_core::event::EventPayload as _;
use daybook_domains::DaybookEvent;
use daybook_proof::proof::verify_consistency;
use daybook_proof::{Hash, KeyFile, SignedCheckpoint};
use daybook_proto::v1 as proto;
use daybook_testkit::TestPostgres;
use daybook_testkit::servers::{Postgres, Service};
use proto::execute_stream_request::Command;
use proto::expected_version::Kind;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection, PgPool};
use tonic::Code;

use crate::command_line::daybook_must;
use crate::forgetting::as_projector;
use crate::proof::checkpoint;
use crate::world::{
    BOUND, World, approve, by, deposit, execute, fee, initiate, open, usd, withdraw,
};

/// Where the prover had what it signed last, in its state directory.
const CHECKPOINT: &str = "c93bb5e3cd74ffe9.checkpoint";

/// The partition of the event at position 1.
const FIRST_PARTITION: i32 = 5;

/// The event whose time was accepted.
const ACCEPTED_POSITION: i64 = 6;

/// A command as it was sent: who, and what, with a command id.
struct Call {
    actor: &'static str,
    command_id: String,
    command: Command,
}

/// A call with its command id, reason (empty: none) and expected version.
fn call(
    actor: &'static str,
    (command_id, reason, expected): (&str, &str, Option<Kind>),
    command: impl FnOnce(Option<proto::CommandContext>) -> Command,
) -> Call {
    let context = proto::CommandContext {
        command_id: command_id.to_owned(),
        correlation_id: "order-77".to_owned(),
        causation_id: "invoice-78".to_owned(),
        reason: reason.to_owned(),
        expected_version: expected.map(|kind| proto::ExpectedVersion { kind: Some(kind) }),
    };
    Call { actor, command_id: command_id.to_owned(), command: command(Some(context)) }
}

/// The calls before the log's time was accepted.
fn first_calls() -> Vec<Call> {
    let opened = |id: &'static str, owner: &'static str, expected| {
        let command_id = format!("open-{id}");
        call("registry", (&command_id, "new customer", expected), |context| {
            let overdraft_limit_minor_units = if id == "alice" { 5_000 } else { 0 };
            let owner = owner.to_owned();
            let opening = proto::OpenAccountRequest {
                context,
                owner,
                overdraft_limit_minor_units,
                ..open(id)
            };
            Command::OpenAccount(opening)
        })
    };
    vec![
        opened("alice", "Alice Áñez", Some(Kind::NoStream(true))),
        opened("bob", "Bob", None),
        opened("carol", "Carol", None),
        opened("dave", "Dave", None),
        call("teller", ("deposit-alice", "salary", Some(Kind::Exact(1))), |context| {
            Command::Deposit(proto::DepositRequest { context, ..deposit("alice", 250_000) })
        }),
        call("teller", ("deposit-bob", "", Some(Kind::StreamExists(true))), |context| {
            Command::Deposit(proto::DepositRequest { context, ..deposit("bob", 10_000) })
        }),
    ]
}

/// The calls after that.
fn further_calls() -> Vec<Call> {
    let transfer = |id: &'static str, cents| {
        let command_id = format!("initiate-{id}");
        call("ines", (&command_id, "rent for May", None), |context| {
            let transfer = initiate(id, "alice", "bob", cents);
            Command::InitiateTransfer(proto::InitiateTransferRequest { context, ..transfer })
        })
    };
    let approval = |id: &'static str| {
        let command_id = format!("approve-{id}");
        call("otto", (&command_id, "as agreed", None), |context| {
            Command::ApproveTransfer(proto::ApproveTransferRequest { context, ..approve(id) })
        })
    };
    vec![
        call("teller", ("deposit-dave", "first wages", None), |context| {
            Command::Deposit(proto::DepositRequest { context, ..deposit("dave", 777) })
        }),
        call("teller", ("withdraw-alice", "", None), |context| {
            Command::Withdraw(proto::WithdrawRequest { context, ..withdraw("alice", 1_250) })
        }),
        call("billing", ("fee-alice", "", None), |context| {
            Command::ChargeFee(proto::ChargeFeeRequest { context, ..fee("alice", 99) })
        }),
        call("sue", ("refund-alice", "wrong size", None), |context| {
            let (account_id, customer) = ("alice".to_owned(), "Zoë".to_owned());
            Command::Refund(proto::RefundRequest {
                context,
                account_id,
                customer,
                amount: usd(500),
            })
        }),
        call("olga", ("freeze-bob", "card lost", None), |context| {
            let account_id = "bob".to_owned();
            Command::FreezeAccount(proto::FreezeAccountRequest { context, account_id })
        }),
        call("olga", ("unfreeze-bob", "", None), |context| {
            let account_id = "bob".to_owned();
            Command::UnfreezeAccount(proto::UnfreezeAccountRequest { context, account_id })
        }),
        call("olga", ("close-carol", "", None), |context| {
            let account_id = "carol".to_owned();
            Command::CloseAccount(proto::CloseAccountRequest { context, account_id })
        }),
        transfer("executed", 40_000),
        approval("executed"),
        call("night-run", ("execute-executed", "", None), |context| {
            Command::ExecuteTransfer(proto::ExecuteTransferRequest {
                context,
                ..execute("executed")
            })
        }),
        transfer("rejected", 5_000),
        call("otto", ("reject-rejected", "too early", None), |context| {
            let transfer_id = "rejected".to_owned();
            Command::RejectTransfer(proto::RejectTransferRequest { context, transfer_id })
        }),
        transfer("cancelled", 6_000),
        approval("cancelled"),
        call("ines", ("cancel-cancelled", "", None), |context| {
            let transfer_id = "cancelled".to_owned();
            Command::CancelTransfer(proto::CancelTransferRequest { context, transfer_id })
        }),
        transfer("small", 400),
        transfer("open", 7_000),
        call("olga", ("skip", "booked by hand", None), |context| {
            Command::SkipProjectionEvent(proto::SkipProjectionEventRequest {
                context,
                projection: "daily_activity".to_owned(),
                partition: FIRST_PARTITION,
                position: 1,
            })
        }),
        call("olga", ("retry", "mended", None), |context| {
            Command::RetryProjectionEvent(proto::RetryProjectionEventRequest {
                context,
                projection: "daily_activity".to_owned(),
                partition: FIRST_PARTITION,
                position: 1,
            })
        }),
    ]
}

/// What made the service record that dave is forgotten.
fn forgetting() -> proto::ForgetSubjectRequest {
    let context = proto::CommandContext {
        command_id: "forget-dave".to_owned(),
        reason: "asked by letter".to_owned(),
        ..Default::default()
    };
    proto::ForgetSubjectRequest { context: Some(context), subject_id: "dave".to_owned() }
}

/// What made the service continue with a time in the future.
fn acceptance() -> proto::AcceptLogTimeRequest {
    let context = proto::CommandContext {
        command_id: "accept-time".to_owned(),
        reason: "the clock was set wrong".to_owned(),
        ..Default::default()
    };
    proto::AcceptLogTimeRequest { context: Some(context), position: ACCEPTED_POSITION }
}

/// Sends a call; gives its receipt, or why there is none.
async fn send(world: &World, call: Call) -> Result<proto::Receipt, proto::CommandFailure> {
    let request = proto::ExecuteStreamRequest { sequence: 1, command: Some(call.command) };
    let requests = by(call.actor, futures::stream::iter([request]));
    let mut answers = world.command.clone().execute_stream(requests).await.unwrap().into_inner();
    match answers.message().await.unwrap().unwrap().outcome.unwrap() {
        proto::execute_stream_response::Outcome::Receipt(receipt) => Ok(receipt),
        proto::execute_stream_response::Outcome::Failure(failure) => Err(failure),
    }
}

/// What the files hold.
fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/earlier_data").join(name)
}

fn text_of(name: &str) -> String {
    std::fs::read_to_string(file(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// A receipt as `receipts.txt` has it.
fn told(receipt: &proto::Receipt) -> String {
    let at = receipt.recorded_at.unwrap();
    let streams = receipt.streams.iter().map(|s| format!(" {}@{}", s.stream_id, s.version));
    let (id, position, micros) = (&receipt.command_id, receipt.position, at.nanos / 1000);
    format!("{id} {position} {}.{micros:06}{}", at.seconds, streams.collect::<String>())
}

/// A stack of today's services over what the earlier build stored, migrated.
async fn over_earlier_data() -> World {
    let mut world = World::with_keys().await;
    world.stack.command.terminate(BOUND).await.unwrap();
    world.stack.projector.terminate(BOUND).await.unwrap();
    world.stack.query.terminate(BOUND).await.unwrap();
    world.admin.close().await;
    load(&world.stack.postgres, "daybook").await;
    load(world.stack.keys.as_ref().unwrap(), "daybook_keys").await;
    let state = world.stack.key_file().with_file_name("prover-state");
    std::fs::create_dir_all(&state).unwrap();
    std::fs::copy(file("prover.key"), world.stack.key_file()).unwrap();
    let private = std::fs::Permissions::from_mode(0o600);
    std::fs::set_permissions(world.stack.key_file(), private).unwrap();
    std::fs::copy(file(CHECKPOINT), state.join(CHECKPOINT)).unwrap();
    let (url, keys_url) = (world.stack.admin_url(), world.stack.keys_admin_url().unwrap());
    let environment = [
        ("DAYBOOK_MIGRATE_DATABASE_URL", url.as_str()),
        ("DAYBOOK_MIGRATE_KEYS_DATABASE_URL", keys_url.as_str()),
    ];
    daybook_must(&["migrate"], &environment).await;
    world.admin = PgPool::connect(&url).await.unwrap();
    for service in [Service::Command, Service::Projector, Service::Query] {
        world.stack.start_again(service).await.unwrap();
    }
    world
}

/// Puts a dump in the place of a server's database.
async fn load(server: &Postgres, database: &str) {
    server.create_database("earlier").await.unwrap();
    let mut connection = PgConnection::connect(&server.superuser_url("earlier")).await.unwrap();
    let dump = text_of(&format!("{database}.sql"));
    sqlx::raw_sql(AssertSqlSafe(dump)).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
    let mut connection = PgConnection::connect(&server.superuser_url("postgres")).await.unwrap();
    let exchange = format!(
        "DROP DATABASE {database} WITH (FORCE); ALTER DATABASE earlier RENAME TO {database}"
    );
    for statement in exchange.split(';') {
        let statement = AssertSqlSafe(statement.to_owned());
        sqlx::raw_sql(statement).execute(&mut connection).await.unwrap();
    }
}

/// Every command is recognised as the retry of one from before, whatever it was.
async fn assert_first_receipts(world: &World) {
    let pinned = text_of("receipts.txt");
    let mut receipts = Vec::new();
    for call in first_calls().into_iter().chain(further_calls()) {
        let id = call.command_id.clone();
        match send(world, call).await {
            Ok(receipt) => receipts.push(receipt),
            // The key is destroyed, and with it what the command was recognised by.
            Err(failure) => {
                let expected = ("open-dave", Code::AlreadyExists);
                assert_eq!((id.as_str(), Code::from(failure.code)), expected, "{failure:?}");
            }
        }
    }
    let mut client = world.command.clone();
    let accepted = client.accept_log_time(by("olga", acceptance())).await.unwrap();
    receipts.extend(accepted.into_inner().receipt);
    let forgotten = client.forget_subject(by("dpo", forgetting())).await.unwrap();
    receipts.extend(forgotten.into_inner().receipt);
    assert_eq!(receipts.len() + 1, pinned.lines().count());
    for receipt in receipts {
        let told = told(&receipt);
        assert!(receipt.replayed, "{told} is taken for another command");
        assert!(pinned.lines().any(|line| line == told), "{told} is not in receipts.txt");
    }
}

/// The read models of before answer, or say that they are to be rebuilt; then they are.
async fn assert_balances(world: &World) {
    let asked = async |account_id: &str| {
        let account_id = account_id.to_owned();
        let request = proto::GetAccountRequest { account_id, ..Default::default() };
        world.query.clone().get_account(request).await
    };
    if let Err(status) = asked("alice").await {
        let says_so =
            status.code() == Code::Unavailable && status.message().contains("daybook rebuild");
        assert!(says_so, "{status}");
        as_projector(world, &["rebuild", "--all"]).await;
    }
    world.projected().await;
    let mut balances = Vec::new();
    for id in ["alice", "bob", "carol", "dave"] {
        let account = asked(id).await.unwrap().into_inner().account.unwrap();
        balances.push((account.owner, account.balance_minor_units, account.held_minor_units));
    }
    let expected =
        [("Alice Áñez", 208_151, 7_400), ("Bob", 50_000, 0), ("Carol", 0, 0), ("", 777, 0)];
    assert_eq!(balances, expected.map(|(owner, balance, held)| (owner.to_owned(), balance, held)));
}

/// Proofs from before hold, and the prover continues the history that was signed.
async fn assert_proofs(world: &World) {
    let keys = KeyFile::parse(&text_of("prover.key")).unwrap();
    let key = keys.public_keys()[0].to_string();
    for subject in ["account", "transfer", "range"] {
        let evidence = file(&format!("evidence-{subject}.json"));
        daybook_must(&["evidence", "check", evidence.to_str().unwrap(), "--key", &key], &[]).await;
    }
    let kept =
        SignedCheckpoint::open(&text_of(CHECKPOINT), &keys.public_keys()).unwrap().checkpoint;
    let _prover = world.stack.start_another(Service::Prover, &[]).await.unwrap();
    world.command.clone().deposit(by("teller", deposit("bob", 1))).await.unwrap();
    let newest = checkpoint(world, world.head().await).await;
    let newest = SignedCheckpoint::open(&newest.note, &keys.public_keys()).unwrap().checkpoint;
    let question = proto::GetConsistencyProofRequest {
        first_size: i64::try_from(kept.size).unwrap(),
        second_size: i64::try_from(newest.size).unwrap(),
        ..Default::default()
    };
    let proof = world.query.clone().get_consistency_proof(question).await.unwrap().into_inner();
    let proof: Vec<_> = proof.hashes.iter().map(|hash| Hash::from_slice(hash).unwrap()).collect();
    let holds = verify_consistency((kept.size, kept.root), (newest.size, newest.root), &proof);
    assert_eq!(holds, Ok(()));
}

/// A token from before gives the rows that come after the first two.
macro_rules! assert_token {
    ($world:expr, $rpc:ident($request:ident { $($field:ident: $value:expr),* }), $rows:ident, $name:literal) => {{
        let tokens = text_of("page_tokens.txt");
        let token = tokens.lines().find_map(|line| line.strip_prefix(concat!($name, " "))).unwrap();
        let request = |page_token: &str| proto::$request {
            page_token: page_token.to_owned(),
            page_size: 100,
            $($field: $value.into(),)*
            ..Default::default()
        };
        let mut query = $world.query.clone();
        let all = query.$rpc(request("")).await.unwrap().into_inner().$rows;
        let rest = query.$rpc(request(token)).await.unwrap().into_inner().$rows;
        assert!(!rest.is_empty() && rest == all[2..], "{}: {rest:?}", $name);
    }};
}

async fn assert_page_tokens(world: &World) {
    assert_token!(world, list_accounts(ListAccountsRequest {}), accounts, "ListAccounts");
    let of_alice = "alice";
    assert_token!(
        world,
        list_transfers(ListTransfersRequest { account_id: of_alice }),
        transfers,
        "ListTransfers"
    );
    assert_token!(
        world,
        get_statement(GetStatementRequest { account_id: of_alice }),
        entries,
        "GetStatement"
    );
    assert_token!(
        world,
        explain_balance(ExplainBalanceRequest { account_id: of_alice }),
        movements,
        "ExplainBalance"
    );
    assert_token!(
        world,
        get_event_history(GetEventHistoryRequest { stream_id: "account-alice" }),
        events,
        "GetEventHistory"
    );
    assert_token!(world, search_audit(SearchAuditRequest {}), events, "SearchAudit");
}

#[tokio::test]
async fn g6_what_an_earlier_build_stored_is_opened_and_continued() {
    let world = over_earlier_data().await;
    assert_first_receipts(&world).await;
    assert_balances(&world).await;
    as_projector(&world, &["verify", "--all"]).await;
    assert_page_tokens(&world).await;
    let directory = tempfile::tempdir().unwrap();
    for (what, name) in [("events", "events.jsonl"), ("statements", "statements.csv")] {
        let path = directory.path().join(name);
        as_projector(&world, &["export", what, "-o", path.to_str().unwrap()]).await;
        assert_eq!(std::fs::read_to_string(path).unwrap(), text_of(name), "{name}");
    }
    assert_proofs(&world).await;
    world.projected().await;
    as_projector(&world, &["rebuild", "--all", "--verify"]).await;
    as_projector(&world, &["verify", "--all"]).await;
}

#[tokio::test]
async fn g6_an_export_of_an_earlier_build_is_restored_into_an_empty_log() {
    let postgres = TestPostgres::start().await;
    let url = postgres.superuser_url("postgres");
    daybook_must(&["migrate"], &[("DAYBOOK_MIGRATE_DATABASE_URL", &url)]).await;
    let environment = [("DAYBOOK_LOG_DATABASE_URL", url.as_str())];
    let exported = file("events.jsonl");
    daybook_must(&["restore-events", exported.to_str().unwrap()], &environment).await;
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("events.jsonl");
    daybook_must(&["export", "events", "-o", path.to_str().unwrap()], &environment).await;
    let written = std::fs::read_to_string(path).unwrap();
    assert_eq!(written, text_of("events.jsonl"));
    let environment = [environment[0], ("DAYBOOK_READ_DATABASE_URL", url.as_str())];
    daybook_must(&["verify", "--all", "--log-only"], &environment).await;
    let is_in = |name: &&&str| written.contains(&format!(r#""event_type":"{name}""#));
    let missing: Vec<_> = DaybookEvent::EVENT_TYPES.iter().filter(|name| !is_in(name)).collect();
    assert!(missing.is_empty(), "the export has no {missing:?}");
}
