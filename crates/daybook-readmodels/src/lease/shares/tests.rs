//! Shares, by example and for any coming and going.

use proptest::prelude::*;

use super::*;

fn instances(names: &[&str]) -> Vec<Instance> {
    let instance = |name: &&str| Instance { name: (*name).to_owned(), projections: Vec::new() };
    names.iter().map(instance).collect()
}

fn leases(held: &[(u16, &str)]) -> BTreeMap<Partition, String> {
    held.iter().map(|(partition, name)| (Partition(*partition), (*name).to_owned())).collect()
}

fn part(keep: &[u16], claim: &[u16]) -> Share {
    Share::Part {
        keep: keep.iter().copied().map(Partition).collect(),
        claim: claim.iter().copied().map(Partition).collect(),
    }
}

#[test]
fn one_alone_claims_everything() {
    assert_eq!(share("a", &instances(&["a"]), &leases(&[]), 4), part(&[], &[0, 1, 2, 3]));
}

#[test]
fn instances_that_start_together_claim_different_partitions() {
    let live = instances(&["a", "b", "c"]);
    let claims = ["a", "b", "c"].map(|me| share(me, &live, &leases(&[]), 8));
    assert_eq!(claims, [part(&[], &[0, 1, 2]), part(&[], &[3, 4, 5]), part(&[], &[6, 7])]);
}

#[test]
fn one_that_joins_gets_what_the_others_have_beyond_their_share() {
    let live = instances(&["a", "b"]);
    let all_with_a = leases(&[(0, "a"), (1, "a"), (2, "a"), (3, "a")]);
    assert_eq!(share("a", &live, &all_with_a, 4), part(&[0, 1], &[]));
    // Not before it was given up.
    assert_eq!(share("b", &live, &all_with_a, 4), part(&[], &[]));
    assert_eq!(share("b", &live, &leases(&[(0, "a"), (1, "a")]), 4), part(&[], &[2, 3]));
}

#[test]
fn what_a_dead_instance_had_is_free() {
    let with_the_dead = leases(&[(0, "dead"), (1, "b"), (2, "dead"), (3, "b")]);
    assert_eq!(share("b", &instances(&["b"]), &with_the_dead, 4), part(&[1, 3], &[0, 2]));
}

#[test]
fn with_more_instances_than_partitions_the_last_have_nothing_to_do() {
    let live = instances(&["a", "b", "c"]);
    let held = leases(&[(0, "a"), (1, "b")]);
    assert_eq!(share("c", &live, &held, 2), part(&[], &[]));
}

#[test]
fn one_that_was_told_to_run_something_else_stands_aside_and_the_others_share_without_it() {
    let mut live = instances(&["a", "odd", "b"]);
    live[1].projections = vec!["accounts".to_owned()];
    assert_eq!(share("odd", &live, &leases(&[]), 4), Share::Aside { group_runs: Vec::new() });
    assert_eq!(share("b", &live, &leases(&[]), 4), part(&[], &[2, 3]));
    // What it has from before it is told apart is free as well.
    assert_eq!(share("a", &live, &leases(&[(0, "odd")]), 4), part(&[], &[0, 1]));
    // Alone, it is the group.
    assert_eq!(share("odd", &live[1..2], &leases(&[]), 2), part(&[], &[0, 1]));
}

/// Everybody does what its share says, one after the other, until nothing changes. Gives how many leases moved between
/// instances that were alive all the time.
fn settle(
    live: &[Instance],
    held: &mut BTreeMap<Partition, String>,
    partition_count: u16,
) -> usize {
    let alive = |name: &String| live.iter().any(|instance| instance.name == *name);
    let before = held.clone();
    loop {
        let last = held.clone();
        for instance in live {
            let Share::Part { keep, claim } = share(&instance.name, live, held, partition_count)
            else {
                panic!("all run the same")
            };
            held.retain(|partition, holder| *holder != instance.name || keep.contains(partition));
            held.extend(claim.into_iter().map(|partition| (partition, instance.name.clone())));
        }
        if *held == last {
            break;
        }
    }
    let moved = |(partition, holder): &(&Partition, &String)| {
        alive(holder) && held.get(partition) != Some(holder)
    };
    before.iter().filter(moved).count()
}

proptest! {
    /// Whoever comes and goes: everything is held, in fair shares, and nothing moves that need not.
    #[test]
    fn shares_are_fair_and_move_as_little_as_possible(
        partition_count in 1_u16..40,
        steps in prop::collection::vec((any::<bool>(), any::<prop::sample::Index>()), 1..25),
    ) {
        let mut live = instances(&["i0"]);
        let mut held = BTreeMap::new();
        settle(&live, &mut held, partition_count);
        for (n, (joins, index)) in steps.into_iter().enumerate() {
            let joins = joins || live.len() == 1;
            if joins {
                live.push(Instance { name: format!("i{}", n + 1), projections: Vec::new() });
            } else {
                live.remove(index.index(live.len()));
            }
            let moved = settle(&live, &mut held, partition_count);
            let (count, instances) = (usize::from(partition_count), live.len());
            prop_assert_eq!(held.len(), count);
            for instance in &live {
                let has = held.values().filter(|holder| **holder == instance.name).count();
                prop_assert!(has == count / instances || has == count.div_ceil(instances));
            }
            // The newcomer is the last, so its share is the smaller one; who leaves makes nobody give up anything.
            prop_assert_eq!(moved, if joins { count / instances } else { 0 });
        }
    }
}
