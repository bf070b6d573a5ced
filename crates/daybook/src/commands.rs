//! One file a verb: its flags and what it does.

pub(crate) mod accept_time;
pub(crate) mod account;
pub(crate) mod activity;
pub(crate) mod audit;
pub(crate) mod bench;
pub(crate) mod completions;
pub(crate) mod demo;
pub(crate) mod dev;
pub(crate) mod evidence;
pub(crate) mod explain;
pub(crate) mod export;
pub(crate) mod forget;
mod freshness;
pub(crate) mod health;
pub(crate) mod history;
pub(crate) mod import;
mod interrupts;
mod list;
pub(crate) mod migrate;
pub(crate) mod money;
mod progress;
pub(crate) mod projection;
pub(crate) mod projections;
pub(crate) mod proof;
pub(crate) mod rebuild;
pub(crate) mod restore_events;
pub(crate) mod state;
pub(crate) mod statement;
pub(crate) mod transfer;
pub(crate) mod trial_balance;
pub(crate) mod verify;

pub(crate) use freshness::AsOf;
pub(crate) use interrupts::Interrupts;

use crate::cli::{Cli, Globals, Verb};
use crate::client::{Command, CommandClient, QueryClient};
use crate::failure::Failure;
use crate::output::{Printer, ReceiptView, Record};

/// Does what was typed.
pub(crate) async fn run(cli: Cli) -> Result<(), Failure> {
    let verb = match cli.verb {
        // They need neither of the two services, and so no address of one.
        Verb::Completions(args) => return completions::run(&args),
        Verb::Health(args) => return health::run(&cli.globals, args).await,
        verb => verb,
    };
    let session = Session::new(cli.globals)?;
    match verb {
        Verb::Completions(_) | Verb::Health(_) => Ok(()),
        Verb::Account(verb) => account::run(&session, verb).await,
        Verb::Deposit(args) => money::deposit(&session, args).await,
        Verb::Withdraw(args) => money::withdraw(&session, args).await,
        Verb::Fee(args) => money::charge_fee(&session, args).await,
        Verb::Refund(args) => money::refund(&session, args).await,
        Verb::Transfer(verb) => transfer::run(&session, verb).await,
        Verb::Statement(args) => statement::run(&session, args).await,
        Verb::History(args) => history::run(&session, args).await,
        Verb::Activity(args) => activity::run(&session, args).await,
        Verb::Explain(args) => explain::run(&session, args).await,
        Verb::State(args) => state::run(&session, args).await,
        Verb::Audit(args) => audit::run(&session, args).await,
        Verb::TrialBalance(args) => trial_balance::run(&session, args).await,
        Verb::Projections(args) => projections::run(&session, args).await,
        Verb::Projection(verb) => projection::run(&session, verb).await,
        Verb::AcceptTime(args) => accept_time::run(&session, args).await,
        Verb::Forget(args) => forget::run(&session, args).await,
        Verb::Proof(verb) => proof::run(&session, verb).await,
        Verb::Evidence(args) => evidence::run(&session, args).await,
        Verb::Import(args) => import::run(&session, args).await,
        Verb::Rebuild(args) => rebuild::run(&session, args).await,
        Verb::Verify(args) => verify::run(&session, args).await,
        Verb::Export(args) => export::run(args).await,
        Verb::RestoreEvents(args) => restore_events::run(&session, args).await,
        Verb::Migrate(args) => migrate::run(&session, args).await,
        Verb::Dev(args) => dev::run(&session, args).await,
        Verb::Demo(args) => demo::run(&session, args).await,
        Verb::Bench(args) => bench::run(&session, args).await,
    }
}

/// What every verb works with.
pub(crate) struct Session {
    pub(crate) globals: Globals,
    pub(crate) command: CommandClient,
    pub(crate) query: QueryClient,
    pub(crate) printer: Printer,
}

impl Session {
    fn new(globals: Globals) -> Result<Self, Failure> {
        Ok(Self {
            command: CommandClient::new(&globals.command_url, 1, globals.budget())?,
            query: QueryClient::new(&globals.query_url, globals.budget())?,
            printer: Printer { json: globals.json },
            globals,
        })
    }

    /// Prints one thing as it was at `checkpoint`.
    async fn show<T: Record>(&self, record: &T, checkpoint: i64) -> Result<(), Failure> {
        Ok(self.printer.record_as_of(record, &self.as_of(checkpoint).await)?)
    }

    /// Sends a command and prints its receipt.
    async fn execute(&self, command: Command) -> Result<(), Failure> {
        let actor = self.globals.actor()?;
        let receipt = self.command.send(&actor, command).await?;
        self.remember(&receipt.log_history, receipt.position);
        Ok(self.printer.record(&ReceiptView::from(receipt))?)
    }
}
