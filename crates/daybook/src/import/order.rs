//! Holds lines back until every earlier line that touches the same is settled. Pure: it sends nothing and knows no time.
//!
//! Each account and transfer has a queue of the unsettled lines that touch it, in the order of the file. A line may go
//! when it is first in every queue that it stands in. As a line joins all its queues at once, and in the order of the
//! file, no two lines can wait for each other.

use std::collections::{HashMap, VecDeque};

use super::entities::Touches;

/// The unsettled lines of a file.
#[derive(Debug, Default)]
pub(super) struct Order {
    /// For each account and transfer, the lines that touch it, first come first.
    queues: HashMap<u64, VecDeque<u64>>,
    /// What each unsettled line touches, and in how many of those queues it is not yet first.
    unsettled: HashMap<u64, Unsettled>,
    /// Lines that may go now.
    ready: VecDeque<u64>,
    /// A line that touches everything and waits for all before it; nothing comes in behind it.
    fence: Option<u64>,
}

#[derive(Debug)]
struct Unsettled {
    keys: Vec<u64>,
    behind: usize,
}

impl Order {
    /// Takes in the next line of the file. Only when [`Order::is_open`].
    pub(super) fn admit(&mut self, line: u64, touches: Touches) {
        let keys = match touches {
            Touches::These(keys) => keys,
            Touches::Everything => {
                self.fence = Some(line);
                Vec::new()
            }
        };
        let mut behind = 0;
        for key in &keys {
            let queue = self.queues.entry(*key).or_default();
            behind += usize::from(!queue.is_empty());
            queue.push_back(line);
        }
        self.unsettled.insert(line, Unsettled { keys, behind });
        if self.fence == Some(line) {
            self.open_fence();
        } else if behind == 0 {
            self.ready.push_back(line);
        }
    }

    /// A line that may be sent now; each is given out once.
    pub(super) fn next_ready(&mut self) -> Option<u64> {
        self.ready.pop_front()
    }

    /// Takes note that a line that was given out has its answer.
    pub(super) fn settle(&mut self, line: u64) {
        let Some(settled) = self.unsettled.remove(&line) else { return };
        if self.fence == Some(line) {
            self.fence = None;
        }
        for key in settled.keys {
            self.advance(key);
        }
        self.open_fence();
    }

    /// Whether lines may come in: not behind one that touches everything.
    pub(super) fn is_open(&self) -> bool {
        self.fence.is_none()
    }

    /// How many lines came in and have no answer yet.
    pub(super) fn len(&self) -> usize {
        self.unsettled.len()
    }

    fn advance(&mut self, key: u64) {
        let Some(queue) = self.queues.get_mut(&key) else { return };
        queue.pop_front();
        let Some(first) = queue.front() else {
            self.queues.remove(&key);
            return;
        };
        let next = self.unsettled.get_mut(first).expect("whoever stands in a queue is unsettled");
        next.behind -= 1;
        if next.behind == 0 {
            self.ready.push_back(*first);
        }
    }

    fn open_fence(&mut self) {
        if let Some(line) = self.fence
            && self.unsettled.len() == 1
            && self.unsettled.contains_key(&line)
        {
            self.ready.push_back(line);
        }
    }
}

#[cfg(test)]
mod tests {
    use rand::rngs::StdRng;
    use rand::{Rng, SeedableRng};

    use super::*;

    fn these(keys: &[u64]) -> Touches {
        Touches::These(keys.to_vec())
    }

    fn ready(order: &mut Order) -> Vec<u64> {
        std::iter::from_fn(|| order.next_ready()).collect()
    }

    #[test]
    fn lines_on_different_accounts_go_at_once_and_on_the_same_one_after_the_other() {
        let mut order = Order::default();
        order.admit(1, these(&[10]));
        order.admit(2, these(&[20]));
        order.admit(3, these(&[10]));
        assert_eq!(ready(&mut order), [1, 2]);
        order.settle(2);
        assert!(ready(&mut order).is_empty());
        order.settle(1);
        assert_eq!(ready(&mut order), [3]);
    }

    #[test]
    fn a_line_that_touches_two_accounts_waits_for_both() {
        let mut order = Order::default();
        order.admit(1, these(&[10]));
        order.admit(2, these(&[20]));
        order.admit(3, these(&[10, 20]));
        order.admit(4, these(&[20]));
        assert_eq!(ready(&mut order), [1, 2]);
        order.settle(1);
        assert!(ready(&mut order).is_empty());
        order.settle(2);
        assert_eq!(ready(&mut order), [3]);
        order.settle(3);
        assert_eq!(ready(&mut order), [4]);
    }

    #[test]
    fn a_line_that_touches_everything_goes_alone() {
        let mut order = Order::default();
        order.admit(1, these(&[10]));
        order.admit(2, Touches::Everything);
        assert!(!order.is_open());
        assert_eq!(ready(&mut order), [1]);
        order.settle(1);
        assert_eq!(ready(&mut order), [2]);
        assert!(!order.is_open());
        order.settle(2);
        assert!(order.is_open());
        assert_eq!(order.len(), 0);
    }

    /// Settles lines in random order; whatever the order, lines that share a key go in the order of the file, and all go.
    #[test]
    fn no_line_overtakes_an_earlier_one_that_touches_the_same_and_none_is_forgotten() {
        for seed in 0..50 {
            let mut random = StdRng::seed_from_u64(seed);
            let lines: Vec<Vec<u64>> = (0..300)
                .map(|_| {
                    let mut keys: Vec<u64> =
                        (0..random.random_range(0..4)).map(|_| random.random_range(0..8)).collect();
                    keys.sort_unstable();
                    keys.dedup();
                    keys
                })
                .collect();
            let sent = send_all(&lines, &mut random);
            assert_eq!(sent.len(), lines.len());
            for (place, &line) in sent.iter().enumerate() {
                for &before in &sent[..place] {
                    let share = lines[line].iter().any(|key| lines[before].contains(key));
                    let fenced = lines[line].is_empty() || lines[before].is_empty();
                    assert!(before < line || !(share || fenced), "{before} before {line}");
                }
            }
        }
    }

    /// Sends lines through an [`Order`] with random delays; no keys stand for everything. Returns the order of settling.
    fn send_all(lines: &[Vec<u64>], random: &mut StdRng) -> Vec<usize> {
        let mut order = Order::default();
        let (mut next, mut flying, mut settled) = (0, Vec::new(), Vec::new());
        while settled.len() < lines.len() {
            if next < lines.len() && order.is_open() && random.random_bool(0.6) {
                let keys = &lines[next];
                let touches = if keys.is_empty() { Touches::Everything } else { these(keys) };
                order.admit(next as u64, touches);
                next += 1;
            }
            flying.extend(ready(&mut order));
            if !flying.is_empty() && random.random_bool(0.5) {
                let line = flying.swap_remove(random.random_range(0..flying.len()));
                order.settle(line);
                settled.push(usize::try_from(line).unwrap());
            }
        }
        settled
    }
}
