//! The verification of everything: the log by positions, the log by streams, the read models.

use std::io;

use daybook_bank::BankEvent;
use daybook_core::compose::Part;
use daybook_core::domain::Domain;
use daybook_core::partition::Partition;
use daybook_core::system::SystemEvent;
use daybook_eventlog::ReadError;
use daybook_eventlog::inspect::{Inspector, Outline};
use daybook_readmodels::rebuild::{RebuildError, Rebuilder};
use rand::seq::IteratorRandom as _;

use crate::finding::Findings;
use crate::log_walk::{self, LogCheck};
use crate::order::Order;
use crate::progress::Watch;
use crate::read_models::{self, Projections, ReadModel};
use crate::skips::Skips;
use crate::stream_walk;

/// Of which partitions balances, snapshots and read models are checked; the log's own order is always checked whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sample {
    /// Of all.
    All,
    /// Of these.
    Partitions(Vec<Partition>),
}

/// A domain whose logs are verified: composed of the bank, whose ledger and balances are checked, the system, whose skips are
/// told, and any others.
pub trait Verified:
    Domain<Event: Part<BankEvent> + Part<SystemEvent>, State: PartialEq> + Default
{
}

impl<D> Verified for D where
    D: Domain<Event: Part<BankEvent> + Part<SystemEvent>, State: PartialEq> + Default
{
}

/// Verifies a log and, where they are asked for, its read models.
pub struct Verifier<D: Domain> {
    log: Inspector,
    read_models: Option<(Rebuilder, Projections<D::Event>)>,
    checks: Vec<Box<dyn LogCheck>>,
    findings_max: usize,
}

/// What was verified, and what came of it.
#[derive(Debug)]
pub struct Report {
    /// What is wrong.
    pub findings: Findings,
    /// The log was checked up to here.
    pub position: i64,
    /// How many partitions it has.
    pub partition_count: u16,
    /// Of which partitions what is folded was checked.
    pub sample: Sample,
    /// The read models.
    pub read_models: Vec<ReadModel>,
    /// What operators have permitted read models to leave out.
    pub skips: Skips,
}

/// Why a verification did not come to its end.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// The log cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The spill of event ids cannot be written or read.
    #[error("failed to spill event ids to the directory for temporary files")]
    Spill(#[from] io::Error),
    /// A read model cannot be folded or compared.
    #[error("failed to check the read models")]
    ReadModels(#[from] RebuildError),
}

impl Sample {
    /// Some partitions of so many, drawn by chance; all, where as many are asked for as there are.
    #[must_use]
    pub fn draw(partitions: u16, partition_count: u16) -> Self {
        if partitions >= partition_count {
            return Self::All;
        }
        let all = (0..partition_count).map(Partition);
        let mut drawn = all.choose_multiple(&mut rand::rng(), usize::from(partitions));
        drawn.sort_unstable();
        Self::Partitions(drawn)
    }

    /// Whether it is the whole log.
    #[must_use]
    pub fn is_all(&self) -> bool {
        *self == Self::All
    }

    /// Whether a partition is in it.
    #[must_use]
    pub fn contains(&self, partition: Partition) -> bool {
        self.partitions().is_none_or(|partitions| partitions.contains(&partition))
    }

    /// The partitions; `None`: all.
    #[must_use]
    pub fn partitions(&self) -> Option<&[Partition]> {
        match self {
            Self::All => None,
            Self::Partitions(partitions) => Some(partitions),
        }
    }

    /// As the database has them.
    pub(crate) fn columns(&self) -> Option<Vec<i16>> {
        let column = |partition: &Partition| i16::try_from(partition.0).unwrap_or(i16::MAX);
        self.partitions().map(|partitions| partitions.iter().map(column).collect())
    }
}

impl<D: Verified> Verifier<D> {
    /// A verifier of the log alone, which keeps at most so many findings in full.
    #[must_use]
    pub fn new(log: Inspector, findings_max: usize) -> Self {
        Self { log, read_models: None, checks: Vec::new(), findings_max }
    }

    /// Checks the read models too, with a role that may make tables beside them.
    #[must_use]
    pub fn read_models(mut self, rebuilder: Rebuilder, projections: Projections<D::Event>) -> Self {
        self.read_models = Some((rebuilder, projections));
        self
    }

    /// Shows every event of the log to one more check, such as one against what was kept elsewhere.
    #[must_use]
    pub fn check(mut self, check: impl LogCheck + 'static) -> Self {
        self.checks.push(Box::new(check));
        self
    }

    /// Verifies: what is folded in so many partitions, drawn by chance (`None`: in all).
    ///
    /// # Errors
    /// When a database is away. What is wrong is no error but in the report.
    pub async fn verify(
        mut self,
        partitions: Option<u16>,
        watch: &Watch,
    ) -> Result<Report, VerifyError> {
        let outline = self.log.outline().await?;
        let count = outline.partition_count;
        let sample = partitions.map_or(Sample::All, |asked| Sample::draw(asked, count));
        let mut findings = Findings::new(self.findings_max);
        let skips = self.verify_log(&outline, &sample, &mut findings, watch).await?;
        let read_models = match &self.read_models {
            Some(folding) => read_models::check(folding, &sample, &mut findings, watch).await?,
            None => Vec::new(),
        };
        let position = outline.position;
        Ok(Report { findings, position, partition_count: count, sample, read_models, skips })
    }

    async fn verify_log(
        &mut self,
        outline: &Outline,
        sample: &Sample,
        findings: &mut Findings,
        watch: &Watch,
    ) -> Result<Skips, VerifyError> {
        let order = Order::new(outline.partition_count, outline.position);
        self.checks.insert(0, Box::new(order));
        let (posted, skips) =
            log_walk::walk::<D>(&self.log, outline, &mut self.checks, findings, watch).await?;
        let carried = stream_walk::walk::<D>(&self.log, outline, sample, findings, watch).await?;
        if let Some(carried) = carried {
            stream_walk::compare_totals(&posted, &carried, findings);
        }
        Ok(skips)
    }
}
