//! `daybook import FILE`

use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Args;
use serde_json::json;

use super::{Interrupts, Session};
use crate::client::CommandClient;
use crate::failure::Failure;
use crate::import::{
    self, DryRun, Earlier, End, Format, Progress, Report, Settings, Source, Summary,
};
use crate::output::escape;

/// Flags of `import`.
#[derive(Debug, Args)]
#[command(after_long_help = import::format::HELP)]
pub(crate) struct ImportArgs {
    /// The file; - for standard input. `daybook import --help` documents the format.
    file: PathBuf,

    /// How it is written. Default: as its name says (.jsonl, .ndjson, .json, .csv).
    #[arg(long)]
    format: Option<Format>,

    /// Tells this file's derived command ids from those of another file that holds the same lines on purpose.
    #[arg(long, value_name = "NAME", default_value = "")]
    batch: String,

    /// Read the file and say what is in it and which lines cannot be read; send nothing.
    #[arg(long)]
    dry_run: bool,

    /// Import the file although most of its lines were imported before under another --batch: they have their effect again.
    #[arg(long)]
    again: bool,

    /// Begin at this line; command ids are the same as if the whole file were sent.
    #[arg(long, value_name = "LINE", default_value_t = 1)]
    #[arg(value_parser = clap::value_parser!(u64).range(1..))]
    from_line: u64,

    /// Write every refused line to this file, one JSON object a line. (The first 20 are shown on the screen.)
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,

    /// How many commands may be in flight at once.
    #[arg(long, value_name = "COUNT", default_value_t = 1024)]
    #[arg(value_parser = clap::value_parser!(u16).range(1..=4096))]
    in_flight: u16,

    /// Over how many connections they are sent; all commands of one actor go over one.
    #[arg(long, value_name = "COUNT", default_value_t = 4)]
    #[arg(value_parser = clap::value_parser!(u8).range(1..=64))]
    connections: u8,
}

/// Sends the file and reports what became of it.
pub(crate) async fn run(session: &Session, args: ImportArgs) -> Result<(), Failure> {
    let source = source(&args)?;
    let earlier = match &source.path {
        Some(path) => Some(earlier(session, &args, &source, path)?),
        None => None,
    };
    if args.dry_run {
        return dry_run(session, source, args.report.as_deref()).await;
    }
    if let Some(Err(error)) = earlier.map(|import| import.remember()) {
        let what = "a later import cannot be compared with this one";
        session.printer.notice(&format!("{what}: {error}"));
    }
    let globals = &session.globals;
    let settings = Settings {
        client: CommandClient::new(
            &globals.command_url,
            args.connections.into(),
            globals.budget(),
        )?,
        actor: globals.actor()?,
        in_flight_max: args.in_flight.into(),
    };
    let mut report = Report::new(args.report.as_deref()).context("create the report file")?;
    let mut progress = Progress::new(source.size());
    let items = import::read_in_background(source)
        .with_context(|| format!("open {}", args.file.display()))?;
    let mut interrupts = Interrupts::listen().context("listen for signals")?;
    let (summary, end) =
        import::run(settings, items, &mut report, &mut progress, &mut interrupts).await?;
    session.remember(&summary.log_history, summary.position);
    print(session, &report, &summary, &end, args.report.as_deref())?;
    match end {
        End::Unanswered { .. } => Err(Failure::ReportedUnanswered),
        End::Interrupted | End::Broken { .. } | End::Empty => Err(Failure::Reported),
        End::Complete if summary.refused + summary.unreadable > 0 => Err(Failure::Reported),
        End::Complete => Ok(()),
    }
}

/// This import, which is refused where another one with most of its lines was sent under other ids.
fn earlier(
    session: &Session,
    args: &ImportArgs,
    source: &Source,
    path: &Path,
) -> Result<Earlier, Failure> {
    let import = Earlier::of(source, path, &session.globals.command_url)
        .with_context(|| format!("read {}", path.display()))?;
    let twin = if args.again { Ok(None) } else { import.twin() };
    match twin {
        Ok(None) => Ok(import),
        Ok(Some(twin)) => Err(Failure::Usage(format!(
            "most lines of {} were imported from {} at {} with --batch \"{}\", and would have their effect again; use \
             that --batch to send only what is new, or --again to send them all",
            path.display(),
            escape(&twin.file.to_string_lossy()),
            twin.began_at,
            escape(&twin.batch)
        ))),
        Err(error) => {
            let what = "this file cannot be compared with earlier imports";
            session.printer.notice(&format!("{what}: {error}"));
            Ok(import)
        }
    }
}

/// Reads the file and says what is in it.
async fn dry_run(
    session: &Session,
    source: Source,
    report_file: Option<&Path>,
) -> Result<(), Failure> {
    let mut report = Report::new(report_file).context("create the report file")?;
    let items = import::read_in_background(source).context("open the file")?;
    let DryRun { commands, end } = import::dry_run(items, &mut report).await?;
    let summary = report.summary();
    if session.printer.json {
        print_refusals(session, &report)?;
        let (how, problem) = end_words(&end);
        session.printer.object(&json!({
            "dry_run": {"lines": summary.lines, "unreadable": summary.unreadable, "commands": commands},
            "end": how, "problem": problem,
        }))?;
    } else {
        print_refusals(session, &report)?;
        let counts: Vec<_> =
            commands.iter().map(|(name, count)| format!("{count} {name}")).collect();
        let (lines, unreadable) = (summary.lines, summary.unreadable);
        let counts = if counts.is_empty() { "no command".to_owned() } else { counts.join(", ") };
        session
            .printer
            .say(&format!("{lines} lines: {counts}, {unreadable} unreadable; nothing was sent"))?;
        say_rest(session, &report, unreadable, report_file)?;
        if let (_, Some(problem)) = end_words(&end) {
            session.printer.say(&problem)?;
        }
    }
    match end {
        End::Complete if summary.unreadable == 0 => Ok(()),
        _ => Err(Failure::Reported),
    }
}

fn source(args: &ImportArgs) -> Result<Source, Failure> {
    let from_stdin = args.file.as_os_str() == "-";
    let named = || Format::of_name(&args.file.to_string_lossy());
    let format = args.format.or_else(named).ok_or_else(|| {
        Failure::Usage("the file's name does not tell its format; say it with --format".to_owned())
    })?;
    let path = if from_stdin { None } else { Some(args.file.clone()) };
    Ok(Source { path, format, batch: args.batch.clone(), from_line: args.from_line })
}

fn print(
    session: &Session,
    report: &Report,
    summary: &Summary,
    end: &End,
    report_file: Option<&Path>,
) -> Result<(), Failure> {
    let printer = session.printer;
    print_refusals(session, report)?;
    if printer.json {
        let (how, problem) = end_words(end);
        printer.object(&json!({"summary": summary, "end": how, "problem": problem}))?;
        return Ok(());
    }
    printer.say(&totals(summary))?;
    say_rest(session, report, summary.refused + summary.unreadable, report_file)?;
    if let (_, Some(problem)) = end_words(end) {
        printer.say(&problem)?;
        if !matches!(end, End::Empty) {
            printer.say(&how_to_go_on(summary.settled_through_line))?;
        }
    }
    Ok(())
}

fn print_refusals(session: &Session, report: &Report) -> Result<(), Failure> {
    let printer = session.printer;
    for refusal in report.shown() {
        if printer.json {
            printer.object(&json!({"refused": refusal}))?;
        } else {
            let command = refusal.command.unwrap_or("line");
            printer
                .say(&format!("line {}: {command} refused: {}", refusal.line, refusal.message))?;
        }
    }
    Ok(())
}

/// Where to find the refusals that were not shown.
fn say_rest(
    session: &Session,
    report: &Report,
    refused: u64,
    report_file: Option<&Path>,
) -> Result<(), Failure> {
    let shown = u64::try_from(report.shown().len()).unwrap_or(u64::MAX);
    if refused > shown {
        let rest = match report_file {
            Some(path) => format!("all {refused} are in {}", path.display()),
            None => format!("--report FILE writes all {refused} of them"),
        };
        session.printer.say(&format!("{} more were refused; {rest}", refused - shown))?;
    }
    Ok(())
}

fn how_to_go_on(settled: u64) -> String {
    let again = "Run the same again to go on: what had its effect has none twice.";
    match settled {
        0 => again.to_owned(),
        _ => format!(
            "Every line up to line {settled} is settled. {again} (--from-line {} saves the way there.)",
            settled + 1
        ),
    }
}

fn totals(summary: &Summary) -> String {
    format!(
        "{} lines: {} accepted, {} had their effect before, {} refused, {} unreadable; {:.1} s, {:.0} lines/s",
        summary.lines,
        summary.accepted,
        summary.replayed,
        summary.refused,
        summary.unreadable,
        summary.seconds,
        summary.lines_per_second
    )
}

fn end_words(end: &End) -> (&'static str, Option<String>) {
    match end {
        End::Complete => ("complete", None),
        End::Interrupted => ("interrupted", Some("Stopped before the end of the file.".to_owned())),
        End::Unanswered { line, problem } => {
            ("unanswered", Some(format!("Stopped: line {line} got no answer: {problem}")))
        }
        End::Empty => ("empty", Some("There is no command to import.".to_owned())),
        End::Broken { line: 0, problem } => ("broken", Some(format!("Stopped: {problem}"))),
        End::Broken { line, problem } => (
            "broken",
            Some(format!("Stopped: from line {line} on the file cannot be read: {problem}")),
        ),
    }
}
