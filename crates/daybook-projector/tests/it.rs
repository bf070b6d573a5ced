#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
//! The projector over a real PostgreSQL and a real Redis: what reaches the read models, whatever happens on the way.

#[path = "it/support.rs"]
mod support;

#[path = "it/checkpoints.rs"]
mod checkpoints;
#[path = "it/erasure.rs"]
mod erasure;
#[path = "it/failures.rs"]
mod failures;
#[path = "it/forgeries.rs"]
mod forgeries;
#[path = "it/health.rs"]
mod health;
#[path = "it/leases.rs"]
mod leases;
#[path = "it/messages.rs"]
mod messages;
#[path = "it/migrate.rs"]
mod migrate;
#[path = "it/projections.rs"]
mod projections;
#[path = "it/rebuild.rs"]
mod rebuild;
#[path = "it/restored.rs"]
mod restored;
#[path = "it/roll_back.rs"]
mod roll_back;
#[path = "it/server_roles.rs"]
mod server_roles;
#[path = "it/skips.rs"]
mod skips;
#[path = "it/tables.rs"]
mod tables;
#[path = "it/two_domains.rs"]
mod two_domains;
