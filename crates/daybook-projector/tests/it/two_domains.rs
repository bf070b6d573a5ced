//! Another domain beside the bank, in one projector and one log: a read model of its own, and rows of its events
//! where every domain's are.

use std::sync::Arc;

use daybook_bank::{Bank, BankCommand, BankEvent, BankRejection, BankState};
use daybook_core::read_model::ReadModel;
use daybook_core::system::{System, SystemCommand, SystemEvent, SystemRejection, SystemState};
use daybook_eventlog::inspect::Inspector;
use daybook_parcels::{Custody, Parcel, ParcelCommand, ParcelError, ParcelEvent, STREAM_TYPE};
use daybook_readmodels::audit::{About, Audit};
use daybook_readmodels::projection::{
    Changes, Fact, FoldError, Projection, RowChange, RowChanges, of_part, partition_column,
};
use daybook_readmodels::rebuild::{RebuildOptions, Watch};
use daybook_readmodels::rows::{Column, Kind, Rows};
use daybook_verify::Verifier;

use super::support::ledger::{deposited, opened};
use super::support::{Projector, World};

daybook_core::compose! {
    /// The bank and the custody of parcels.
    struct Both: BothCommand, BothEvent, BothState, BothRejection {
        /// Accounts and transfers.
        bank: Bank(Bank: BankCommand, BankEvent, BankState, BankRejection),
        /// Parcels.
        custody: Custody(Custody: ParcelCommand, ParcelEvent, Parcel, ParcelError),
        /// What operators tell the system.
        system: System(System: SystemCommand, SystemEvent, SystemState, SystemRejection),
    }
}

/// One row per change of custody.
struct CustodyChanges;

impl Projection<ParcelEvent> for CustodyChanges {
    fn read_model(&self) -> ReadModel {
        ReadModel { name: "custody_changes", version: 1 }
    }

    fn tables(&self) -> &'static str {
        "CREATE TABLE read.custody_changes_{generation} (
             position bigint NOT NULL, partition smallint NOT NULL, parcel_id text NOT NULL, custodian text
         );
         GRANT SELECT ON read.custody_changes_{generation} TO daybook_query;
\n-- [key]\nALTER TABLE read.custody_changes_{generation} ADD PRIMARY KEY (position);"
    }

    fn stream_types(&self) -> &[&'static str] {
        &[STREAM_TYPE]
    }

    fn changes(&self) -> Box<dyn Changes<ParcelEvent>> {
        Box::new(Made(Rows::new("custody_changes", COLUMNS)))
    }
}

const COLUMNS: &[Column] = &[
    Column::new("position", Kind::BigInt),
    Column::new("partition", Kind::SmallInt),
    Column::new("parcel_id", Kind::Text),
    Column::new("custodian", Kind::Text),
];

struct Made(Rows);

impl Changes<ParcelEvent> for Made {
    fn apply(&mut self, fact: Fact<'_, ParcelEvent>) -> Result<(), FoldError> {
        let custodian = match fact.payload {
            ParcelEvent::Accepted(e) => Some(e.custodian.as_str()),
            ParcelEvent::HandedOver(e) => Some(e.to.as_str()),
            ParcelEvent::Delivered(_) => None,
        };
        self.0.push(&[
            fact.recorded.position.get().into(),
            partition_column(fact.recorded)?.into(),
            fact.recorded.stream_id.id().into(),
            custodian.into(),
        ]);
        Ok(())
    }

    fn bytes(&self) -> usize {
        self.0.bytes()
    }

    fn take(&mut self) -> RowChanges {
        let rows = self.0.take();
        Box::new((!rows.is_empty()).then_some(RowChange::Insert(rows)).into_iter())
    }
}

fn about(event: &BothEvent) -> About {
    match event {
        BothEvent::Bank(event) => daybook_bank_readmodels::about(event),
        BothEvent::Custody(_) | BothEvent::System(_) => About::Nothing,
    }
}

fn projections() -> Vec<Arc<dyn Projection<BothEvent>>> {
    let mut all = daybook_bank_readmodels::projections();
    all.push(of_part(CustodyChanges));
    all.push(Arc::new(Audit::of::<Both>(about)));
    all
}

/// What happens to a parcel, as the log has it.
const PARCEL: [(&str, &str); 3] = [
    ("parcel-accepted", r#"{"recipient":"bob","name":{"plain":"Bob"},"custodian":"depot"}"#),
    ("parcel-handed-over", r#"{"from":"depot","to":"van-7"}"#),
    ("parcel-delivered", r#"{"by":"van-7"}"#),
];

#[tokio::test]
async fn g7_the_read_models_of_two_domains_are_folded_live_as_in_a_rebuild() {
    let mut world = World::start().await;
    daybook_readmodels::migrate::run(&world.pool, &projections()).await.unwrap();
    let url = world.postgres.url("daybook_projector", "postgres");
    let settings = world.settings(&url, &[]);
    let run = |listener, stop| daybook_readmodels::run(settings, projections(), listener, stop);
    let projector = Projector::start(run).await;
    world.wait_for_messages().await;
    for n in 0..8 {
        let (account, parcel) = (format!("account-{n}"), format!("parcel-{n}"));
        world.record(&[(&account, opened())]).await;
        for (event_type, data) in PARCEL {
            let event = world.log.append_raw(&[(&parcel, event_type, data.to_owned())]).await;
            world.publish(event);
        }
        world.record(&[(&account, deposited(5, 5))]).await;
    }
    world.wait_until_level().await;
    let of_one =
        "SELECT custodian FROM read.custody_changes_1 WHERE parcel_id = '3' ORDER BY position";
    let custodians =
        [r#"{"custodian":"depot"}"#, r#"{"custodian":"van-7"}"#, r#"{"custodian":null}"#];
    assert_eq!(world.rows(of_one).await, custodians);
    let count = async |table| {
        let sql = format!("SELECT count(*) FROM read.{table}_1");
        world.scalar::<i64>(&sql).await.unwrap()
    };
    assert_eq!((count("custody_changes").await, count("account_entries").await), (24, 8));
    assert_eq!(count("audit").await, 40, "a row per event of both");
    let options = RebuildOptions { verify: true, ..Default::default() };
    let rebuilt = world.rebuilder().rebuild(&projections(), &options, &Watch::new().0).await;
    let rebuilt = rebuilt.unwrap();
    assert_eq!(rebuilt.len(), projections().len());
    assert!(rebuilt.iter().all(|one| one.differences_total == 0), "{rebuilt:?}");
    projector.stop().await;

    let verifier = Verifier::<Both>::new(Inspector::new(world.pool.clone()), 100);
    let verifier = verifier.read_models(world.rebuilder(), projections());
    let report = verifier.verify(None, &daybook_verify::Watch::new().0).await.unwrap();
    assert_eq!(report.read_models.len(), projections().len());
    // The test's own way into the log leaves no rows of commands.
    let found = report.findings.kept().iter().filter(|finding| finding.rule != "command");
    assert_eq!(found.map(ToString::to_string).collect::<Vec<_>>(), [""; 0]);
}
