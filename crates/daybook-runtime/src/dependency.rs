//! What a service depends on, as it was last seen: looked at once a second, on a connection of its own, so that neither a
//! busy pool nor an idle service hides an outage.
//!
//! Down after three failed looks in a row, up after one that succeeds; until the first one succeeds it is down. Each is
//! `daybook.NAME` of `grpc.health.v1` and the metric `daybook_dependency_up`.

use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::time::Duration;

use futures::FutureExt as _;
use futures::future::{BoxFuture, select_all};
use metrics::{describe_gauge, gauge};
use sqlx::AssertSqlSafe;
use sqlx::postgres::PgConnection;
use tokio::sync::watch;

use crate::health::Health;
use crate::postgres::Connector;
use crate::repeats::Repeats;
use crate::trouble::{Trouble, explain};

/// Between two looks; each pause is drawn from 80 to 120 % of it, so that many instances do not look at once.
const INTERVAL: Duration = Duration::from_secs(1);

/// How long one look may take.
const LOOK_MAX: Duration = Duration::from_secs(2);

/// How long one that has to connect first may take: a busy machine is none that is away.
const CONNECT_MAX: Duration = Duration::from_secs(5);

/// Failed looks in a row before it is called down: one lost connection is none of an orchestrator's business.
const FAILURES_MAX: u32 = 3;

/// A database that a service needs.
#[derive(Clone)]
pub struct Database {
    /// Its name in health and metrics: `log`, `read` or `keys`.
    pub name: &'static str,
    /// How to connect to it.
    pub connector: Connector,
    /// A statement that touches what the service needs first, with one boolean as its answer: whether the server may be
    /// used at all (a standby may not where the service writes).
    pub look: &'static str,
}

impl Database {
    /// Its name in texts.
    #[must_use]
    pub fn title(&self) -> &'static str {
        match self.name {
            "log" => "the log's database",
            "read" => "the read models' database",
            "keys" => "the key store",
            name => name,
        }
    }

    async fn look_once(&self, connection: &mut Option<PgConnection>) -> Result<(), Failed> {
        let limit = if connection.is_some() { LOOK_MAX } else { CONNECT_MAX };
        // Taken out: a look that fails, or is given up on, leaves no connection behind.
        let look = async {
            let mut open = match connection.take() {
                Some(open) => open,
                None => self.connector.connect().await?,
            };
            // Safe: the text is a constant of the service.
            let may_be_used: bool =
                sqlx::query_scalar(AssertSqlSafe(self.look)).fetch_one(&mut open).await?;
            *connection = Some(open);
            Ok(may_be_used)
        };
        match tokio::time::timeout(limit, look).await {
            Ok(Ok(true)) => Ok(()),
            Ok(Ok(false)) => Err(self.failed(Trouble::ReadOnly)),
            Ok(Err(error)) => {
                Err(Failed { trouble: Trouble::of(&error), text: explain(self.title(), &error) })
            }
            Err(_) => Err(self.failed(Trouble::Unreachable)),
        }
    }

    fn failed(&self, trouble: Trouble) -> Failed {
        Failed { trouble, text: format!("{} {}", self.title(), trouble.advice()) }
    }
}

/// What a look found wrong.
struct Failed {
    trouble: Trouble,
    text: String,
}

/// How a dependency was last seen.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Seen {
    /// Whether it counts as up.
    pub up: bool,
    /// What was wrong at the last look, also while it still counts as up.
    pub trouble: Option<Trouble>,
}

/// Something that a service depends on. Cheap to clone; what looks at it ends with the runtime.
#[derive(Debug, Clone)]
pub struct Dependency {
    name: &'static str,
    title: &'static str,
    seen: watch::Receiver<Seen>,
}

impl Dependency {
    /// Starts to look at a database, until `health` and all clones of this are gone.
    #[must_use]
    pub fn on_database(database: Database, health: &Health) -> Self {
        let (sender, seen) = watch::channel(Seen::default());
        let (name, title) = (database.name, database.title());
        tokio::spawn(look_on(database, sender, Report::new(name, health)));
        Self { name, title, seen }
    }

    /// Follows what somebody else knows of it: whoever uses it anyway.
    #[must_use]
    pub fn on_word(name: &'static str, mut up: watch::Receiver<bool>, health: &Health) -> Self {
        let (sender, seen) = watch::channel(Seen::default());
        let report = Report::new(name, health);
        tokio::spawn(async move {
            loop {
                let is_up = *up.borrow_and_update();
                sender.send_replace(Seen { up: is_up, trouble: None });
                report.set(is_up).await;
                if up.changed().await.is_err() {
                    return;
                }
            }
        });
        Self { name, title: name, seen }
    }

    /// Its name in texts.
    #[must_use]
    pub fn title(&self) -> &'static str {
        self.title
    }

    /// How it was last seen.
    #[must_use]
    pub fn seen(&self) -> Seen {
        *self.seen.borrow()
    }

    /// For whoever waits for a change.
    #[must_use]
    pub fn watch(&self) -> watch::Receiver<Seen> {
        self.seen.clone()
    }

    /// Its name in health and metrics.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.name
    }
}

/// Says SERVING while everything of `needed` is up and `own`, where there is one, is true; until one of these tells
/// nothing any more.
pub async fn tell_ready(
    health: Health,
    needed: Vec<Dependency>,
    mut own: Option<watch::Receiver<bool>>,
) {
    let mut seen: Vec<_> = needed.iter().map(Dependency::watch).collect();
    loop {
        // All of them, so that each counts as looked at.
        let is_ready = own.as_mut().is_none_or(|own| *own.borrow_and_update());
        let is_ready = seen.iter_mut().fold(is_ready, |all, one| all & one.borrow_and_update().up);
        health.set(is_ready).await;
        let mut changes: Vec<BoxFuture<'_, bool>> = Vec::with_capacity(seen.len() + 1);
        changes.extend(seen.iter_mut().map(|one| one.changed().map(|it| it.is_ok()).boxed()));
        changes.extend(own.iter_mut().map(|own| own.changed().map(|it| it.is_ok()).boxed()));
        let (told, ..) = select_all(changes).await;
        if !told {
            // The service is ending, and with it what told.
            return;
        }
    }
}

/// Where a state is told.
struct Report {
    name: &'static str,
    health: Health,
    up: metrics::Gauge,
}

impl Report {
    fn new(name: &'static str, health: &Health) -> Self {
        describe_gauge!(
            "daybook_dependency_up",
            "Whether what the service depends on can be used: 1 or 0"
        );
        let up = gauge!("daybook_dependency_up", "dependency" => name);
        Self { name, health: health.clone(), up }
    }

    async fn set(&self, up: bool) {
        self.up.set(if up { 1.0 } else { 0.0 });
        self.health.set_part(self.name, up).await;
    }
}

async fn look_on(database: Database, seen: watch::Sender<Seen>, report: Report) {
    let (mut connection, mut failures) = (None, 0_u32);
    let repeats = Repeats::new();
    report.set(false).await;
    while !seen.is_closed() {
        let was_up = seen.borrow().up;
        let now = match database.look_once(&mut connection).await {
            Ok(()) => {
                if !was_up && failures > 0 {
                    tracing::info!(dependency = database.name, "{} is back", database.title());
                }
                failures = 0;
                repeats.clear();
                Seen { up: true, trouble: None }
            }
            Err(Failed { trouble, text }) => {
                connection = None;
                failures = failures.saturating_add(1);
                let up = was_up && failures < FAILURES_MAX;
                if !up && let Some(left_out) = repeats.note(trouble.cause()) {
                    tracing::warn!(dependency = database.name, repeated = left_out, "{text}");
                }
                Seen { up, trouble: Some(trouble) }
            }
        };
        seen.send_replace(now);
        if now.up != was_up {
            report.set(now.up).await;
        }
        tokio::time::sleep(jittered(INTERVAL)).await;
    }
}

/// 80 to 120 %.
fn jittered(pause: Duration) -> Duration {
    let random = u32::try_from(RandomState::new().build_hasher().finish() % 41).unwrap_or_default();
    pause * (80 + random) / 100
}
