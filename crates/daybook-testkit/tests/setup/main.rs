//! Setting Daybook up as an operator does: who migrates, what its roles may do, their passwords. These are also run on a second
//! major version of PostgreSQL.

#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod earlier_dump;
mod migrate;
mod newer_postgres;
mod passwords;
mod roles;

use sqlx::PgPool;

/// The roles of the services.
const ROLES: [&str; 4] =
    ["daybook_command", "daybook_projector", "daybook_query", "daybook_prover"];

/// Everything that `daybook migrate` makes, in one database.
async fn migrate_all(pool: &PgPool) -> anyhow::Result<()> {
    daybook_eventlog::migrate::run(pool, 16).await?;
    daybook_projector::migrate(pool).await?;
    daybook_prover::migrate::run(pool).await?;
    Ok(daybook_keys::migrate::run(pool).await?)
}
