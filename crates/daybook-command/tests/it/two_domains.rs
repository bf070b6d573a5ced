//! Another domain beside the bank, in one process and one log: what it takes, and what it gets.

mod lamps;

use std::sync::{Arc, OnceLock};

use daybook_bank::{Bank, BankCommand, BankEvent, BankRejection, BankState};
use daybook_command::{CommandApi, CommandRequest, serve};
use daybook_core::system::{System, SystemCommand, SystemEvent, SystemRejection, SystemState};
use daybook_domains::READ_MODELS;
use daybook_proto::v1 as proto;
use tonic::{Code, Status};

use self::lamps::{LampCommand, LampError, LampEvent, LampId, LampState, Lamps};
use crate::support::{Service, World, by, command_id, order, reason};

daybook_core::compose! {
    /// The bank and lamps.
    struct Both: BothCommand, BothEvent, BothState, BothRejection {
        /// Accounts and transfers.
        bank: Bank(Bank: BankCommand, BankEvent, BankState, BankRejection),
        /// Lamps.
        lamps: Lamps(Lamps: LampCommand, LampEvent, LampState, LampError),
        /// What operators tell the system.
        system: System(System: SystemCommand, SystemEvent, SystemState, SystemRejection),
    }
}

/// A request as another service's generated code would have it.
struct SwitchRequest {
    context: Option<proto::CommandContext>,
    lamp_id: &'static str,
    on: bool,
}

impl CommandRequest for SwitchRequest {
    type Command = LampCommand;

    fn take_context(&mut self) -> Option<proto::CommandContext> {
        self.context.take()
    }

    fn into_command(self) -> Result<LampCommand, Status> {
        let lamp_id = LampId::new(self.lamp_id).map_err(|error| {
            daybook_runtime::status::invalid_argument("lamp_id", error.to_string())
        })?;
        Ok(LampCommand::Switch { lamp_id, on: self.on })
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

async fn switch(
    api: &CommandApi<Both>,
    id: &str,
    lamp_id: &'static str,
    on: bool,
) -> Result<proto::Receipt, Status> {
    api.execute(by("ines", SwitchRequest { context: command_id(id), lamp_id, on })).await
}

#[tokio::test]
async fn two_domains_that_know_nothing_of_each_other_share_one_log() {
    let world = World::new().await;
    let (service, api) = start(&world).await;
    service.open_accounts(&["alice"], 500).await;
    let on = switch(&api, "on", "hall", true).await.unwrap();
    assert_eq!((on.position, on.streams[0].stream_id.as_str()), (3, "lamp-hall"));
    let refused = switch(&api, "again", "hall", true).await.unwrap_err();
    assert_eq!(reason(&refused), (Code::FailedPrecondition, "ALREADY_SO".to_owned()));
    let wrong = switch(&api, "wrong", "a b", true).await.unwrap_err();
    assert_eq!(wrong.code(), Code::InvalidArgument);
    let off = switch(&api, "off", "hall", false).await.unwrap();
    assert_eq!(off.streams[0].version, 2);
    drop(api);
    service.stop().await;

    // What it remembers is read from the log, and from a snapshot.
    let (service, api) = start(&world).await;
    let retried = switch(&api, "off", "hall", false).await.unwrap();
    assert_eq!((retried.position, retried.replayed), (off.position, true));
    let refused = switch(&api, "off again", "hall", false).await.unwrap_err();
    assert_eq!(reason(&refused).1, "ALREADY_SO");
    service.send(order::deposit("alice", 100)).await.unwrap();
    assert_eq!(world.event_types("lamp-hall").await, ["lamp-switched", "lamp-switched"]);
    let snapshots = "SELECT state::text FROM log.snapshots WHERE stream_id = 'lamp-hall'";
    let state: String = sqlx::query_scalar(snapshots).fetch_one(&world.admin).await.unwrap();
    assert_eq!(state, r#"{"on":false}"#);
    drop(api);
    service.stop().await;
}
