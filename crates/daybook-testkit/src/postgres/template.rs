//! The data directory that every test's server starts as a copy of.
//!
//! `initdb` takes a second, a copy of what it makes a few hundredths. It runs once for each version of
//! PostgreSQL; tests that start at the same time wait for the first.

use std::fs::File;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use daybook_stack::{Postgres, postgres_version};
use sha2::{Digest, Sha256};
use tokio::process::Command;

use crate::directory;

/// To be raised when the way the template is made changes, so that old ones are not used.
const RECIPE: &str = "1";

/// Copies the template's content into `dir`, making the template first if there is none.
pub(crate) async fn copy_to(dir: &Path) -> anyhow::Result<()> {
    let template = tokio::task::spawn_blocking(path).await.context("find the template")??;
    if !template.exists() {
        make(&template).await?;
    }
    // `cp` keeps the owners, and shares the blocks where the file system can.
    let output = Command::new("cp")
        .args(["-a", "--reflink=auto"])
        .arg(template.join("data"))
        .arg(template.join("superuser-password"))
        .arg(dir)
        .output()
        .await
        .context("run `cp`")?;
    if !output.status.success() {
        bail!("copy the template: {}", String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(())
}

/// Keyed by what it depends on.
fn path() -> anyhow::Result<PathBuf> {
    let key = Sha256::digest(format!("{}\n{RECIPE}", postgres_version()?));
    let key: String = key.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    Ok(directory::of_this_user()?.join(format!("postgres-template-{key}")))
}

/// Makes it beside and renames it, so that what exists is complete; under a lock, so that one does it.
async fn make(template: &Path) -> anyhow::Result<()> {
    let lock_path = template.with_extension("lock");
    let _lock = tokio::task::spawn_blocking(move || {
        let file = File::create(&lock_path)?;
        file.lock().map(|()| file)
    })
    .await
    .context("wait for the template")?
    .context("lock the template")?;
    if template.exists() {
        return Ok(());
    }
    let unfinished = template.with_extension("new");
    if unfinished.exists() {
        std::fs::remove_dir_all(&unfinished).context("remove an unfinished template")?;
    }
    Postgres::initialise(&unfinished).await.context("make the template")?;
    std::fs::rename(&unfinished, template).context("put the template in place")
}
