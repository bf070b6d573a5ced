//! `daybook bench`

mod arguments;
mod audit;
mod growth;
mod projector;
mod proof;
mod reads;
mod soak;
mod table;

use std::path::{Path, PathBuf};

use anyhow::Context;
use daybook_runtime::file;
use daybook_stack::{Stack, StackSettings};
use hdrhistogram::Histogram;
use serde_json::json;

use super::{Interrupts, Session};
use crate::bench::{
    Load, Machine, Processes, ProjectorFigure, Reference, Round, Site, medians, open_accounts,
    problems, svg,
};
use crate::client::QueryClient;
use crate::demo;
use crate::failure::Failure;
use crate::output::Row;

pub(crate) use arguments::BenchArgs;
use arguments::BenchVerb;

/// How long a service may take to end.
const STOP_GRACE: std::time::Duration = std::time::Duration::from_secs(30);

/// Measures the stack that runs, or one of its own.
pub(crate) async fn run(session: &Session, args: BenchArgs) -> Result<(), Failure> {
    match args.verb {
        Some(BenchVerb::Table(table)) => table::run(session, table).await,
        Some(BenchVerb::Growth(growth)) => growth::run(session, growth).await,
        Some(BenchVerb::Soak(soak)) => soak::run(session, soak).await,
        Some(BenchVerb::Audit(audit)) => audit::run(session, audit).await,
        Some(BenchVerb::Projector(projector)) => projector::run(session, projector).await,
        Some(BenchVerb::Proof(proof)) => proof::run(session, proof).await,
        Some(BenchVerb::Reads(reads)) => reads::run(session, reads).await,
        None => run_load(session, args).await,
    }
}

async fn run_load(session: &Session, args: BenchArgs) -> Result<(), Failure> {
    let load = args.load()?;
    let mut interrupts = Interrupts::listen().context("listen for signals")?;
    if !args.stack {
        return tokio::select! {
            measured = measure_running(session, &args, &load) => measured,
            () = interrupts.next() => Err(interrupted()),
        };
    }
    let dir = args.data_dir.clone().unwrap_or_else(|| daybook_stack::default_data_dir("bench"));
    let mut stack = tokio::select! {
        stack = fresh_stack(session, args.stack_settings(&dir)) => stack?,
        () = interrupts.next() => return Err(interrupted()),
    };
    let measured = tokio::select! {
        measured = measure_own(session, &args, &load, &mut stack, dir) => measured,
        () = interrupts.next() => Err(interrupted()),
    };
    stack.stop().await.context("stop the stack")?;
    measured
}

/// Measures on a stack with an empty log, until interrupted, and prints what came of it.
async fn measure_fresh(
    session: &Session,
    data_dir: Option<PathBuf>,
    measure: impl AsyncFnOnce(&mut Stack) -> Result<Vec<ProjectorFigure>, Failure>,
) -> Result<(), Failure> {
    let mut interrupts = Interrupts::listen().context("listen for signals")?;
    let dir = data_dir.unwrap_or_else(|| daybook_stack::default_data_dir("bench"));
    let measuring = async {
        let mut stack = fresh_stack(session, stack_settings(&dir)).await?;
        let machine = Machine::look(Some(&stack.admin_url())).await;
        session.printer.say(&machine.describe())?;
        let figures = measure(&mut stack).await;
        stack.stop().await.context("stop the stack")?;
        Ok((machine, figures?))
    };
    let (machine, figures) = tokio::select! {
        measured = measuring => measured,
        () = interrupts.next() => Err(interrupted()),
    }?;
    let bad = figures.iter().filter(|figure| figure.is_bad()).count();
    print_figures(session, &machine, &figures, bad)
}

/// Shows figures that are judged, and fails when `bad` of them are not what they must be.
fn print_figures(
    session: &Session,
    machine: &Machine,
    figures: &[impl Row],
    bad: usize,
) -> Result<(), Failure> {
    let printer = session.printer;
    if printer.json {
        printer.object(&json!({"machine": machine}))?;
    } else {
        printer.say("")?;
    }
    printer.rows(figures)?;
    if bad == 0 {
        return Ok(printer.say("\nEvery figure is what it must be.")?);
    }
    printer.say(&format!("\n{bad} of {} figures are not what they must be.", figures.len()))?;
    Err(Failure::Reported)
}

/// A stack on an empty log.
async fn fresh_stack(session: &Session, settings: StackSettings) -> Result<Stack, Failure> {
    let dir = &settings.data_dir;
    session.printer.say(&format!("a stack of its own is started in {}", dir.display()))?;
    Ok(Stack::start(settings).await.context("start the stack")?)
}

/// What such a stack is started with.
fn stack_settings(dir: &Path) -> StackSettings {
    let lines = demo::into_file(dir.join("services.log"));
    StackSettings { fresh: true, lines, ..StackSettings::new(dir) }
}

async fn measure_running(session: &Session, args: &BenchArgs, load: &Load) -> Result<(), Failure> {
    let reference = match (&args.reference_url, args.reference) {
        (Some(url), true) => Some(Reference::prepare(url).await.context("prepare the reference")?),
        _ => None,
    };
    let query = QueryClient::new(&session.globals.query_url, session.globals.budget())?;
    let site = Site {
        command_url: session.globals.command_url.clone(),
        query: Some(query),
        processes: Processes::by_name(),
        dir: std::env::temp_dir(),
        reference: reference.map(|reference| args.alternate(reference)),
    };
    let machine = Machine::look(args.reference_url.as_deref()).await;
    measure(session, args, load, site, &machine).await
}

async fn measure_own(
    session: &Session,
    args: &BenchArgs,
    load: &Load,
    stack: &mut Stack,
    dir: PathBuf,
) -> Result<(), Failure> {
    let mut site = args.site(stack, &dir, session.globals.budget()).await?;
    if args.no_projector {
        stack.projector.terminate(STOP_GRACE).await.context("stop the projector")?;
        site.query = None;
    }
    let machine = Machine::look(Some(&stack.admin_url())).await;
    measure(session, args, load, site, &machine).await
}

async fn measure(
    session: &Session,
    args: &BenchArgs,
    load: &Load,
    mut site: Site,
    machine: &Machine,
) -> Result<(), Failure> {
    let printer = session.printer;
    printer.say(&machine.describe())?;
    printer.say(&args.describe(load))?;
    if printer.json {
        printer.object(&json!({"machine": machine, "load": args.describe(load)}))?;
    }
    open_accounts(&site.command_url, load.accounts).await?;
    let mut rounds: Vec<Round> = Vec::new();
    let mut latencies: Vec<(String, Histogram<u64>)> = Vec::new();
    for number in 1..=args.rounds {
        let (round, histogram) = site.round(load, number).await?;
        if printer.json {
            printer.object(&json!({"round": round}))?;
        } else {
            crate::output::note(&format!("round {number}: {:.0}/s\n", round.rate));
        }
        latencies.push((format!("round {number}"), histogram));
        rounds.push(round);
    }
    site.clear().await?;
    if let Some(path) = &args.plot {
        let lines: Vec<_> = latencies.iter().map(|(name, h)| (name.clone(), h)).collect();
        file::replace(path, svg(&args.describe(load), &lines).as_bytes())
            .with_context(|| format!("write {}", path.display()))?;
    }
    print(session, rounds)
}

fn print(session: &Session, mut rounds: Vec<Round>) -> Result<(), Failure> {
    let printer = session.printer;
    let Some(middle) = medians(&rounds) else { return Ok(()) };
    if printer.json {
        return Ok(printer.object(&json!({"median": middle, "ratio": middle.ratio()}))?);
    }
    let (usages, problems) = (middle.processes.clone(), problems(&middle));
    rounds.push(middle);
    printer.rows(&rounds)?;
    printer.say("")?;
    printer.rows(&usages)?;
    printer.say(&problems)?;
    Ok(())
}

fn interrupted() -> Failure {
    Failure::Other(anyhow::anyhow!("interrupted"))
}
