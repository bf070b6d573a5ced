//! The Redis lists between the command service and the projectors, and the only crate that knows their keys.
//!
//! - [`message`]: an event as one CloudEvent, with the log that it belongs to;
//! - [`publish`]: after commit, from the command service: onto every registered group's lists and to subscribers;
//! - [`drain`]: off a group's lists, for a projector.
//!
//! Redis makes it fast, the log makes it right. Nothing here is ever the only copy: a message may be lost, come twice,
//! late or out of order, and a pop is final. A reader tells by `position` and `prev_position`, and repairs from the log.
//! So nothing here is acknowledged, and nothing here may hold up a caller.

pub mod drain;
pub mod group;
pub mod message;
pub mod publish;

mod connection;
mod keys;
mod queue;

pub use connection::{InvalidRedisUrl, check_url};
pub use drain::{Drain, DrainSettings};
pub use group::Group;
pub use message::{Message, Origin};
pub use publish::{Publisher, PublisherHandle, PublisherSettings};
