//! How long an auditor waits for an answer on a long log, and what the read models cost that answer him.
//!
//! One caller asks question after question, each time of another actor, stream, time or amount; the figure is the time
//! until the first page is there.

mod questions;

use std::time::{Duration, Instant};

use anyhow::Context;
use daybook_proto::v1;
use daybook_stack::Stack;
use hdrhistogram::Histogram;
use rand::SeedableRng;
use rand::rngs::StdRng;
use v1::query_service_client::QueryServiceClient;

use super::prepare;
use super::projector::{
    Filler, ProjectorFigure, in_thousands, rebuilds, start_services, stop_services, tell,
};
use super::table::Target;
use crate::failure::Failure;
use questions::{Kind, Log};

/// How much is measured.
#[derive(Debug, Clone)]
pub(crate) struct AuditEffort {
    /// Events in the log.
    pub(crate) events: u64,
    /// Accounts that they are on.
    pub(crate) accounts: u32,
    /// Questions of each kind.
    pub(crate) questions: u32,
}

/// For the first page of any search at 2,000,000 events.
const SEARCH_TARGET: Target = Target::AtMost { must: 50.0, aim: 20.0 };

/// The read models that answer an auditor.
const AUDIT: &[&str] = &["audit"];
const LEDGER: &[&str] = &["postings", "posting_totals"];

/// Measures all of it on a stack with an empty log.
pub(crate) async fn run(
    stack: &mut Stack,
    effort: &AuditEffort,
) -> Result<Vec<ProjectorFigure>, Failure> {
    let url = stack.admin_url();
    prepare::recycle_wal(&url).await.context("prepare the write-ahead log")?;
    stop_services(stack).await?;
    Filler::new(&url, effort.accounts, 1).await?.fill_to(effort.events).await?;
    let mut figures = Vec::new();
    for (what, names) in
        [("all", &[][..]), ("the books", rebuilds::BOOKS), ("audit", AUDIT), ("the ledger", LEDGER)]
    {
        let rebuilt = rebuilds::measure(stack, 1, names).await?;
        figures.push(rebuilt.figure(what, effort.events, effort.accounts, Target::None));
    }
    start_services(stack).await?;
    let log = Log::look(&url, effort.accounts).await.context("look at the log")?;
    let mut client = QueryServiceClient::connect(stack.query_url.clone())
        .await
        .context("connect to the query service")?;
    for kind in Kind::ALL {
        figures.push(ask(&mut client, &log, kind, effort).await?);
    }
    Ok(figures)
}

/// Asks many questions of a kind.
async fn ask(
    client: &mut QueryServiceClient<tonic::transport::Channel>,
    log: &Log,
    kind: Kind,
    effort: &AuditEffort,
) -> anyhow::Result<ProjectorFigure> {
    let mut random = StdRng::seed_from_u64(7);
    let mut latencies = Histogram::<u64>::new(3)?;
    let mut rows = 0;
    for _ in 0..effort.questions {
        let question = kind.question(log, &mut random);
        let begun = Instant::now();
        rows += question.ask(client).await.with_context(|| kind.in_words().to_owned())?;
        latencies.record(u64::try_from(begun.elapsed().as_micros())?)?;
    }
    let at = |quantile| Duration::from_micros(latencies.value_at_quantile(quantile));
    let (half, most) = (at(0.5).as_secs_f64() * 1e3, at(0.99).as_secs_f64() * 1e3);
    let measured = format!(
        "p50 {half:.1} ms, p99 {most:.1} ms ({:.1} rows each)",
        f64::from(rows) / f64::from(effort.questions)
    );
    tell(&format!("{}: {measured}", kind.in_words()));
    let what = format!("{}, {} events", kind.in_words(), in_thousands(effort.events));
    let target = if kind.is_judged() { SEARCH_TARGET } else { Target::None };
    Ok(ProjectorFigure::judged(what, measured, most, target, " ms"))
}
