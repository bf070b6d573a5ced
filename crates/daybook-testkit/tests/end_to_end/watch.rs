//! `daybook projections --watch`, as a process whose output nobody sees on a terminal.

use anyhow::{Context as _, ensure};
use daybook_testkit::eventually;
use daybook_testkit::servers::Service;

use crate::operator::Running;
use crate::world::{BOUND, World};

/// The last line about `accounts`, as words.
fn last_line(watch: &Running) -> anyhow::Result<Vec<String>> {
    let printed = watch.printed();
    let line = printed.lines().rfind(|line| line.split(' ').nth(1) == Some("accounts"));
    Ok(line.context("no line about accounts")?.split(' ').map(str::to_owned).collect())
}

async fn wait_for(watch: &Running, words: &[&str]) {
    eventually(&format!("a line says {words:?}"), BOUND, async || {
        let line = last_line(watch)?;
        ensure!(words.iter().all(|word| line.iter().any(|said| said == word)), "{line:?}");
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn a_watch_says_again_and_again_how_far_each_projection_is_until_it_is_stopped() {
    let mut world = World::new().await;
    world.open_accounts(2).await;
    world.projected().await;
    let head = world.head().await;
    let mut watch = Running::start(&world, &["projections", "--watch", "--every", "1"]).await;
    let at = format!("head={head}");
    let checkpoint = format!("checkpoint={head}");
    wait_for(
        &watch,
        &["live", &at, &checkpoint, "lag_events=0", "lag_seconds=0.000", "projectors=1"],
    )
    .await;
    let first: i64 = last_line(&watch).unwrap()[0].parse().unwrap();

    // The log goes on, and nobody projects.
    world.stack.projector.terminate(BOUND).await.unwrap();
    assert!(world.load(2, 10).await > 5);
    let at = format!("head={}", world.head().await);
    wait_for(&watch, &[&at, &checkpoint, "projectors=0"]).await;
    let line = last_line(&watch).unwrap();
    assert!(line[0].parse::<i64>().unwrap() >= first, "{line:?}");
    assert!(!line.contains(&"lag_events=0".to_owned()), "{line:?}");
    for projection in ["account_entries", "daily_activity", "transfers"] {
        assert!(watch.printed().contains(&format!(" {projection} ")), "{}", watch.printed());
    }

    world.stack.start_again(Service::Projector).await.unwrap();
    world.projected().await;
    wait_for(&watch, &["live", &at, "lag_events=0", "projectors=1"]).await;
    let ended = watch.process.terminate(BOUND).await.unwrap();
    assert_eq!(ended.code(), Some(0), "{}", watch.printed());
}
