//! Starting children that do not outlive their owner.
//!
//! The kernel can send a process a signal when its parent dies (`PR_SET_PDEATHSIG`), which also works
//! when the owner is killed with `kill -9` and can clean up nothing. Three things about it bite:
//!
//! * "Parent" means the *thread* that forked. A child forked from a worker thread of some runtime
//!   would be killed when that runtime ends. So one thread, which lives as long as the process, does
//!   all the spawning.
//! * The setting is lost when the child changes its user, so it is made after that, by `setpriv` of
//!   util-linux. Where there is no such `setpriv`, children are started without: everything works,
//!   except that a `kill -9` of the owner leaves them; the next start then stops them.
//! * An owner that dies between the fork and that setting is not noticed by it. So the child then looks
//!   whether its parent is still the owner, and ends if not.
//!
//! Children get a process group of their own: Ctrl-C in the terminal reaches the owner alone, which
//! then stops them in the right order.

use std::ffi::OsStr;
use std::path::Path;
use std::process::{Command as StdCommand, Stdio};
use std::sync::{OnceLock, mpsc};

use anyhow::Context;
use tokio::process::{Child, Command};
use tokio::runtime::Handle;
use tokio::sync::oneshot;

use crate::programs::on_path;
use crate::server_user::ServerUser;

/// What a child receives when its owner dies.
#[derive(Clone, Copy, Debug)]
pub(crate) enum DeathSignal {
    /// At once. Right for what keeps nothing (Redis) or can be killed at any moment (our services).
    Kill,
    /// PostgreSQL's "immediate shutdown": all of its processes end at once, and it removes its shared
    /// memory and its pid file, which SIGKILL would leave behind.
    Quit,
}

impl DeathSignal {
    fn name(self) -> &'static str {
        match self {
            Self::Kill => "KILL",
            Self::Quit => "QUIT",
        }
    }
}

/// For `sh`: becomes the program, unless the parent is no longer the owner.
const UNLESS_ORPHANED: &str = r#"[ "$PPID" = "$1" ] || exit 1; shift; exec "$@""#;

/// A command that runs `program` as `user` and dies with its owner. Its standard input is closed and
/// its output goes where the caller says (by default nowhere).
pub(crate) fn command(program: &Path, user: Option<&ServerUser>, death: DeathSignal) -> Command {
    let mut command = match setpriv() {
        Some(setpriv) => {
            let mut command = Command::new(setpriv);
            command.args([
                "--pdeathsig",
                death.name(),
                "--",
                "/bin/sh",
                "-c",
                UNLESS_ORPHANED,
                "sh",
            ]);
            command.arg(std::process::id().to_string()).arg(program);
            command
        }
        None => Command::new(program),
    };
    if let Some(user) = user {
        // The standard library drops the supplementary groups as well when root changes its user.
        command.uid(user.uid).gid(user.gid);
    }
    command.process_group(0);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command
}

/// Starts `command` from the thread that lives as long as this process.
pub(crate) async fn spawn(command: Command) -> anyhow::Result<Child> {
    let what = command.as_std().get_program().to_owned();
    let (reply, answer) = oneshot::channel();
    let job = Job { command, runtime: Handle::current(), reply };
    spawner()?.send(job).ok().context("the spawning thread has ended")?;
    answer
        .await
        .context("the spawning thread has ended")?
        .with_context(|| format!("start `{}`", Path::new(&what).display()))
}

struct Job {
    command: Command,
    /// The runtime that is to reap the child.
    runtime: Handle,
    reply: oneshot::Sender<std::io::Result<Child>>,
}

fn spawner() -> anyhow::Result<mpsc::Sender<Job>> {
    static SPAWNER: OnceLock<mpsc::Sender<Job>> = OnceLock::new();
    if let Some(spawner) = SPAWNER.get() {
        return Ok(spawner.clone());
    }
    let (jobs, queue) = mpsc::channel::<Job>();
    std::thread::Builder::new()
        .name("spawner".to_owned())
        .spawn(move || {
            for Job { mut command, runtime, reply } in queue {
                let _inside = runtime.enter();
                // A caller that stopped waiting drops the child, which `kill_on_drop` then ends.
                let _ = reply.send(command.kill_on_drop(true).spawn());
            }
        })
        .context("start the spawning thread")?;
    // Of two threads made at the same time the one that loses this race ends, having spawned nothing.
    Ok(SPAWNER.get_or_init(|| jobs).clone())
}

/// `setpriv`, if it is there and knows `--pdeathsig` (the one of BusyBox does not).
fn setpriv() -> Option<&'static OsStr> {
    static SETPRIV: OnceLock<Option<std::path::PathBuf>> = OnceLock::new();
    SETPRIV
        .get_or_init(|| {
            let setpriv = on_path("setpriv")?;
            let works = StdCommand::new(&setpriv)
                .args(["--pdeathsig", "KILL", "--", "true"])
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .status()
                .is_ok_and(|status| status.success());
            works.then_some(setpriv)
        })
        .as_deref()
        .map(Path::as_os_str)
}
