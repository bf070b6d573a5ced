//! Each filter of SearchAudit is served by an index of its own, so that a search costs what it finds and not what there is.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::ensure;
use daybook_proto::v1::SearchAuditRequest;
use daybook_testkit::eventually;

use crate::audit::fill;
use crate::world::World;

/// How often each index of `audit` was used, and how often the table was read from one end to the other.
async fn uses(world: &World) -> anyhow::Result<BTreeMap<String, i64>> {
    let rows: Vec<(String, i64)> = sqlx::query_as(
        "SELECT indexrelname::text, idx_scan FROM pg_stat_user_indexes WHERE relname = 'audit_1'
         UNION ALL SELECT 'whole table', seq_scan FROM pg_stat_user_tables WHERE relname = 'audit_1'",
    )
    .fetch_all(&world.admin)
    .await?;
    Ok(rows.into_iter().collect())
}

#[tokio::test]
async fn each_filter_uses_its_index_and_none_reads_the_whole_table() {
    let world = World::start().await;
    fill(&world, 20_000).await;
    world.sql("VACUUM (ANALYZE) read.audit_1").await;
    let text = str::to_owned;
    let any = SearchAuditRequest::default;
    let cases = [
        ("audit_1_pkey", SearchAuditRequest { from_position: 60_000, ..any() }),
        ("audit_1_actor", SearchAuditRequest { actor: text("bob"), ..any() }),
        ("audit_1_stream_id", SearchAuditRequest { stream_id: text("transfer-t77"), ..any() }),
        (
            "audit_1_event_type",
            SearchAuditRequest { event_types: vec![text("transfer-approved"), text("x")], ..any() },
        ),
        // One that is met wherever one looks.
        (
            "audit_1_pkey",
            SearchAuditRequest { event_types: vec![text("money-deposited")], ..any() },
        ),
        (
            "audit_1_correlation_id",
            SearchAuditRequest { correlation_id: text("operation-77"), ..any() },
        ),
        ("audit_1_causation_id", SearchAuditRequest { caused_by: text("command-77-1"), ..any() }),
        ("audit_1_magnitude", SearchAuditRequest { min_amount_minor_units: 1_900_000, ..any() }),
        ("audit_1_words", SearchAuditRequest { reason: text("month 77"), ..any() }),
    ];
    for (index, request) in cases {
        let before = uses(&world).await.unwrap();
        // What a session did is told by its end at the latest; the service keeps its sessions.
        let mut client = world.client.clone();
        eventually("the index is used", Duration::from_secs(20), async || {
            client.search_audit(request.clone()).await?;
            let after = uses(&world).await?;
            ensure!(after[index] > before[index], "{index} is not used: {before:?} {after:?}");
            ensure!(
                after["whole table"] == before["whole table"],
                "{index}: the whole table is read"
            );
            Ok(())
        })
        .await;
    }
}
