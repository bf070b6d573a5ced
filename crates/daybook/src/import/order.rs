//! Holds lines back until they can no longer overtake an earlier one that touches the same. Pure: it sends nothing and
//! knows no time.
//!
//! Each account and transfer has a queue of the unsettled lines that touch it, in the order of the file; those given out
//! stand before those that wait. A line may be given out when it is the first to wait in every queue that it stands in,
//! and all before it there are settled or will be decided before it: that is so for lines of the same actor, whose call
//! keeps their order, as long as they name what the queue is of. As a line joins all its queues at once, and in the order
//! of the file, no two lines can wait for each other.

use std::collections::{HashMap, VecDeque};

use super::entities::{Touch, Touches};
use crate::client::Actor;

/// The unsettled lines of a file.
#[derive(Debug, Default)]
pub(super) struct Order {
    /// One for each account and transfer.
    queues: HashMap<u64, Queue>,
    unsettled: HashMap<u64, Unsettled>,
    /// Lines that may be given out now.
    ready: VecDeque<u64>,
    /// A line that touches everything and waits for all before it; nothing comes in behind it.
    fence: Option<u64>,
}

#[derive(Debug, Default)]
struct Queue {
    /// In the order of the file.
    lines: VecDeque<u64>,
    /// So many of them, from the front, are given out; all belong to one actor.
    given_out: usize,
    /// So many of those do not name what this queue is of: what comes after may be decided before.
    unnamed: usize,
}

#[derive(Debug)]
struct Unsettled {
    actor: Actor,
    touches: Vec<Touch>,
    /// Whether it is among the ready ones or was given out.
    may_go: bool,
}

impl Order {
    /// Takes in the next line of the file. Only when [`Order::is_open`].
    pub(super) fn admit(&mut self, line: u64, actor: Actor, touches: Touches) {
        let touches = match touches {
            Touches::These(touches) => touches,
            Touches::Everything => {
                self.fence = Some(line);
                Vec::new()
            }
        };
        for touch in &touches {
            self.queues.entry(touch.key).or_default().lines.push_back(line);
        }
        self.unsettled.insert(line, Unsettled { actor, touches, may_go: false });
        if self.fence.is_some() {
            self.open_fence();
        } else {
            self.consider(line);
        }
    }

    /// A line that may be sent now, after all that were given out before; each is given out once.
    pub(super) fn next_ready(&mut self) -> Option<u64> {
        let line = self.ready.pop_front()?;
        for touch in self.touches_of(line) {
            if let Some(queue) = self.queues.get_mut(&touch.key) {
                queue.given_out += 1;
                queue.unnamed += usize::from(!touch.named);
            }
            self.consider_next(touch.key);
        }
        Some(line)
    }

    /// Takes note that a line that was given out has its answer.
    pub(super) fn settle(&mut self, line: u64) {
        let Some(settled) = self.unsettled.remove(&line) else { return };
        if self.fence == Some(line) {
            self.fence = None;
        }
        for touch in settled.touches {
            self.leave(line, touch);
            self.consider_next(touch.key);
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

    fn leave(&mut self, line: u64, touch: Touch) {
        let Some(queue) = self.queues.get_mut(&touch.key) else { return };
        // Most often the first: answers come nearly in order.
        let Some(place) = queue.lines.iter().position(|&standing| standing == line) else { return };
        queue.lines.remove(place);
        queue.given_out -= 1;
        queue.unnamed -= usize::from(!touch.named);
        if queue.lines.is_empty() {
            self.queues.remove(&touch.key);
        }
    }

    /// Looks at the first line that waits in a queue.
    fn consider_next(&mut self, key: u64) {
        let next = self.queues.get(&key).and_then(|queue| queue.lines.get(queue.given_out));
        if let Some(&line) = next {
            self.consider(line);
        }
    }

    fn consider(&mut self, line: u64) {
        let Some(candidate) = self.unsettled.get(&line) else { return };
        let is_ready = !candidate.may_go
            && candidate.touches.iter().all(|touch| self.may_follow(line, candidate, touch.key));
        if is_ready && let Some(candidate) = self.unsettled.get_mut(&line) {
            candidate.may_go = true;
            self.ready.push_back(line);
        }
    }

    /// Whether nothing in a queue keeps a line from being sent.
    fn may_follow(&self, line: u64, candidate: &Unsettled, key: u64) -> bool {
        let Some(queue) = self.queues.get(&key) else { return true };
        let is_next = queue.lines.get(queue.given_out) == Some(&line);
        let first = queue.lines.front().and_then(|first| self.unsettled.get(first));
        let same_call = || first.is_some_and(|first| first.actor == candidate.actor);
        is_next && (queue.given_out == 0 || (queue.unnamed == 0 && same_call()))
    }

    fn touches_of(&self, line: u64) -> Vec<Touch> {
        self.unsettled.get(&line).map(|unsettled| unsettled.touches.clone()).unwrap_or_default()
    }

    fn open_fence(&mut self) {
        if let Some(line) = self.fence
            && self.unsettled.len() == 1
            && let Some(alone) = self.unsettled.get_mut(&line)
            && !alone.may_go
        {
            alone.may_go = true;
            self.ready.push_back(line);
        }
    }
}

#[cfg(test)]
mod tests;
