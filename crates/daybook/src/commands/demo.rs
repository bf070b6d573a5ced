//! `daybook demo`

use std::io::BufWriter;
use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};
use clap::Args;
use daybook_runtime::file;
use daybook_stack::{Stack, StackSettings};

use super::{Interrupts, Session};
use crate::client::{CommandClient, QueryClient};
use crate::demo::{self, Expected, Proof};
use crate::failure::Failure;
use crate::import::{self, End, Format, Progress, Report, Settings, Source};
use crate::this_program::this_program;

/// Flags of `demo`.
#[derive(Debug, Args)]
pub(crate) struct DemoArgs {
    /// How many commands the generated file holds.
    #[arg(long, value_name = "COUNT", default_value_t = 12_000)]
    #[arg(value_parser = clap::value_parser!(u64).range(100..))]
    commands: u64,

    /// Where chance begins: the same seed generates the same file.
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    seed: u64,

    /// Where the stack, its logs and the generated file are kept; what was there is thrown away. Default:
    /// /var/lib/daybook/demo for root, $XDG_STATE_HOME/daybook/demo or ~/.local/state/daybook/demo for other users.
    #[arg(long, value_name = "DIR", env = "DAYBOOK_DEMO_DATA_DIR")]
    data_dir: Option<PathBuf>,

    /// Write the generated file here and do nothing else; `daybook import` sends it.
    #[arg(long, value_name = "FILE")]
    only_generate: Option<PathBuf>,
}

/// Starts a stack, tells the story on it, proves that no cent was lost, and stops it again.
pub(crate) async fn run(session: &Session, args: DemoArgs) -> Result<(), Failure> {
    if let Some(path) = &args.only_generate {
        generate(&args, path)?;
        return Ok(());
    }
    let mut interrupts = Interrupts::listen().context("listen for signals")?;
    session
        .printer
        .say("0. A private PostgreSQL, another one for keys, a private Redis and the three services are started.\n")?;
    let data_dir = args.data_dir.clone().unwrap_or_else(|| daybook_stack::default_data_dir("demo"));
    let settings = StackSettings {
        fresh: true,
        keys: true,
        lines: demo::into_file(data_dir.join("services.log")),
        ..StackSettings::new(&data_dir)
    };
    let stack = tokio::select! {
        stack = Stack::start(settings) => stack.context("start the stack")?,
        () = interrupts.next() => return Err(interrupted()),
    };
    let shown = tokio::select! {
        shown = show(session, &stack, &args, &data_dir) => shown,
        () = interrupts.next() => Err(interrupted()),
    };
    stack.stop().await.context("stop the stack")?;
    shown?;
    Ok(session.printer.say(&format!(
        "\nThe servers are stopped. `{} dev` starts them for you to try.",
        this_program()
    ))?)
}

async fn show(
    session: &Session,
    stack: &Stack,
    args: &DemoArgs,
    data_dir: &Path,
) -> Result<(), Failure> {
    let budget = session.globals.budget();
    let command = CommandClient::new(&stack.command_url, 4, budget)?;
    let query = QueryClient::new(&stack.query_url, budget)?;
    let story = demo::tell(&command, &query, session.printer).await?;

    let path = data_dir.join("commands.jsonl");
    session.printer.say(&format!(
        "\n7. A file of {} commands on many accounts is generated from seed {}, and imported: {}",
        args.commands,
        args.seed,
        path.display()
    ))?;
    let mut expected = generate(args, &path)?;
    let position = import(session, command.clone(), &path, &expected).await?;

    session.printer.say("\n8. Is every cent accounted for? The read models are waited for, and three sums compared:\n")?;
    expected.standings.extend(story);
    let proof = demo::prove(&query, &expected.standings, position).await?;
    print(session, &proof)?;
    demo::forget(&command, &query, session.printer).await
}

fn generate(args: &DemoArgs, path: &Path) -> Result<Expected, Failure> {
    let lines = file::create(path).with_context(|| format!("create {}", path.display()))?;
    let expected = demo::generate(args.seed, args.commands, BufWriter::new(lines));
    Ok(expected.with_context(|| format!("write {}", path.display()))?)
}

/// Sends the file and checks that exactly those lines were refused that had to be.
async fn import(
    session: &Session,
    client: CommandClient,
    path: &Path,
    expected: &Expected,
) -> Result<i64, Failure> {
    let source = Source {
        path: Some(path.to_owned()),
        format: Format::Jsonl,
        batch: String::new(),
        from_line: 1,
    };
    let settings = Settings { client, actor: session.globals.actor()?, in_flight_max: 1024 };
    let mut progress = Progress::new(source.size());
    let mut report = Report::new(None).context("begin the report")?.keep_refused_lines();
    let mut interrupts = Interrupts::listen().context("listen for signals")?;
    let items = import::read_in_background(source).context("open the generated file")?;
    let (summary, end) =
        import::run(settings, items, &mut report, &mut progress, &mut interrupts).await?;
    let complete = || -> anyhow::Result<()> {
        ensure!(matches!(end, End::Complete), "the import did not come to its end: {end:?}");
        ensure!(summary.lines == expected.lines, "{} lines were read", summary.lines);
        ensure!(
            report.refused_lines() == Some(&expected.refused),
            "other lines were refused than had to be"
        );
        Ok(())
    };
    complete()?;
    session.printer.say(&format!(
        "   {} accepted and {} refused, exactly the lines that break a rule; {:.1} s, {:.0} commands a second.",
        summary.accepted, summary.refused, summary.seconds, summary.lines_per_second
    ))?;
    for refusal in report.shown().iter().take(3) {
        let command = refusal.command.unwrap_or("line");
        session
            .printer
            .say(&format!("   such as line {}: {command}: {}", refusal.line, refusal.message))?;
    }
    Ok(summary.position)
}

fn print(session: &Session, proof: &Proof) -> Result<(), Failure> {
    session.printer.rows(&proof.totals)?;
    for difference in proof.differences.iter().take(20) {
        session.printer.say(difference)?;
    }
    if !proof.differences.is_empty() {
        let (different, of) = (proof.differences.len(), proof.accounts);
        return Err(anyhow::anyhow!("{different} of {of} accounts differ").into());
    }
    Ok(session.printer.say(&format!(
        "\n   All {} accounts agree, balance and hold, in the file, the log and the read model: no cent was lost.",
        proof.accounts
    ))?)
}

fn interrupted() -> Failure {
    Failure::Other(anyhow::anyhow!("interrupted"))
}
