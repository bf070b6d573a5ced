//! `daybook` as a process.

use std::sync::{Arc, Mutex, PoisonError};

use daybook_testkit::servers::{Process, ProcessSpec, service_binary};

/// Runs `daybook` to its end; gives its exit code, and what it printed on stdout and stderr.
pub(crate) async fn daybook(
    arguments: &[&str],
    environment: &[(&str, &str)],
) -> (Option<i32>, String) {
    let spec = ProcessSpec::new(service_binary("daybook").unwrap())
        .env("XDG_STATE_HOME", env!("CARGO_TARGET_TMPDIR"));
    let spec = arguments.iter().fold(spec, |spec, argument| spec.arg(*argument));
    let spec = environment.iter().fold(spec, |spec, (name, value)| spec.env(*name, *value));
    let lines = Arc::new(Mutex::new(Vec::new()));
    let sink = Arc::clone(&lines);
    let mut process = Process::start(&spec, move |line: &str| {
        sink.lock().unwrap_or_else(PoisonError::into_inner).push(line.to_owned());
    })
    .await
    .unwrap();
    let code = process.wait().await.unwrap().code();
    let printed = lines.lock().unwrap_or_else(PoisonError::into_inner).join("\n");
    (code, printed)
}

/// The same, which must succeed; gives what it printed.
pub(crate) async fn daybook_must(arguments: &[&str], environment: &[(&str, &str)]) -> String {
    let (code, printed) = daybook(arguments, environment).await;
    assert_eq!(code, Some(0), "{arguments:?}: {printed}");
    printed
}
