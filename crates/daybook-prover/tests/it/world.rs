//! One test's world: a server of its own with a log and schema `proof`, and provers over it.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::ensure;
use clap::Parser as _;
use daybook_core::event::StoredEvent;
use daybook_core::ids::Position;
use daybook_eventlog::LogReader;
use daybook_proof::{Edge, KeyFile, SignedCheckpoint, leaf};
use daybook_prover::store::Store;
use daybook_prover::{Settings, key_file};
use daybook_testkit::{TestPostgres, eventually};
use sqlx::{AssertSqlSafe, PgPool};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tonic::transport::Endpoint;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;

/// Long against everything here, even on a busy machine.
pub(crate) const BOUND: Duration = Duration::from_secs(30);

pub(crate) const NAME: &str = "ledger.example.com/test";

/// Counts how often a prover takes up its tree, which begins with an INSERT into `proof.trees`.
const COUNT_LOOKS: &str = "CREATE SEQUENCE looks;
    CREATE FUNCTION look() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS
        'BEGIN PERFORM nextval(''public.looks''); RETURN NULL; END';
    CREATE TRIGGER look BEFORE INSERT ON proof.trees FOR EACH STATEMENT EXECUTE FUNCTION look()";

pub(crate) struct World {
    pub(crate) postgres: TestPostgres,
    /// As the superuser.
    pub(crate) admin: PgPool,
    pub(crate) log: LogReader,
    pub(crate) store: Store,
    dir: TempDir,
}

/// A running prover; ended when dropped.
pub(crate) struct Prover {
    task: JoinHandle<anyhow::Result<()>>,
    shutdown: CancellationToken,
    address: String,
}

impl World {
    pub(crate) async fn start() -> Self {
        let postgres = TestPostgres::start().await;
        let admin = PgPool::connect(&postgres.admin_url()).await.unwrap();
        daybook_eventlog::migrate::run(&admin, 4).await.unwrap();
        daybook_prover::migrate::run(&admin).await.unwrap();
        sqlx::raw_sql(COUNT_LOOKS).execute(&admin).await.unwrap();
        postgres.allow_login("daybook_prover").await.unwrap();
        let dir = tempfile::tempdir().unwrap();
        key_file::generate(&dir.path().join("key"), NAME).unwrap();
        let (log, store) = (LogReader::new(admin.clone()), Store::new(admin.clone(), NAME));
        Self { postgres, admin, log, store, dir }
    }

    pub(crate) fn key_path(&self) -> PathBuf {
        self.dir.path().join("key")
    }

    pub(crate) fn publish_dir(&self) -> PathBuf {
        self.dir.path().join("published")
    }

    pub(crate) fn keys(&self) -> KeyFile {
        key_file::load(&self.key_path()).unwrap()
    }

    pub(crate) fn state_dir(&self) -> PathBuf {
        self.dir.path().join("state")
    }

    /// Starts one, with `--first` the first time.
    pub(crate) async fn prover(&self, flags: &[&str]) -> Prover {
        let first: &[&str] = if self.state_dir().exists() { &[] } else { &["--first"] };
        self.prover_as_told(&[first, flags].concat()).await
    }

    pub(crate) async fn prover_as_told(&self, flags: &[&str]) -> Prover {
        let url = self.postgres.url("daybook_prover", "postgres");
        let (key, state) = (self.key_path(), self.state_dir());
        let fixed = ["daybook-prover", "--log-database-url", &url, "--key-file"];
        let often: &[&str] =
            if flags.contains(&"--interval-ms") { &[] } else { &["--interval-ms", "20"] };
        let fixed = fixed.into_iter().chain([key.to_str().unwrap()]).chain(often.iter().copied());
        let own_state = flags.contains(&"--state-dir");
        let state = if own_state { vec![] } else { vec!["--state-dir", state.to_str().unwrap()] };
        let fixed = fixed.chain(state);
        let settings = Settings::try_parse_from(fixed.chain(flags.iter().copied())).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let shutdown = CancellationToken::new();
        let task = tokio::spawn(daybook_prover::run(settings, listener, shutdown.clone()));
        Prover { task, shutdown, address }
    }

    /// Runs a statement as the superuser.
    pub(crate) async fn sql(&self, statement: impl Into<String>) {
        sqlx::raw_sql(AssertSqlSafe(statement.into())).execute(&self.admin).await.unwrap();
    }

    /// What a superuser can do, and no trigger hinders.
    pub(crate) async fn tamper(&self, statement: &str) {
        self.sql(format!(
            "ALTER TABLE log.events DISABLE TRIGGER USER;
             {statement};
             ALTER TABLE log.events ENABLE ALWAYS TRIGGER events_append_only"
        ))
        .await;
    }

    /// Appends events in one transaction.
    pub(crate) async fn append(&self, events: u32) {
        self.sql(format!(
            "BEGIN;
             SELECT 1 FROM log.head FOR UPDATE;
             INSERT INTO log.events
             SELECT h.position + n, greatest(h.position + n - 4, 0), 1, clock_timestamp(), gen_random_uuid(), 1,
                 (h.position + n) % 4, 'account-' || h.position + n, 'account', 'money-deposited',
                 ('{{\"amount\":  ' || n || '.10}}')::json,
                 ('{{\"actor\": \"teller\", \"command_id\": \"c-' || h.position + n || '\"}}')::json
             FROM log.head h, generate_series(1, {events}) n;
             UPDATE log.head SET position = position + {events};
             COMMIT"
        ))
        .await;
    }

    pub(crate) async fn head(&self) -> u64 {
        u64::try_from(self.log.head().await.unwrap().position.get()).unwrap()
    }

    /// The newest checkpoint, verified.
    pub(crate) async fn last(&self) -> Option<SignedCheckpoint> {
        let note = self.store.last_note().await.unwrap()?;
        Some(SignedCheckpoint::open(&note, &self.keys().public_keys()).unwrap())
    }

    /// Waits until the newest checkpoint covers the whole log, and gives it.
    pub(crate) async fn signed(&self) -> SignedCheckpoint {
        let head = self.head().await;
        eventually("the log is signed", BOUND, async || {
            let last = self.last().await.map(|signed| signed.checkpoint.size);
            ensure!(last == Some(head), "{last:?} of {head}");
            Ok(())
        })
        .await;
        self.last().await.unwrap()
    }

    pub(crate) async fn events(&self) -> Vec<StoredEvent> {
        self.log.read_stored(Position::ZERO, Position::MAX, usize::MAX).await.unwrap()
    }

    /// The tree over the first `size` events, worked out in memory from the rows as they are.
    pub(crate) async fn tree(&self, size: u64) -> Edge {
        let (mut edge, mut full) = (Edge::default(), Vec::new());
        for event in self.events().await.iter().take(usize::try_from(size).unwrap()) {
            edge.push(leaf::hash(event), &mut full);
        }
        edge
    }

    /// Every stored checkpoint is signed, and has the root of the log as it is; gives how many there are.
    pub(crate) async fn every_checkpoint_holds(&self) -> usize {
        let notes = self.store.notes_after((0, 0), 100_000).await.unwrap();
        let keys = self.keys().public_keys();
        let (mut edge, mut full) = (Edge::default(), Vec::new());
        let mut events = self.events().await.into_iter();
        for stored in &notes {
            while edge.size() < stored.size {
                edge.push(leaf::hash(&events.next().unwrap()), &mut full);
            }
            let signed = SignedCheckpoint::open(&stored.note, &keys).unwrap().checkpoint;
            assert_eq!((signed.size, signed.root), (stored.size, edge.root()));
        }
        notes.len()
    }

    /// Waits until a prover that stands has taken up the tree twice more: it has looked at everything in between.
    pub(crate) async fn looked(&self) {
        let looks = async || -> anyhow::Result<i64> {
            Ok(sqlx::query_scalar("SELECT last_value FROM looks").fetch_one(&self.admin).await?)
        };
        let before = looks().await.unwrap();
        eventually("the prover looks twice", BOUND, async || {
            let now = looks().await?;
            let signed = self.store.notes_after((0, 0), 1000).await?.len();
            // Each time it asks for its tree twice.
            ensure!(now >= before + 4, "{now} looks, {before} before; {signed} checkpoints");
            Ok(())
        })
        .await;
    }
}

impl Prover {
    /// Whether health says SERVING.
    pub(crate) async fn serves(&self) -> bool {
        let endpoint = Endpoint::from_shared(self.address.clone()).unwrap();
        let Ok(channel) = endpoint.connect().await else { return false };
        let mut health = HealthClient::new(channel);
        let answer = health.check(HealthCheckRequest { service: String::new() }).await;
        answer.is_ok_and(|answer| answer.into_inner().status() == ServingStatus::Serving)
    }

    pub(crate) async fn eventually(&self, serves: bool) {
        eventually("health changes", BOUND, async || {
            ensure!(self.serves().await == serves, "serves: {}", !serves);
            Ok(())
        })
        .await;
    }

    /// It must end by itself, at its start; why.
    pub(crate) async fn error(mut self) -> String {
        let ended = (&mut self.task).await.unwrap();
        format!("{:#}", ended.unwrap_err())
    }

    pub(crate) async fn stop(mut self) {
        self.shutdown.cancel();
        (&mut self.task).await.unwrap().unwrap();
    }
}

impl Drop for Prover {
    fn drop(&mut self) {
        self.task.abort();
    }
}
