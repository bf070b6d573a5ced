//! What the processes of the stack use: processor time and memory, as the kernel counts them (`/proc`).
//!
//! PostgreSQL is a family of processes, counted as one. Its shared memory is left out: each of them would show it. What
//! the machine did besides is told as well, because a busy one measures nothing.

use std::collections::BTreeSet;
use std::fs;
use std::time::{Duration, Instant};

use daybook_stack::Stack;
use serde::Serialize;

/// Linux gives processor times to user space in hundredths of a second, whatever it counts in itself.
const TICKS_A_SECOND: u64 = 100;

/// The name of what is no process of the stack: others, and what the kernel does for nobody in particular.
const ELSE: &str = "everything else";

/// The processes to look at.
#[derive(Debug, Clone)]
pub(crate) struct Processes(Vec<(&'static str, Found)>);

#[derive(Debug, Clone, Copy)]
enum Found {
    /// This process and its descendants.
    Family(u32),
    /// Every process with this name.
    Named(&'static str),
}

/// What one program used.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub(crate) struct Usage {
    /// Name of the program.
    pub(crate) program: &'static str,
    /// Processor time, in seconds.
    pub(crate) cpu_seconds: f64,
    /// The same as a number of cores that were busy all the time.
    pub(crate) cores: f64,
    /// Resident memory now, in MB; of PostgreSQL without what its processes share.
    pub(crate) memory_mb: f64,
    /// The most it ever was; 0 where that cannot be told.
    pub(crate) memory_peak_mb: f64,
}

/// A moment, and what had been used by then.
#[derive(Debug)]
pub(crate) struct Moment {
    at: Instant,
    used: Vec<Used>,
    /// Of the whole machine.
    busy: Duration,
}

#[derive(Debug, Clone, Copy, Default)]
struct Used {
    cpu: Duration,
    memory_kb: u64,
    memory_peak_kb: u64,
}

impl Processes {
    /// Those of a stack of our own, and the load generator.
    pub(crate) fn of_stack(stack: &Stack) -> Self {
        let own = [
            ("daybook-command", stack.command.pid()),
            ("daybook-projector", stack.projector.pid()),
            ("daybook-query", stack.query.pid()),
            ("postgres", stack.postgres.pid()),
            ("redis", stack.redis.pid()),
            ("load generator", Some(std::process::id())),
        ];
        // Our own children are the others.
        let found = own.into_iter().filter_map(|(name, pid)| Some((name, Found::Family(pid?))));
        Self(found.collect())
    }

    /// Those on this machine that have the names of a stack's.
    pub(crate) fn by_name() -> Self {
        // The kernel keeps fifteen characters of a name.
        let names = [
            ("daybook-command", "daybook-command"),
            ("daybook-projector", "daybook-project"),
            ("daybook-query", "daybook-query"),
            ("postgres", "postgres"),
            ("redis", "redis-server"),
        ];
        let named = names.into_iter().map(|(program, comm)| (program, Found::Named(comm)));
        let own = ("load generator", Found::Family(std::process::id()));
        Self(named.chain([own]).collect())
    }

    /// Looks at them.
    pub(crate) fn look(&self) -> Moment {
        let table = read_table();
        let used = self.0.iter().map(|(program, found)| match found {
            Found::Family(pid) if *program == "load generator" => used_by(&[*pid].into(), &table),
            Found::Family(pid) => used_by(&family(*pid, &table), &table),
            Found::Named(name) => {
                let named = table.iter().filter(|process| process.name == *name);
                used_by(&named.map(|process| process.pid).collect(), &table)
            }
        });
        Moment { at: Instant::now(), used: used.collect(), busy: busy().unwrap_or_default() }
    }

    /// What was used since an earlier moment; programs that do not run are left out.
    pub(crate) fn since(&self, before: &Moment) -> Vec<Usage> {
        let now = self.look();
        let seconds = (now.at - before.at).as_secs_f64().max(0.001);
        let pairs = before.used.iter().zip(&now.used);
        let usages = self.0.iter().zip(pairs).map(|((program, _), (before, now))| {
            let cpu_seconds = now.cpu.saturating_sub(before.cpu).as_secs_f64();
            Usage {
                program,
                cpu_seconds,
                cores: cpu_seconds / seconds,
                memory_mb: megabytes(now.memory_kb),
                memory_peak_mb: megabytes(now.memory_peak_kb),
            }
        });
        let mut usages: Vec<Usage> = usages.filter(|usage| usage.memory_mb > 0.0).collect();
        let ours: f64 = usages.iter().map(|usage| usage.cpu_seconds).sum();
        let busy = now.busy.saturating_sub(before.busy).as_secs_f64();
        let cpu_seconds = (busy - ours).max(0.0);
        let cores = cpu_seconds / seconds;
        usages.push(Usage { program: ELSE, cpu_seconds, cores, ..Usage::default() });
        usages
    }
}

struct Process {
    pid: u32,
    parent: u32,
    name: String,
    cpu: Duration,
}

fn read_table() -> Vec<Process> {
    let Ok(entries) = fs::read_dir("/proc") else { return Vec::new() };
    let pids = entries.flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    pids.filter_map(read_process).collect()
}

/// `None` when it has ended meanwhile.
fn read_process(pid: u32) -> Option<Process> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name stands in parentheses and may hold some itself.
    let (head, rest) = text.rsplit_once(')')?;
    let name = head.split_once('(')?.1.to_owned();
    let fields: Vec<&str> = rest.split_whitespace().collect();
    let ticks = |place: usize| fields.get(place)?.parse::<u64>().ok();
    // utime, stime, and those of children that have ended and were waited for.
    let all = ticks(11)? + ticks(12)? + ticks(13)? + ticks(14)?;
    let cpu = Duration::from_millis(all * (1000 / TICKS_A_SECOND));
    Some(Process { pid, parent: fields.get(1)?.parse().ok()?, name, cpu })
}

/// Time that processors were not idle, all together.
fn busy() -> Option<Duration> {
    let text = fs::read_to_string("/proc/stat").ok()?;
    let ticks: Vec<u64> =
        text.lines().next()?.split_whitespace().skip(1).map_while(|n| n.parse().ok()).collect();
    // user, nice, system; then idle and waiting for the disk, which are not counted; irq, softirq.
    let busy: u64 = [0, 1, 2, 5, 6].iter().filter_map(|place| ticks.get(*place)).sum();
    Some(Duration::from_millis(busy * (1000 / TICKS_A_SECOND)))
}

/// How many cores something else kept busy.
pub(crate) fn cores_of_others(usages: &[Usage]) -> f64 {
    usages.iter().find(|usage| usage.program == ELSE).map_or(0.0, |usage| usage.cores)
}

fn family(root: u32, table: &[Process]) -> BTreeSet<u32> {
    let mut members = BTreeSet::from([root]);
    loop {
        let children = table.iter().filter(|process| members.contains(&process.parent));
        let next: BTreeSet<u32> = children.map(|process| process.pid).collect();
        let before = members.len();
        members.extend(next);
        if members.len() == before {
            return members;
        }
    }
}

fn used_by(members: &BTreeSet<u32>, table: &[Process]) -> Used {
    let mut used = Used::default();
    for process in table.iter().filter(|process| members.contains(&process.pid)) {
        used.cpu += process.cpu;
        let Ok(status) = fs::read_to_string(format!("/proc/{}/status", process.pid)) else {
            continue;
        };
        let kilobytes = |label: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(label))?;
            line.split_whitespace().next()?.parse::<u64>().ok()
        };
        let shared = kilobytes("RssShmem:").unwrap_or(0);
        used.memory_kb += kilobytes("VmRSS:").unwrap_or(0).saturating_sub(shared);
        // Of several processes the highest moments may not have been the same one.
        if members.len() == 1 {
            used.memory_peak_kb = kilobytes("VmHWM:").unwrap_or(0);
        }
    }
    used
}

fn megabytes(kilobytes: u64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "memory in kilobytes is far below 2^52")]
    let kilobytes = kilobytes as f64;
    kilobytes * 1024.0 / 1e6
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_very_process_uses_memory_and_time() {
        let processes = Processes(vec![("load generator", Found::Family(std::process::id()))]);
        let before = processes.look();
        let start = Instant::now();
        while start.elapsed() < Duration::from_millis(100) {
            std::hint::spin_loop();
        }
        let usage = processes.since(&before)[0];
        assert!(usage.memory_mb > 0.1 && usage.memory_peak_mb >= usage.memory_mb, "{usage:?}");
        assert!(usage.cpu_seconds > 0.0, "{usage:?}");
    }
}
