//! Kept generations, and those that another version of the code filled.

use daybook_readmodels::rebuild::{RebuildOptions, Watch};

use super::rebuild::{business, named, rebuild, rebuild_all, text};
use super::support::World;
use super::support::ledger::Business;
use super::support::reference::assert_read_models_equal_the_log;

#[tokio::test]
async fn a_kept_generation_catches_up_and_is_current_again() {
    let mut world = World::start().await;
    let projector = world.projector().await;
    let mut ledger = Business::new(15, 8);
    business(&mut world, &mut ledger, 200).await;
    world.wait_until_level().await;
    let keep = RebuildOptions { keep_old: true, ..RebuildOptions::default() };
    rebuild_all(&world, keep).await;
    business(&mut world, &mut ledger, 200).await;
    world.wait_until_level().await;
    let watch = Watch::new().0;
    for (projection, expected) in [("accounts", 1), ("account_entries", 1), ("accounts", 2)] {
        let back = world.rebuilder().roll_back(&named(projection), &watch).await.unwrap();
        assert_eq!(back.to.0, expected);
        assert_eq!(world.generation(projection).await, expected);
        business(&mut world, &mut ledger, 50).await;
        assert_read_models_equal_the_log(&world).await;
    }
    projector.stop().await;
}

#[tokio::test]
async fn without_a_kept_generation_there_is_no_way_back() {
    let world = World::start().await;
    let error = world.rebuilder().roll_back(&named("accounts"), &Watch::new().0).await.unwrap_err();
    assert!(text(&error).contains("has no generation to go back to"), "{error}");
}

/// As after an upgrade that raised the version of `accounts`, or went back to a lower one.
#[tokio::test]
async fn what_another_version_filled_is_left_alone_until_it_is_rebuilt() {
    let mut world = World::start().await;
    let mut ledger = Business::new(20, 8);
    business(&mut world, &mut ledger, 50).await;
    world
        .execute(
            "UPDATE read.projections SET version = version + 1 WHERE projection = 'accounts';
             UPDATE read.generations SET version = version + 1 WHERE projection = 'accounts'",
        )
        .await;
    let projector = world.projector().await;
    world.wait_until_level().await;
    let told = "SELECT projection, count(*) FROM read.checkpoints GROUP BY 1 ORDER BY 1";
    let told = world.rows(told).await.join(" ");
    assert!(told.contains("account_entries") && !told.contains("\"accounts\""), "{told}");
    let rows: i64 = world.scalar("SELECT count(*) FROM read.accounts_1").await.unwrap();
    assert_eq!(rows, 0, "nobody writes into another version's rows");

    let verify = RebuildOptions { verify: true, ..RebuildOptions::default() };
    let error = rebuild(&world, &["accounts"], verify).await.unwrap_err();
    assert!(
        text(&error).contains("another version of its code filled the live generation"),
        "{error}"
    );
    let keep = RebuildOptions { keep_old: true, ..RebuildOptions::default() };
    rebuild(&world, &["accounts"], keep).await.unwrap();
    // The projector that runs takes the new generation on.
    business(&mut world, &mut ledger, 50).await;
    assert_read_models_equal_the_log(&world).await;
    let accounts = named("accounts");
    let error = world.rebuilder().roll_back(&accounts, &Watch::new().0).await.unwrap_err();
    let ours = accounts.version();
    let told = format!("was kept by version {} of its code, and this build has {ours}", ours + 1);
    assert!(text(&error).contains(&told), "{error}");
    projector.stop().await;
}
