//! Backups and dumps that were taken before somebody was forgotten: neither names them, nor brings them back.

use std::process::Command;

use anyhow::ensure;
use daybook_testkit::eventually;
use daybook_testkit::servers::{Service, postgres_bin_dir};

use crate::backup::{Backup, start_services};
use crate::forgetting::{
    ABOUT_ALICE, ABOUT_BOB, answers, business, forget, found_by_words, tables_with,
};
use crate::world::{BOUND, World};

/// How many of a subject's reasons have words that are looked for.
async fn indexed(world: &World, subject: &str) -> i64 {
    let sql = "SELECT count(*) FROM read.audit_1 WHERE subject_id = $1 AND words IS NOT NULL";
    sqlx::query_scalar(sql).bind(subject).fetch_one(&world.admin).await.unwrap()
}

/// The log goes back to before the act; the key store, which has backups of its own, does not.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn somebody_forgotten_after_a_backup_is_not_in_what_is_restored_from_it() {
    let mut world = World::with_keys().await;
    business(&mut world).await;
    world.projected().await;
    let head = world.head().await;
    Backup::Disk.take(&mut world).await;
    assert!(indexed(&world, "alice").await > 0);
    let (code, printed) = forget(&world, "alice").await;
    assert_eq!(code, Some(0), "{printed}");

    Backup::Disk.restore(&mut world).await;
    start_services(&mut world, &[Service::Query, Service::Projector, Service::Command]).await;
    assert_eq!(world.head().await, head, "the act is not in the log any more");
    // Before the projector serves.
    assert_eq!(indexed(&world, "alice").await, 0);
    assert!(indexed(&world, "bob").await > 0);
    let answered = answers(&world).await;
    for word in ABOUT_ALICE {
        assert_eq!(tables_with(&world.admin, word).await, [""; 0], "{word}");
        assert!(!answered.contains(word), "{word} is answered: {answered}");
        assert_eq!(found_by_words(&world, word).await, 0, "{word}");
    }
    for word in ABOUT_BOB {
        assert!(answered.contains(word), "{word} is gone, and bob was not forgotten");
    }
    assert_eq!(found_by_words(&world, "donum").await, 1);
}

/// The read models alone are taken back to before the erasure, under a projector that goes on.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn words_that_a_restore_brings_back_go_with_the_next_connection() {
    let mut world = World::with_keys().await;
    business(&mut world).await;
    world.projected().await;
    let keep =
        "CREATE TABLE kept AS SELECT position, words FROM read.audit_1 WHERE subject_id = 'alice'";
    sqlx::raw_sql(keep).execute(&world.admin).await.unwrap();
    let (code, printed) = forget(&world, "alice").await;
    assert_eq!(code, Some(0), "{printed}");
    world.projected().await;
    assert_eq!(indexed(&world, "alice").await, 0);
    let restore = "UPDATE read.audit_1 SET words = kept.words FROM kept WHERE audit_1.position = kept.position;
        SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'daybook_projector'";
    sqlx::raw_sql(restore).execute(&world.admin).await.unwrap();
    eventually("the words are gone again", BOUND, async || {
        let left = indexed(&world, "alice").await;
        ensure!(left == 0, "{left} rows");
        Ok(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dump_names_nobody_even_of_those_who_are_not_forgotten() {
    let mut world = World::with_keys().await;
    business(&mut world).await;
    world.projected().await;
    let dumped = Command::new(postgres_bin_dir().unwrap().join("pg_dump"))
        .args([
            "--schema",
            "read",
            "--schema",
            "log",
            "--inserts",
            "--dbname",
            &world.stack.admin_url(),
        ])
        .output()
        .unwrap();
    assert!(dumped.status.success(), "{}", String::from_utf8_lossy(&dumped.stderr));
    let dump = String::from_utf8(dumped.stdout).unwrap();
    for there in
        ["INSERT INTO read.accounts_1", "INSERT INTO read.audit_1", "INSERT INTO log.events"]
    {
        assert!(dump.contains(there), "{there}");
    }
    for word in ABOUT_ALICE.iter().chain(&ABOUT_BOB) {
        assert!(!dump.contains(word), "{word} is in the dump");
    }
}
