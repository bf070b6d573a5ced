//! `daybook dev` starts, stops and continues where it was.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::runner::{Dev, directory, program, send_interrupt, told};

#[test]
fn g1_dev_continues_where_it_was_and_starts_empty_with_fresh() {
    let directory = directory();
    let dev = Dev::start(directory.path(), &[]);
    dev.done("registry", "account open a --owner A --currency USD");
    assert_eq!(dev.interrupt(), Some(0));

    let dev = Dev::start(directory.path(), &[]);
    let first = dev.done("teller", "deposit a 1.00 --currency USD --command-id d-1");
    dev.kill();

    let dev = Dev::start(directory.path(), &[]);
    let again = dev.done("teller", "deposit a 1.00 --currency USD --command-id d-1");
    assert_eq!((&again["position"], &again["replayed"]), (&first["position"], &true.into()));
    assert_eq!(dev.balance("a", &first["position"]), "1.00");
    drop(dev);

    let dev = Dev::start(directory.path(), &["--fresh"]);
    assert_eq!(dev.refused("auditor", "account show a")["code"], "NOT_FOUND");
}

#[test]
fn the_lines_that_dev_prints_work_as_typed_and_show_the_deposit() {
    let directory = directory();
    let programs = Path::new(env!("CARGO_BIN_EXE_daybook")).parent().unwrap();
    let mut dev = program()
        .args(["dev", "--data-dir"])
        .arg(directory.path().join("dev"))
        .current_dir(programs)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut printed = BufReader::new(dev.stdout.take().unwrap()).lines().map_while(Result::ok);
    let lines: Vec<String> = printed
        .by_ref()
        .skip_while(|line| !line.starts_with("  export "))
        .take_while(|line| !line.is_empty())
        .collect();
    assert_eq!(lines.len(), 9, "{lines:?}");
    assert!(lines[2].starts_with("  ./daybook account open"), "{lines:?}");
    let shell = |lines: &[String]| {
        let mut shell = Command::new("sh");
        shell.current_dir(programs);
        // As a person's shell has it, who types one line after the other.
        let state = directory.path().join("state");
        shell.env("XDG_STATE_HOME", state).arg("-ec").arg(lines.join("\n")).output().unwrap()
    };
    let (checkpoint, others) = lines.split_last().unwrap();
    let output = shell(others);
    assert!(output.status.success(), "{}", told(&output));
    let shown = told(&output);
    for part in ["balance           500.00 USD", "closing balance 500.00 USD", "salary"] {
        assert!(shown.contains(part), "{part} in {shown}");
    }
    // The prover signs a moment after it starts.
    let began = Instant::now();
    let last = [&lines[..2], std::slice::from_ref(checkpoint)].concat();
    while !shell(&last).status.success() {
        assert!(began.elapsed() < Duration::from_secs(60), "no checkpoint");
        std::thread::sleep(Duration::from_millis(100));
    }
    send_interrupt(&dev);
    dev.wait().unwrap();
}
