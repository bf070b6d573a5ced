//! The operator's command line, as processes: `daybook …` with its output.

use std::sync::{Arc, Mutex, PoisonError};

use daybook_testkit::servers::{Process, ProcessSpec, Service, service_binary};

use crate::world::World;

/// A command that runs, and what it has printed.
pub(crate) struct Running {
    pub(crate) process: Process,
    lines: Arc<Mutex<Vec<String>>>,
}

impl Running {
    /// `daybook` with these arguments, and with what an operator of this stack has in the environment.
    pub(crate) async fn start(world: &World, arguments: &[&str]) -> Self {
        let url = world.stack.postgres.url(Service::Projector.role(), "daybook");
        let spec = ProcessSpec::new(service_binary("daybook").unwrap())
            .env("DAYBOOK_COMMAND_URL", &world.stack.command_url)
            .env("DAYBOOK_QUERY_URL", &world.stack.query_url)
            .env("DAYBOOK_ACTOR", "otto")
            .env("DAYBOOK_LOG_DATABASE_URL", &url)
            .env("DAYBOOK_READ_DATABASE_URL", &url);
        let spec = arguments.iter().fold(spec, |spec, argument| spec.arg(argument));
        let lines = Arc::new(Mutex::new(Vec::new()));
        let sink = Arc::clone(&lines);
        let process = Process::start(&spec, move |line: &str| {
            sink.lock().unwrap_or_else(PoisonError::into_inner).push(line.to_owned());
        });
        Self { process: process.await.unwrap(), lines }
    }

    /// Waits for its end; gives its exit code and all that it printed.
    pub(crate) async fn end(mut self) -> (Option<i32>, String) {
        let status = self.process.wait().await.unwrap();
        (status.code(), self.printed())
    }

    pub(crate) fn printed(&self) -> String {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner).join("\n")
    }
}

/// `daybook rebuild --json` with further arguments.
pub(crate) async fn start_rebuild(world: &World, arguments: &str) -> Running {
    let arguments: Vec<_> =
        ["rebuild", "--json"].into_iter().chain(arguments.split_whitespace()).collect();
    Running::start(world, &arguments).await
}

/// Runs one that must succeed.
pub(crate) async fn rebuild(world: &World, arguments: &str) -> String {
    let (code, printed) = start_rebuild(world, arguments).await.end().await;
    assert_eq!(code, Some(0), "{arguments}: {printed}");
    printed
}

/// Runs one that must fail, by what it was asked for.
pub(crate) async fn refused_rebuild(world: &World, arguments: &str) -> String {
    let (code, printed) = start_rebuild(world, arguments).await.end().await;
    assert_eq!(code, Some(1), "{arguments}: {printed}");
    printed
}

/// `daybook projection …`; gives its exit code and what it said.
pub(crate) async fn decide(world: &World, arguments: &[&str]) -> (Option<i32>, String) {
    let arguments: Vec<_> = ["projection"].into_iter().chain(arguments.iter().copied()).collect();
    Running::start(world, &arguments).await.end().await
}

/// The current generation of a read model.
pub(crate) async fn generation(world: &World, projection: &str) -> i32 {
    sqlx::query_scalar("SELECT generation FROM read.projections WHERE projection = $1")
        .bind(projection)
        .fetch_one(&world.admin)
        .await
        .unwrap()
}
