//! Keeps what the services say out of the story, but within reach.

use std::fs::File;
use std::io::Write;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use daybook_runtime::file;
use daybook_stack::LineSink;

/// Writes every line to a file, which is made with the first one: its directory comes with the stack. A demonstration
/// does not fail because a line of log could not be kept.
pub(crate) fn into_file(path: PathBuf) -> LineSink {
    let file: Mutex<Option<File>> = Mutex::new(None);
    Arc::new(move |who, line| {
        let Ok(mut file) = file.lock() else { return };
        if file.is_none() {
            *file = file::create(&path).ok();
        }
        if let Some(file) = file.as_mut() {
            let _ = writeln!(file, "{who:>9} │ {line}");
        }
    })
}
