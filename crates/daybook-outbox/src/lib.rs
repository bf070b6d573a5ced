//! The Redis lists between the command service and the projectors, and the only crate that knows their keys.
//!
//! - [`publish`]: after commit, from the command service: positions onto every registered group's lists, and events to
//!   subscribers;
//! - [`message`]: an event as one CloudEvent, for subscribers;
//! - [`drain`]: positions off a group's lists, for a projector.
//!
//! Redis makes it fast, the log makes it right. A list says only where in the log something new is, and nothing that it says
//! is believed: an entry may be lost, come twice, late, out of order, or from a forger, and a pop is final. The reader takes
//! the event from the log, and repairs from the log what did not come. So nothing here is acknowledged, and nothing here may
//! hold up a caller.

pub mod drain;
pub mod group;
pub mod message;
pub mod publish;

mod clock;
mod connection;
mod entry;
#[cfg(test)]
mod golden;
mod keys;
mod queue;
mod settings;

pub use drain::{Drain, DrainSettings, Lists};
pub use group::Group;
pub use message::Origin;
pub use publish::{Publisher, PublisherHandle, PublisherSettings};
/// Why no connection to Redis can be prepared.
pub use redis::RedisError;
pub use settings::{InvalidRedisSettings, RedisServer, RedisSettings};
