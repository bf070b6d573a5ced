//! `daybook verify` as a process: what it says of a stack that works, and of one in the middle of its work.

use std::sync::atomic::{AtomicBool, Ordering};

use daybook_testkit::servers::Service;
use serde_json::Value;

use crate::command_line::daybook;
use crate::world::World;

/// What a run of `daybook verify` said.
#[derive(Debug)]
pub(crate) struct Verified {
    pub(crate) code: Option<i32>,
    pub(crate) findings: Vec<Value>,
    pub(crate) summary: Value,
    pub(crate) printed: String,
}

/// Runs `daybook verify --json` with further arguments on one of the server's databases, as the projector's role.
pub(crate) async fn verify(world: &World, database: &str, arguments: &str) -> Verified {
    let url = world.stack.postgres.url(Service::Projector.role(), database);
    verify_as(&url, arguments).await
}

async fn verify_as(url: &str, arguments: &str) -> Verified {
    let environment = [("DAYBOOK_LOG_DATABASE_URL", url), ("DAYBOOK_READ_DATABASE_URL", url)];
    let arguments: Vec<_> =
        ["verify", "--json"].into_iter().chain(arguments.split_whitespace()).collect();
    let (code, printed) = daybook(&arguments, &environment).await;
    let objects: Vec<Value> =
        printed.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    let of =
        |kind: &'static str| objects.iter().filter_map(move |object| object.get(kind).cloned());
    Verified {
        code,
        findings: of("finding").collect(),
        summary: of("verified").next().unwrap_or_default(),
        printed,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_works_is_found_right_in_the_middle_of_its_work() {
    let mut world = World::with(&[(Service::Command, &["--snapshot-every", "3"])]).await;
    world.open_accounts(10).await;
    assert!(world.load(10, 300).await > 250);
    let stop = AtomicBool::new(false);
    let writing = async {
        let mut acknowledged = 0;
        while !stop.load(Ordering::SeqCst) {
            acknowledged += world.load(10, 100).await;
        }
        acknowledged
    };
    let verifying = async {
        for arguments in ["--all", "--sample 4", "--log-only --all", ""] {
            let verified = verify(&world, "daybook", arguments).await;
            assert_eq!(verified.code, Some(0), "{arguments}: {}", verified.printed);
            assert_eq!(verified.summary["findings_total"], 0);
            assert!(verified.summary["position"].as_i64() > Some(300), "{}", verified.printed);
            let compared = verified.summary["read_models"].as_array().unwrap();
            let models = if arguments.contains("log-only") { 0 } else { 7 };
            assert_eq!(compared.len(), models);
            assert!(compared.iter().all(|model| model["compared"] == true), "{compared:?}");
        }
        // The owner acts as the projector.
        let verified = verify_as(&world.stack.admin_url(), "").await;
        assert_eq!(verified.code, Some(0), "{}", verified.printed);
        stop.store(true, Ordering::SeqCst);
    };
    let ((), acknowledged) = tokio::join!(verifying, writing);
    assert!(acknowledged > 100, "{acknowledged}");
    let snapshots: i64 = sqlx::query_scalar("SELECT count(*) FROM log.snapshots")
        .fetch_one(&world.admin)
        .await
        .unwrap();
    assert!(snapshots > 10, "{snapshots} snapshots");
    let left: i64 = sqlx::query_scalar(
        "SELECT count(*) FROM pg_class WHERE relnamespace = 'read'::regnamespace AND relname ~ '_[2-9]$'",
    )
    .fetch_one(&world.admin)
    .await
    .unwrap();
    assert_eq!(left, 0, "tables of comparisons are left");
}
