//! The projector of this build: the engine of read models (`daybook-readmodels`) with the projections of its domains.

use std::sync::Arc;

use daybook_domains::{Daybook, DaybookEvent};
use daybook_readmodels::audit::{About, Audit};
use daybook_readmodels::migrate::MigrateError;
use daybook_readmodels::projection::Projection;
use sqlx::PgPool;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

pub use daybook_readmodels::Settings;

/// All projections, in the order in which they are written, which is that of `daybook_domains::READ_MODELS`.
#[must_use]
pub fn projections() -> Vec<Arc<dyn Projection<DaybookEvent>>> {
    let mut all = daybook_bank_readmodels::projections();
    all.push(Arc::new(Audit::of::<Daybook>(about)));
    all
}

fn about(event: &DaybookEvent) -> About {
    match event {
        DaybookEvent::Bank(event) => daybook_bank_readmodels::about(event),
        DaybookEvent::System(_) => About::Nothing,
    }
}

/// Makes the read models, or brings them up to date; see `daybook_readmodels::migrate`.
///
/// # Errors
/// When a migration fails or a table cannot be made.
pub async fn migrate(pool: &PgPool) -> Result<(), MigrateError> {
    daybook_readmodels::migrate::run(pool, &projections()).await
}

/// Projects until `shutdown`; see `daybook_readmodels::service`.
///
/// # Errors
/// When a setting is wrong, a database is not set up for this service, or the listener fails.
pub async fn run(
    settings: Settings,
    listener: TcpListener,
    shutdown: CancellationToken,
) -> anyhow::Result<()> {
    daybook_readmodels::run(settings, projections(), listener, shutdown).await
}

#[cfg(test)]
mod tests {
    use daybook_domains::READ_MODELS;

    use super::*;

    /// The command service lets operators speak of those, and the query service answers from them.
    #[test]
    fn every_read_model_of_the_list_has_a_projection_and_no_other() {
        let models: Vec<_> = projections().iter().map(|known| known.read_model()).collect();
        assert_eq!(models, READ_MODELS);
    }
}
