//! What a prover says of itself, and at a start that cannot succeed.

use std::time::Duration;

use clap::Parser as _;
use daybook_prover::Settings;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::world::World;

#[tokio::test]
async fn what_can_never_work_is_said_in_one_sentence_and_ends_the_service() {
    let world = World::start().await;
    world.postgres.ensure_database("empty").await.unwrap();
    world.postgres.allow_login("daybook_query").await.unwrap();
    let cases = [
        (world.postgres.url("daybook_prover", "empty"), "run `daybook migrate`"),
        (
            world.postgres.url("daybook_query", "postgres"),
            "does not let role `daybook_query` UPDATE proof.trees",
        ),
    ];
    for (url, sentence) in cases {
        let (key, state) = (world.key_path(), tempfile::tempdir().unwrap());
        let (key, state) = (key.to_str().unwrap(), state.path().join("state"));
        let state = state.to_str().unwrap();
        let settings = Settings::try_parse_from([
            "daybook-prover",
            "--first",
            "--log-database-url",
            &url,
            "--key-file",
            key,
            "--state-dir",
            state,
        ])
        .unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let running = daybook_prover::run(settings, listener, CancellationToken::new());
        let ended = tokio::time::timeout(Duration::from_secs(20), running).await;
        let text = format!("{:#}", ended.expect("ends by itself").expect_err("cannot work"));
        assert!(text.contains(sentence) && !text.contains('\n'), "{text}");
    }
}
