//! `daybook import FILE`

use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Args;
use serde_json::json;

use super::{Interrupts, Session};
use crate::client::CommandClient;
use crate::failure::Failure;
use crate::import::{self, End, Format, Progress, Report, Settings, Source, Summary};

/// Flags of `import`.
#[derive(Debug, Args)]
#[command(after_long_help = import::format::HELP)]
pub(crate) struct ImportArgs {
    /// The file; - for standard input. `daybook import --help` documents the format.
    file: PathBuf,

    /// How it is written. Default: as its name says (.jsonl, .ndjson, .json, .csv).
    #[arg(long)]
    format: Option<Format>,

    /// Tells this file's derived command ids from those of another file that holds the same lines at the same places.
    #[arg(long, value_name = "NAME", default_value = "")]
    batch: String,

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
    print(session, &report, &summary, &end, args.report.as_deref())?;
    match end {
        End::Unanswered { .. } => Err(Failure::ReportedUnanswered),
        End::Interrupted | End::Broken { .. } => Err(Failure::Reported),
        End::Complete if summary.refused + summary.unreadable > 0 => Err(Failure::Reported),
        End::Complete => Ok(()),
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
    if printer.json {
        for refusal in report.shown() {
            printer.object(&json!({"refused": refusal}))?;
        }
        let (how, problem) = end_words(end);
        printer.object(&json!({"summary": summary, "end": how, "problem": problem}))?;
        return Ok(());
    }
    for refusal in report.shown() {
        let command = refusal.command.unwrap_or("line");
        printer.say(&format!("line {}: {command} refused: {}", refusal.line, refusal.message))?;
    }
    printer.say(&totals(summary))?;
    let shown = u64::try_from(report.shown().len()).unwrap_or(u64::MAX);
    let refused = summary.refused + summary.unreadable;
    if refused > shown {
        let rest = match report_file {
            Some(path) => format!("all {refused} are in {}", path.display()),
            None => format!("--report FILE writes all {refused} of them"),
        };
        printer.say(&format!("{} more were refused; {rest}", refused - shown))?;
    }
    if let (_, Some(problem)) = end_words(end) {
        printer.say(&problem)?;
        printer.say(&how_to_go_on(summary.settled_through_line))?;
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
        End::Broken { line: 0, problem } => ("broken", Some(format!("Stopped: {problem}"))),
        End::Broken { line, problem } => (
            "broken",
            Some(format!("Stopped: from line {line} on the file cannot be read: {problem}")),
        ),
    }
}
