//! Order, with a service that takes every liberty it has.

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

use super::*;

fn named(keys: &[u64]) -> Touches {
    Touches::These(keys.iter().map(|&key| Touch { key, named: true }).collect())
}

fn step(transfer: u64, account: u64) -> Touches {
    let account = Touch { key: account, named: false };
    Touches::These(vec![Touch { key: transfer, named: true }, account])
}

fn actor(name: &str) -> Actor {
    name.parse().unwrap()
}

fn ready(order: &mut Order) -> Vec<u64> {
    std::iter::from_fn(|| order.next_ready()).collect()
}

#[test]
fn lines_of_one_actor_follow_each_other_without_waiting() {
    let mut order = Order::default();
    for line in 1..=3 {
        order.admit(line, actor("ann"), named(&[10]));
    }
    assert_eq!(ready(&mut order), [1, 2, 3]);
    order.settle(2);
    order.settle(1);
    order.settle(3);
    assert_eq!(order.len(), 0);
}

#[test]
fn a_line_of_another_actor_waits_for_all_before_it_on_the_same_account() {
    let mut order = Order::default();
    order.admit(1, actor("ann"), named(&[10]));
    order.admit(2, actor("ann"), named(&[10, 20]));
    order.admit(3, actor("ben"), named(&[20]));
    order.admit(4, actor("ben"), named(&[30]));
    order.admit(5, actor("ann"), named(&[20]));
    assert_eq!(ready(&mut order), [1, 4, 2]);
    order.settle(1);
    assert!(ready(&mut order).is_empty());
    order.settle(2);
    assert_eq!(ready(&mut order), [3]);
    order.settle(3);
    assert_eq!(ready(&mut order), [5]);
}

#[test]
fn what_comes_after_a_step_of_a_transfer_on_its_account_waits_for_the_answer() {
    let mut order = Order::default();
    order.admit(1, actor("ann"), named(&[10]));
    order.admit(2, actor("ann"), step(99, 10));
    order.admit(3, actor("ann"), named(&[99]));
    order.admit(4, actor("ann"), named(&[10]));
    assert_eq!(ready(&mut order), [1, 2, 3]);
    order.settle(1);
    assert!(ready(&mut order).is_empty());
    order.settle(2);
    assert_eq!(ready(&mut order), [4]);
}

#[test]
fn a_line_that_touches_everything_goes_alone() {
    let mut order = Order::default();
    order.admit(1, actor("ann"), named(&[10]));
    order.admit(2, actor("ann"), Touches::Everything);
    assert!(!order.is_open());
    assert_eq!(ready(&mut order), [1]);
    order.settle(1);
    assert_eq!(ready(&mut order), [2]);
    assert!(!order.is_open());
    order.settle(2);
    assert!(order.is_open());
    assert_eq!(order.len(), 0);
}

/// A line as the test makes it up: no touches stand for everything.
struct Made {
    actor: usize,
    touches: Vec<Touch>,
}

impl Made {
    fn by_chance(random: &mut StdRng) -> Self {
        let mut keys: Vec<u64> =
            (0..random.random_range(0..4)).map(|_| random.random_range(0..8)).collect();
        keys.sort_unstable();
        keys.dedup();
        let touches = keys
            .into_iter()
            .enumerate()
            .map(|(place, key)| Touch { key, named: place == 0 || random.random_bool(0.7) })
            .collect();
        Self { actor: random.random_range(0..3), touches }
    }

    fn conflicts_with(&self, other: &Self) -> bool {
        let shares = |touch: &Touch| other.touches.iter().any(|theirs| theirs.key == touch.key);
        self.touches.is_empty() || other.touches.is_empty() || self.touches.iter().any(shares)
    }

    /// Whether the service keeps `later`, which came after this over the same call, behind it: not by a key that this does
    /// not name.
    fn holds_back(&self, later: &Self) -> bool {
        let known = |touch: &&Touch| touch.named;
        let shares = |touch: &Touch| later.touches.iter().any(|theirs| theirs.key == touch.key);
        self.touches.iter().filter(known).any(shares)
    }
}

/// Whatever the service does that it may do, lines that touch the same are decided in the order of the file, and all are.
#[test]
fn no_line_is_decided_before_an_earlier_one_that_touches_the_same_and_none_is_forgotten() {
    for seed in 0..200 {
        let mut random = StdRng::seed_from_u64(seed);
        let lines: Vec<Made> = (0..300).map(|_| Made::by_chance(&mut random)).collect();
        let decided = decide_all(&lines, &mut random);
        assert_eq!(decided.len(), lines.len());
        for (place, &line) in decided.iter().enumerate() {
            for &before in &decided[..place] {
                let free = before < line || !lines[line].conflicts_with(&lines[before]);
                assert!(free, "seed {seed}: {before} before {line}");
            }
        }
    }
}

/// Sends lines through an [`Order`] to a service that decides any line that nothing before it on its call holds back, and
/// answers in any order. Returns the order of deciding.
fn decide_all(lines: &[Made], random: &mut StdRng) -> Vec<usize> {
    let mut order = Order::default();
    let (mut next, mut sent, mut unanswered) = (0, Vec::<usize>::new(), Vec::new());
    let mut decided = Vec::new();
    while order.len() > 0 || next < lines.len() {
        if next < lines.len() && order.is_open() && random.random_bool(0.6) {
            let Made { actor: name, touches } = &lines[next];
            let everything = touches.is_empty();
            let touches =
                if everything { Touches::Everything } else { Touches::These(touches.clone()) };
            order.admit(next as u64, actor(["ann", "ben", "cem"][*name]), touches);
            next += 1;
        }
        sent.extend(ready(&mut order).into_iter().map(|line| usize::try_from(line).unwrap()));
        if !sent.is_empty() && random.random_bool(0.5) {
            let place = random.random_range(0..sent.len());
            let line = &lines[sent[place]];
            let held = sent[..place]
                .iter()
                .map(|&before| &lines[before])
                .any(|before| before.actor == line.actor && before.holds_back(line));
            if !held {
                let line = sent.remove(place);
                decided.push(line);
                unanswered.push(line);
            }
        }
        if !unanswered.is_empty() && random.random_bool(0.4) {
            let line = unanswered.swap_remove(random.random_range(0..unanswered.len()));
            order.settle(line as u64);
        }
    }
    decided
}
