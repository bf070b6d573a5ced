//! `daybook rebuild` as a process, beside everything else that goes on: writes, reads, projectors.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use daybook_proto::v1 as proto;
use daybook_proto::v1::query_service_client::QueryServiceClient;
use daybook_testkit::servers::{Process, ProcessSpec, Service, service_binary};
use tonic::transport::Channel;

use crate::fold::assert_read_models_equal_the_fold;
use crate::world::World;

/// A rebuild that runs, and what it has printed.
pub(crate) struct Rebuild {
    pub(crate) process: Process,
    lines: Arc<Mutex<Vec<String>>>,
}

impl Rebuild {
    /// `daybook rebuild --json` with further arguments.
    pub(crate) async fn start(world: &World, arguments: &str) -> Self {
        let url = world.stack.postgres.url(Service::Projector.role(), "daybook");
        let spec = ProcessSpec::new(service_binary("daybook").unwrap())
            .arg("rebuild")
            .arg("--json")
            .env("DAYBOOK_LOG_DATABASE_URL", &url)
            .env("DAYBOOK_READ_DATABASE_URL", &url);
        let spec = arguments.split_whitespace().fold(spec, ProcessSpec::arg);
        let lines = Arc::new(Mutex::new(Vec::new()));
        let sink = Arc::clone(&lines);
        let process = Process::start(&spec, move |line: &str| {
            sink.lock().unwrap_or_else(PoisonError::into_inner).push(line.to_owned());
        });
        Self { process: process.await.unwrap(), lines }
    }

    /// Waits for its end; gives its exit code and all that it printed.
    pub(crate) async fn end(mut self) -> (Option<i32>, String) {
        let status = self.process.wait().await.unwrap();
        (status.code(), self.printed())
    }

    /// Runs one that must succeed.
    pub(crate) async fn must(world: &World, arguments: &str) -> String {
        let (code, printed) = Self::start(world, arguments).await.end().await;
        assert_eq!(code, Some(0), "{arguments}: {printed}");
        printed
    }

    pub(crate) fn printed(&self) -> String {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner).join("\n")
    }
}

/// The current generation of a read model.
pub(crate) async fn generation(world: &World, projection: &str) -> i32 {
    sqlx::query_scalar("SELECT generation FROM read.projections WHERE projection = $1")
        .bind(projection)
        .fetch_one(&world.admin)
        .await
        .unwrap()
}

/// Asks without a pause until told to stop: no answer may fail, go back in time, or lack a row. Gives how many there were.
async fn ask(mut query: QueryServiceClient<Channel>, stop: Arc<AtomicBool>) -> usize {
    let (mut answers, mut checkpoint, mut version, mut entries) = (0, 0, 0, 0);
    while !stop.load(Ordering::SeqCst) {
        let request =
            proto::GetAccountRequest { account_id: "a0".to_owned(), ..Default::default() };
        let answer = query.get_account(request).await.unwrap().into_inner();
        let account = answer.account.unwrap();
        assert!(answer.checkpoint >= checkpoint, "{} after {checkpoint}", answer.checkpoint);
        assert!(account.version >= version, "version {} after {version}", account.version);
        (checkpoint, version) = (answer.checkpoint, account.version);

        let request =
            proto::GetStatementRequest { account_id: "a0".to_owned(), ..Default::default() };
        let statement = query.get_statement(request).await.unwrap().into_inner();
        let page = statement.entries.len();
        assert!(page >= entries, "{page} entries after {entries}");
        entries = page;
        let accounts = query.list_accounts(proto::ListAccountsRequest::default()).await.unwrap();
        assert_eq!(accounts.into_inner().accounts.len(), 10);
        answers += 3;
    }
    answers
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn g7_rebuilds_under_writes_and_reads_are_noticed_by_nobody() {
    let mut world = World::new().await;
    world.open_accounts(10).await;
    assert!(world.load(10, 300).await > 250);
    world.projected().await;
    let stop = Arc::new(AtomicBool::new(false));
    let asking = tokio::spawn(ask(world.query.clone(), Arc::clone(&stop)));
    let working = async {
        for arguments in
            ["--all", "--all --keep-old --verify", "--rollback accounts", "accounts transfers"]
        {
            Rebuild::must(&world, arguments).await;
        }
        stop.store(true, Ordering::SeqCst);
    };
    let writing = async {
        let mut acknowledged = 0;
        while !stop.load(Ordering::SeqCst) {
            acknowledged += world.load(10, 200).await;
        }
        acknowledged
    };
    let ((), acknowledged) = tokio::join!(working, writing);
    let answers = asking.await.unwrap();
    assert!(acknowledged > 200 && answers > 100, "{acknowledged} commands, {answers} answers");
    world.projected().await;
    for (projection, expected) in
        [("accounts", 4), ("account_entries", 3), ("transfers", 4), ("audit", 3), ("postings", 3)]
    {
        assert_eq!(generation(&world, projection).await, expected, "{projection}");
    }
    assert_read_models_equal_the_fold(&world.admin).await;
}

#[tokio::test]
async fn verify_tells_what_differs_and_ends_with_a_failure() {
    let mut world = World::new().await;
    world.open_accounts(10).await;
    world.projected().await;
    sqlx::query("UPDATE read.accounts_1 SET held = 7 WHERE account_id = 'a3'")
        .execute(&world.admin)
        .await
        .unwrap();
    let (code, printed) = Rebuild::start(&world, "accounts --verify").await.end().await;
    assert_eq!(code, Some(1), "{printed}");
    let last = printed.lines().last().unwrap();
    for part in [r#""swapped":false"#, r#""differences_total":1"#, "a3", r#""columns":["held"]"#] {
        assert!(last.contains(part), "{part} in {last}");
    }
    assert_eq!(generation(&world, "accounts").await, 1);
    Rebuild::must(&world, "accounts").await;
    world.projected().await;
    assert_read_models_equal_the_fold(&world.admin).await;
}

#[tokio::test]
async fn what_cannot_be_done_is_refused_with_words() {
    let mut world = World::new().await;
    world.open_accounts(1).await;
    for (arguments, code, words) in [
        ("balances", 2, "there is no read model `balances`; there are accounts, "),
        ("", 2, "required"),
        ("accounts --all", 2, "cannot be used with"),
        ("accounts --from-position 5", 1, "needs the whole log"),
        ("--all --from-time 2099-01-01", 1, "needs the whole log"),
        ("transfers --stream-type account", 1, "needs the events of `transfer` streams"),
        ("--rollback accounts", 1, "has no generation to go back to"),
    ] {
        let (ended, printed) = Rebuild::start(&world, arguments).await.end().await;
        assert_eq!(ended, Some(code), "{arguments}: {printed}");
        assert!(printed.contains(words), "{arguments}: {printed}");
    }
}
