//! Where the load goes, and one round on it: disk, reference, load, and the read models catching up.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use daybook_proto::v1;
use daybook_stack::Stack;
use hdrhistogram::Histogram;

use super::disk;
use super::load::{self, Load};
use super::processes::Processes;
use super::reference::{Reference, ReferenceRate};
use super::report::Round;
use super::tally::Latencies;
use crate::client::QueryClient;
use crate::failure::Failure;

/// How long the disk is probed before each round.
const PROBE_TIME: Duration = Duration::from_millis(300);

/// Longest wait for the read models after a round.
const CATCH_UP_MAX: Duration = Duration::from_secs(300);

/// How often they are asked; each question costs them something.
const CATCH_UP_POLL: Duration = Duration::from_millis(50);

/// Counted among failures: operations that nobody was free to begin, or that were never answered.
const NOT_ANSWERED: &str = "NOT_ANSWERED";

/// A stack to measure, our own or somebody else's.
pub(crate) struct Site {
    /// Where commands are sent.
    pub(crate) command_url: String,
    /// Where to ask how far the read models are; `None`: nothing fills them.
    pub(crate) query: Option<QueryClient>,
    /// What to sample.
    pub(crate) processes: Processes,
    /// On the disk that is to be probed.
    pub(crate) dir: PathBuf,
    /// What to compare with.
    pub(crate) reference: Option<Alternate>,
}

/// The reference, in alternation with the rounds.
pub(crate) struct Alternate {
    pub(crate) reference: Reference,
    pub(crate) callers: usize,
    pub(crate) time: Duration,
}

impl Site {
    /// A stack of our own, with the reference on its PostgreSQL. `budget` is how long its query service may take to
    /// answer.
    pub(crate) async fn of_stack(
        stack: &Stack,
        dir: &Path,
        budget: Duration,
        (callers, time): (usize, Duration),
    ) -> Result<Self, Failure> {
        let url = stack.postgres.superuser_url("postgres");
        let reference = Reference::prepare(&url).await.context("prepare the reference")?;
        Ok(Self {
            command_url: stack.command_url.clone(),
            query: Some(QueryClient::new(&stack.query_url, budget)?),
            processes: Processes::of_stack(stack),
            dir: dir.to_owned(),
            reference: Some(Alternate { reference, callers, time }),
        })
    }

    /// Removes what was made for the reference.
    pub(crate) async fn clear(&mut self) -> Result<(), Failure> {
        if let Some(alternate) = self.reference.take() {
            alternate.reference.remove().await.context("remove the reference")?;
        }
        Ok(())
    }

    /// Runs one round; also gives its latencies in microseconds, for a plot.
    pub(crate) async fn round(
        &mut self,
        load: &Load,
        number: u32,
    ) -> Result<(Round, Histogram<u64>), Failure> {
        let disk = disk::probe(&self.dir, PROBE_TIME).await?;
        let reference = self.run_reference().await?;
        let load = Load { seed: load.seed.wrapping_add(u64::from(number)), ..load.clone() };
        let sampled = self.sample(&load);
        let (outcome, processes) = tokio::join!(load::run(&self.command_url, &load), sampled);
        let outcome = outcome?;
        let catch_up_seconds = self.catch_up(outcome.tally.position).await?;
        let mut failed = outcome.tally.failed;
        if outcome.unanswered > 0 {
            failed.insert(NOT_ANSWERED.to_owned(), outcome.unanswered);
        }
        let round = Round {
            round: number.to_string(),
            rate: outcome.rate,
            latencies: Latencies::of(&outcome.tally.latencies),
            position: outcome.tally.position,
            refused: outcome.tally.refused,
            failed,
            disk,
            reference,
            catch_up_seconds,
            processes,
        };
        Ok((round, outcome.tally.latencies))
    }

    /// The reference by itself; `None` where there is none.
    pub(crate) async fn run_reference(&mut self) -> Result<Option<ReferenceRate>, Failure> {
        let Some(Alternate { reference, callers, time }) = &mut self.reference else {
            return Ok(None);
        };
        Ok(Some(reference.run(*callers, *time).await.context("run the reference")?))
    }

    /// What the processes use while the round is measured.
    async fn sample(&self, load: &Load) -> Vec<super::processes::Usage> {
        tokio::time::sleep(load.warm_up).await;
        let before = self.processes.look();
        tokio::time::sleep(load.duration).await;
        self.processes.since(&before)
    }

    /// Waits until the read models reflect `position`; gives how long that took.
    pub(crate) async fn catch_up(&self, position: i64) -> Result<Option<f64>, Failure> {
        let Some(query) = &self.query else { return Ok(None) };
        let start = Instant::now();
        loop {
            let status = query.projections(&v1::GetProjectionStatusRequest::default()).await?;
            let behind = |projection: &v1::ProjectionStatus| {
                projection.checkpoint < position && projection.lag_events > 0
            };
            if !status.projections.iter().any(behind) {
                return Ok(Some(start.elapsed().as_secs_f64()));
            }
            within_bound(start)?;
            tokio::time::sleep(CATCH_UP_POLL).await;
        }
    }
}

fn within_bound(start: Instant) -> anyhow::Result<()> {
    ensure!(
        start.elapsed() < CATCH_UP_MAX,
        "the read models did not catch up within {} s",
        CATCH_UP_MAX.as_secs()
    );
    Ok(())
}
