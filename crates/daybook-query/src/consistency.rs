//! Answers that reflect a position (G9).
//!
//! Every answer from a read model is read in one REPEATABLE READ transaction that reads, first of all, which generation
//! is current and the checkpoints of the partitions that the answer needs. Rows and checkpoints are written in one
//! transaction by the projector, so in that snapshot the rows are exactly the fold up to those checkpoints (G7), of one
//! generation. Where they are not yet at `min_position` the transaction ends, the call waits for the watcher to see
//! them there, holding no connection, and then everything is read anew: the watcher is only ever a hint.
//!
//! A partition that has stopped before `min_position` is an error at once, and a read model that is ahead of its log
//! answers nothing at all.

mod checkpoints;
mod verdict;
mod watcher;

use daybook_core::ids::Position;
use daybook_core::partition::Partition;
use sqlx::{AssertSqlSafe, PgConnection, Postgres, Transaction};
use tokio::time::timeout_at;

use crate::admission::Turn;
use crate::budget::Budget;
use crate::database::Database;
use crate::error::QueryError;
use verdict::{Verdict, judge};

pub(crate) use checkpoints::{Checkpoints, Place, read_checkpoints};
pub(crate) use watcher::{Sight, Watcher};

/// What an answer needs.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Need {
    /// The read models that it reads.
    pub(crate) projections: &'static [&'static str],
    /// The one partition that all its rows belong to; `None`: any.
    pub(crate) partition: Option<Partition>,
    /// How many partitions there are.
    pub(crate) partition_count: u16,
    /// What it must reflect; zero: nothing.
    pub(crate) min_position: Position,
}

/// One snapshot of the read models that reflects what was needed.
pub(crate) struct View {
    transaction: Transaction<'static, Postgres>,
    _turn: Turn,
    checkpoints: Checkpoints,
    /// The log is reflected up to here, in the partitions that were needed.
    pub(crate) checkpoint: Position,
}

impl View {
    /// A statement on the tables of the current generation: `{generation}` in `template` stands for its number.
    pub(crate) fn sql(&self, projection: &'static str, template: &str) -> AssertSqlSafe<String> {
        let generation = self.checkpoints.generation(projection);
        AssertSqlSafe(template.replace("{generation}", &generation.to_string()))
    }

    /// The number of a projection's current generation.
    pub(crate) fn generation(&self, projection: &'static str) -> i32 {
        self.checkpoints.generation(projection)
    }

    /// A statement on the tables of several projections: each place in `template` stands for the number of its projection's
    /// current generation.
    pub(crate) fn sql_of(
        &self,
        template: &str,
        places: &[(&str, &'static str)],
    ) -> AssertSqlSafe<String> {
        let put_in = |sql: String, (place, projection): &(&str, &'static str)| {
            sql.replace(place, &self.generation(projection).to_string())
        };
        AssertSqlSafe(places.iter().fold(template.to_owned(), put_in))
    }

    pub(crate) fn connection(&mut self) -> &mut PgConnection {
        &mut self.transaction
    }

    /// Ends the snapshot, so that its connection is free for the next answer at once.
    pub(crate) async fn close(self) -> Result<(), QueryError> {
        Ok(self.transaction.commit().await?)
    }
}

/// The read models' database and whoever waits for it.
pub(crate) struct ReadModels {
    pub(crate) database: Database,
    watcher: Watcher<Checkpoints>,
}

impl ReadModels {
    pub(crate) fn new(database: Database) -> Self {
        Self { database, watcher: Watcher::new() }
    }

    pub(crate) fn watcher(&self) -> &Watcher<Checkpoints> {
        &self.watcher
    }

    /// A snapshot that reflects `need.min_position`, as soon as there is one.
    pub(crate) async fn open(&self, need: &Need, budget: &Budget<'_>) -> Result<View, QueryError> {
        loop {
            match self.attempt(need, budget).await? {
                Attempt::Reflects(view) => return Ok(view),
                Attempt::Behind { projection, checkpoint } => {
                    self.wait(need, budget, projection, checkpoint).await?;
                }
            }
        }
    }

    async fn attempt(&self, need: &Need, budget: &Budget<'_>) -> Result<Attempt, QueryError> {
        let (mut transaction, turn) = self.database.begin(budget).await?;
        let reading = read_checkpoints(&mut *transaction, need.projections, need.partition);
        let checkpoints = budget.bound(reading).await?;
        match judge(&checkpoints, need)? {
            Verdict::Reflects { checkpoint } => {
                Ok(Attempt::Reflects(View { transaction, _turn: turn, checkpoints, checkpoint }))
            }
            Verdict::Behind { projection, checkpoint } => {
                budget.bound(transaction.rollback()).await?;
                Ok(Attempt::Behind { projection, checkpoint })
            }
        }
    }

    /// Returns when another attempt is worth while.
    async fn wait(
        &self,
        need: &Need,
        budget: &Budget<'_>,
        mut projection: &'static str,
        mut checkpoint: Position,
    ) -> Result<(), QueryError> {
        let _place = budget.wait()?;
        let mut sights = self.watcher.watch();
        loop {
            match timeout_at(budget.wait_until(), sights.next()).await {
                // The next attempt finds the error itself, or that it has passed.
                Ok(Sight::Lost) => return Ok(()),
                Ok(Sight::Seen(seen)) => match judge(&seen, need)? {
                    Verdict::Reflects { .. } => return Ok(()),
                    Verdict::Behind { projection: which, checkpoint: at } => {
                        (projection, checkpoint) = (which, at);
                    }
                },
                Err(_) => {
                    let min_position = need.min_position;
                    return Err(QueryError::Behind { what: projection, min_position, checkpoint });
                }
            }
        }
    }
}

/// What one look at the checkpoints led to.
enum Attempt {
    Reflects(View),
    Behind { projection: &'static str, checkpoint: Position },
}
