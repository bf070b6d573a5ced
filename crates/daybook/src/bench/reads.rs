//! How long readers wait: for an account as it was, anywhere in a long history, and for the answers of daily use, whose texts
//! are sealed or not. Each is asked by one caller, and by several at once.
//!
//! All of it is written through the command service, so that snapshots and sealed texts are what it makes of them.

mod question;

use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use daybook_proto::v1;
use daybook_stack::Stack;
use hdrhistogram::Histogram;
use tokio::task::JoinSet;
use tonic::Code;
use v1::query_service_client::QueryServiceClient;

use super::projector::{ProjectorFigure, tell};
use super::table::Target;
use super::{accounts, prepare};
use crate::failure::Failure;
use question::Question;

/// How much is written and asked.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ReadsEffort {
    /// Events of the account that is asked for as it was.
    long: u32,
    /// Accounts that everything else is asked of.
    accounts: u32,
    /// Questions of each kind, by all callers together.
    questions: u32,
}

impl ReadsEffort {
    pub(crate) fn full() -> Self {
        Self { long: 100_000, accounts: 1000, questions: 4000 }
    }

    pub(crate) fn quick() -> Self {
        Self { long: 10_000, accounts: 100, questions: 800 }
    }
}

/// Number of the account with the long history; no other one has it.
const LONG: u32 = 1_000_000_000;

/// Moments in its history that are asked for, evenly apart.
const MOMENTS: u32 = 50;

/// For its state at any of them, in milliseconds.
const AS_OF_TARGET: Target = Target::AtMost { must: 50.0, aim: 20.0 };

/// Deposits on each of the other accounts: more than a page of a statement.
const DEPOSITS: u32 = 60;

/// How many ask at once.
const CALLERS: [u32; 2] = [1, 16];

/// Longest wait for the read models.
const CATCH_UP_MAX: Duration = Duration::from_secs(600);

/// What came of the questions of one kind.
struct Answers {
    /// In microseconds.
    latencies: Histogram<u64>,
    rows: usize,
    /// Refused because others were being answered.
    refused: u64,
}

/// Measures states as of a moment, on a stack with an empty log.
pub(crate) async fn run_as_of(
    stack: &Stack,
    effort: ReadsEffort,
) -> Result<Vec<ProjectorFigure>, Failure> {
    tell(&format!("an account with {} events is written", effort.long));
    accounts::open_with_history(&stack.command_url, LONG, effort.long - 1).await?;
    settle(stack).await?;
    let mut figures = Vec::new();
    for callers in CALLERS {
        let answers = ask(stack, Question::AsOf, callers, effort).await?;
        let most = milliseconds(answers.latencies.max());
        // How several at once fare is a matter of the machine's cores.
        let target = if callers == 1 { AS_OF_TARGET } else { Target::None };
        let what =
            format!("state at any of {MOMENTS} positions of {}, {callers} callers", effort.long);
        figures.push(ProjectorFigure::judged(what, answers.in_words(), most, target, " ms"));
    }
    Ok(figures)
}

/// Measures answers that have personal texts in them, on a stack whose texts are `sealed`, or not.
pub(crate) async fn run_texts(
    stack: &Stack,
    effort: ReadsEffort,
    sealed: bool,
) -> Result<Vec<ProjectorFigure>, Failure> {
    let texts = if sealed { "sealed" } else { "plain" };
    tell(&format!("{} accounts are written, with texts that are {texts}", effort.accounts));
    accounts::open_with_reasons(&stack.command_url, effort.accounts, DEPOSITS).await?;
    settle(stack).await?;
    let mut figures = Vec::new();
    for question in Question::OF_TEXTS {
        for callers in CALLERS {
            let answers = ask(stack, question, callers, effort).await?;
            let what = format!("{}, {callers} callers, texts {texts}", question.in_words());
            figures.push(ProjectorFigure::told(what, answers.in_words()));
        }
    }
    Ok(figures)
}

/// Waits until the read models reflect the log and PostgreSQL has nothing left to do.
async fn settle(stack: &Stack) -> anyhow::Result<()> {
    let mut client = connect(stack).await?;
    let begun = Instant::now();
    loop {
        let status = client.get_projection_status(v1::GetProjectionStatusRequest::default());
        let projections = status.await.context("ask for the read models")?.into_inner().projections;
        if projections.iter().all(|projection| projection.lag_events == 0) {
            break;
        }
        if begun.elapsed() > CATCH_UP_MAX {
            bail!("the read models did not catch up within {} s", CATCH_UP_MAX.as_secs());
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    prepare::settle(&stack.admin_url()).await
}

async fn connect(stack: &Stack) -> anyhow::Result<QueryServiceClient<tonic::transport::Channel>> {
    QueryServiceClient::connect(stack.query_url.clone())
        .await
        .context("connect to the query service")
}

/// Asks by so many callers at once, each over a connection of its own.
async fn ask(
    stack: &Stack,
    question: Question,
    callers: u32,
    effort: ReadsEffort,
) -> anyhow::Result<Answers> {
    let mut asking = JoinSet::new();
    for caller in 0..callers {
        let mut client = connect(stack).await?;
        asking.spawn(async move {
            let mut answers = Answers { latencies: Histogram::new(3)?, rows: 0, refused: 0 };
            for number in (caller..effort.questions).step_by(usize::try_from(callers)?) {
                let begun = Instant::now();
                match question.ask(&mut client, number, effort).await {
                    Ok(rows) => answers.rows += rows,
                    Err(status) if status.code() == Code::ResourceExhausted => answers.refused += 1,
                    Err(status) => bail!("{}: {status}", question.in_words()),
                }
                answers.latencies.record(u64::try_from(begun.elapsed().as_micros())?)?;
            }
            Ok(answers)
        });
    }
    let mut all = Answers { latencies: Histogram::new(3)?, rows: 0, refused: 0 };
    while let Some(answers) = asking.join_next().await {
        let answers = answers.context("a caller broke down")??;
        all.latencies.add(answers.latencies)?;
        all.rows += answers.rows;
        all.refused += answers.refused;
    }
    tell(&format!("{}, {callers} callers: {}", question.in_words(), all.in_words()));
    Ok(all)
}

impl Answers {
    fn in_words(&self) -> String {
        let at = |quantile| milliseconds(self.latencies.value_at_quantile(quantile));
        let most = milliseconds(self.latencies.max());
        let asked = self.latencies.len();
        let refused = match self.refused {
            0 => String::new(),
            refused => format!(", {refused} REFUSED"),
        };
        format!(
            "p50 {:.2} ms, p99 {:.2} ms, max {most:.2} ms ({asked} questions, {} rows{refused})",
            at(0.5),
            at(0.99),
            self.rows,
        )
    }
}

fn milliseconds(microseconds: u64) -> f64 {
    Duration::from_micros(microseconds).as_secs_f64() * 1e3
}
