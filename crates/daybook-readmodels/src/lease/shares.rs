//! Who works on what: fair shares, agreed on without talking. Pure.
//!
//! Everybody sees the same live instances in the order in which they joined, and the same leases. Of p partitions and n
//! instances the first p mod n get ⌈p/n⌉ and the others ⌊p/n⌋; each gives up only what it has beyond its share, and
//! claims only what nobody alive has. So one that joins is given exactly its share, what one that leaves had is dealt
//! out, and no partition moves between two that stay.

use std::collections::{BTreeMap, BTreeSet};

use daybook_core::partition::Partition;

/// A live instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Instance {
    pub(crate) name: String,
    /// What it was told to run, sorted; empty: all.
    pub(crate) projections: Vec<String>,
}

/// What one instance does next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Share {
    /// Keeps some partitions, and claims some that are free. What it has beside them it gives up.
    Part { keep: BTreeSet<Partition>, claim: Vec<Partition> },
    /// Nothing: the group runs other projections than this instance was told to. Partitions are leased whole, so those
    /// that only some instances run would stand still elsewhere.
    Aside { group_runs: Vec<String> },
}

/// The share of the instance called `me` among the live ones, in the order in which they joined. Whoever joined first
/// says what the group runs.
pub(crate) fn share(
    me: &str,
    live: &[Instance],
    leases: &BTreeMap<Partition, String>,
    partition_count: u16,
) -> Share {
    let Some(first) = live.first() else { return Share::nothing() };
    let members: Vec<&Instance> =
        live.iter().filter(|instance| instance.projections == first.projections).collect();
    let Some(index) = members.iter().position(|member| member.name == me) else {
        let known = live.iter().any(|instance| instance.name == me);
        let group_runs = first.projections.clone();
        return if known { Share::Aside { group_runs } } else { Share::nothing() };
    };
    let quotas = quotas(partition_count, members.len());
    let quota = quotas[index];
    let keep: BTreeSet<Partition> = leases
        .iter()
        .filter(|(_, holder)| *holder == me)
        .map(|(partition, _)| *partition)
        .take(quota)
        .collect();
    let is_free = |partition: &Partition| {
        let holder = leases.get(partition);
        holder.is_none_or(|holder| !members.iter().any(|member| member.name == *holder))
    };
    let mut free: Vec<Partition> = (0..partition_count).map(Partition).filter(is_free).collect();
    if !free.is_empty() {
        // Each begins elsewhere: instances that start together do not reach for the same ones.
        let before: usize = quotas[..index].iter().sum();
        let start = before % free.len();
        free.rotate_left(start);
    }
    free.truncate(quota - keep.len());
    Share::Part { keep, claim: free }
}

impl Share {
    fn nothing() -> Self {
        Self::Part { keep: BTreeSet::new(), claim: Vec::new() }
    }
}

/// How many partitions each of `instances` gets, in the order in which they joined.
fn quotas(partition_count: u16, instances: usize) -> Vec<usize> {
    let partitions = usize::from(partition_count);
    let (each, rest) = (partitions / instances, partitions % instances);
    (0..instances).map(|index| each + usize::from(index < rest)).collect()
}

#[cfg(test)]
mod tests;
