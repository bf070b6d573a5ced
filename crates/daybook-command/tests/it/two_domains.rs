//! Another domain beside the bank, in one process and one log: what it takes, and what it gets.

use std::sync::{Arc, OnceLock};

use daybook_bank::{Bank, BankCommand, BankEvent, BankRejection, BankState};
use daybook_command::{CommandApi, CommandRequest, serve};
use daybook_core::ids::Actor;
use daybook_core::personal::Personal;
use daybook_core::subject::SubjectId;
use daybook_core::system::{System, SystemCommand, SystemEvent, SystemRejection, SystemState};
use daybook_domains::READ_MODELS;
use daybook_parcels::{Custody, Parcel, ParcelCommand, ParcelError, ParcelEvent, ParcelId};
use daybook_proto::v1 as proto;
use daybook_runtime::status::invalid_argument;
use tonic::{Code, Status};

use crate::support::{Service, World, by, command_id, order, reason};

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

/// A request as another service's generated code would have it: accepts a parcel without naming its recipient.
struct ParcelRequest {
    context: Option<proto::CommandContext>,
    parcel_id: &'static str,
    to: Option<&'static str>,
}

impl CommandRequest for ParcelRequest {
    type Command = ParcelCommand;

    fn take_context(&mut self) -> Option<proto::CommandContext> {
        self.context.take()
    }

    fn into_command(self) -> Result<ParcelCommand, Status> {
        let parcel_id = ParcelId::new(self.parcel_id)
            .map_err(|error| invalid_argument("parcel_id", error.to_string()))?;
        Ok(match self.to {
            Some(to) => ParcelCommand::HandOver { parcel_id, to: Actor::new(to).unwrap() },
            None => ParcelCommand::Accept {
                parcel_id,
                recipient: SubjectId::new("bob").unwrap(),
                name: Personal::new("Bob").unwrap(),
            },
        })
    }
}

/// A command service of both, and the way in that the other domain's RPCs have.
async fn start(world: &World) -> (Service, CommandApi<Both>) {
    let log_url = world.postgres.url("daybook_command", "postgres");
    let settings = world.settings(&log_url, &["--snapshot-every", "2"]);
    let way_in = Arc::new(OnceLock::new());
    let given = Arc::clone(&way_in);
    let service = Service::start(|listener, stop| {
        let more = move |api: CommandApi<Both>, routes| {
            let _first = given.set(api);
            routes
        };
        serve(settings, Both::default(), &READ_MODELS, more, listener, stop)
    })
    .await;
    service.is_serving(true).await;
    let api = way_in.get().unwrap().clone();
    (service, api)
}

async fn send(
    api: &CommandApi<Both>,
    (actor, id): (&str, &str),
    parcel_id: &'static str,
    to: Option<&'static str>,
) -> Result<proto::Receipt, Status> {
    let request = ParcelRequest { context: command_id(id), parcel_id, to };
    api.execute(by(actor, request)).await
}

#[tokio::test]
async fn two_domains_that_know_nothing_of_each_other_share_one_log() {
    let world = World::new().await;
    let (service, api) = start(&world).await;
    service.open_accounts(&["alice"], 500).await;
    let accepted = send(&api, ("depot", "accept"), "p-1", None).await.unwrap();
    assert_eq!((accepted.position, accepted.streams[0].stream_id.as_str()), (3, "parcel-p-1"));
    let refused = send(&api, ("van-7", "steal"), "p-1", Some("van-8")).await.unwrap_err();
    assert_eq!(reason(&refused), (Code::FailedPrecondition, "NOT_THE_CUSTODIAN".to_owned()));
    let wrong = send(&api, ("depot", "wrong"), "a b", None).await.unwrap_err();
    assert_eq!(wrong.code(), Code::InvalidArgument);
    let given = send(&api, ("depot", "give"), "p-1", Some("van-7")).await.unwrap();
    assert_eq!(given.streams[0].version, 2);
    drop(api);
    service.stop().await;

    // What it remembers is read from the log, and from a snapshot.
    let (service, api) = start(&world).await;
    let retried = send(&api, ("depot", "give"), "p-1", Some("van-7")).await.unwrap();
    assert_eq!((retried.position, retried.replayed), (given.position, true));
    let refused = send(&api, ("depot", "give again"), "p-1", Some("van-8")).await.unwrap_err();
    assert_eq!(reason(&refused).1, "NOT_THE_CUSTODIAN");
    service.send(order::deposit("alice", 100)).await.unwrap();
    let types = world.event_types("parcel-p-1").await;
    assert_eq!(types, ["parcel-accepted", "parcel-handed-over"]);
    let snapshots = "SELECT state::text FROM log.snapshots WHERE stream_id = 'parcel-p-1'";
    let state: String = sqlx::query_scalar(snapshots).fetch_one(&world.admin).await.unwrap();
    assert_eq!(state, r#"{"recipient":"bob","custodian":"van-7"}"#);
    drop(api);
    service.stop().await;
}
