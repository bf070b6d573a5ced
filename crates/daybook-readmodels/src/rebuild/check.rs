//! Checking: whether a live generation is the fold of the log (G7). A new one is filled beside it by the same code that a
//! rebuild uses, both are compared row by row at one same position, and the new one is thrown away. What operators have
//! permitted to be left out is left out where it cannot be applied. A live generation that says that it is ahead of the log
//! is compared up to the log's end, so that its rows are named.
//!
//! That takes room for the tables once more, and a role that may make them. In exchange nothing is folded by other code than
//! a rebuild's, every projection can be checked without a line of its own, and memory is bounded as a rebuild's is.
//!
//! A sample is some partitions: a row belongs to one, so rows of these partitions are compared whole, and no others.

use std::sync::Arc;

use daybook_core::event::EventPayload;
use daybook_core::ids::Position;
use daybook_core::partition::Partition;

use super::build::Build;
use super::compare::Difference;
use super::progress::{Phase, Watch};
use super::session::Builder;
use super::{QUERY_TIME_MAX, RebuildError, Rebuilder, generations};
use crate::projection::{Generation, Projection};

/// What came of checking one read model.
#[derive(Debug, Clone)]
pub struct Checked {
    /// The projection that was checked.
    pub projection: &'static str,
    /// The live generation.
    pub generation: Generation,
    /// What came of it.
    pub verdict: Verdict,
}

/// What came of checking one read model.
#[derive(Debug, Clone)]
pub enum Verdict {
    /// It was compared.
    Compared {
        /// The first rows that differ.
        differences: Vec<Difference>,
        /// How many differ.
        total: i64,
        /// Where one of its partitions is, that was folded from events that the log does not hold.
        ahead: Option<Position>,
    },
    /// It cannot be compared, for a reason that is no fault of its rows.
    NotComparable {
        /// Why.
        why: String,
    },
}

impl Rebuilder {
    /// Compares the live generation of each projection with a new fold of the log, in some partitions (`None`: in all), all
    /// of them from one reading of the log. Changes no read model.
    ///
    /// # Errors
    /// When a database is away, or the log holds what cannot be folded.
    pub async fn check<E: EventPayload>(
        &self,
        projections: &[Arc<dyn Projection<E>>],
        partitions: Option<&[Partition]>,
        watch: &Watch,
    ) -> Result<Vec<Checked>, RebuildError> {
        self.clean(projections, QUERY_TIME_MAX).await?;
        let mut builder = Builder::connect(&self.connector).await?;
        let builds = self.begin(&mut builder, projections, Position::ZERO, partitions).await?;
        let work = self.build_and_compare(&builds, watch);
        let done = tokio::select! {
            done = work => done,
            lost = builder.keep(&builds, watch) => Err(lost),
        };
        builder.abandon(&builds).await;
        let dropped = self.clean(projections, QUERY_TIME_MAX).await;
        dropped
            .inspect_err(|error| tracing::warn!(%error, "the tables are left to the next rebuild"))
            .ok();
        done
    }

    async fn build_and_compare<E: EventPayload>(
        &self,
        builds: &[Arc<Build<E>>],
        watch: &Watch,
    ) -> Result<Vec<Checked>, RebuildError> {
        let (mut checked, mut comparable) = (Vec::new(), Vec::new());
        for build in builds {
            match self.comparable(build).await {
                Ok(_) => comparable.push(Arc::clone(build)),
                Err(RebuildError::Refused { why, .. }) => {
                    checked.push(build.checked(Verdict::NotComparable { why }));
                }
                Err(error) => return Err(error),
            }
        }
        if comparable.is_empty() {
            return Ok(checked);
        }
        let limits = self.limits(&comparable, true).await?;
        let mut frontiers = self.fill(&comparable, &limits, watch).await?;
        self.index(&comparable, watch).await?;
        for (build, frontier) in comparable.iter().zip(&mut frontiers) {
            generations::insert_reached(&self.read, build, frontier).await?;
            let comparison = self.verify(build, frontier, watch).await?;
            let (differences, total) = (comparison.differences, comparison.total);
            let ahead = self.ahead_of_log(build).await?;
            checked.push(build.checked(Verdict::Compared { differences, total, ahead }));
        }
        watch.enter(Phase::Done);
        Ok(checked)
    }
}

impl<E> Build<E> {
    fn checked(&self, verdict: Verdict) -> Checked {
        Checked { projection: self.name(), generation: self.live, verdict }
    }
}
