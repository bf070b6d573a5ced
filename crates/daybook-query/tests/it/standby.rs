//! Answers from a standby, which is one way to spread them.

use clap::Parser as _;
use daybook_proto::v1::query_service_client::QueryServiceClient;
use daybook_proto::v1::{GetAccountRequest, GetEventHistoryRequest};
use daybook_query::QuerySettings;
use daybook_testkit::{TestPostgres, eventually};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::world::{AccountRow, World};

#[tokio::test]
async fn a_standby_answers_from_the_read_models_and_from_the_log() {
    let world = World::start().await;
    let standby = TestPostgres::start_standby_of(&world.postgres).await;
    world.account(AccountRow::default()).await;
    world.append("account-alice", "account-opened", 0).await;
    let url = standby.url("daybook_query", "postgres");
    let settings = QuerySettings::try_parse_from(["daybook-query", "--log-database-url", &url]);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let stop = CancellationToken::new();
    let serving = tokio::spawn(daybook_query::run(settings.unwrap(), listener, stop.clone()));
    let client = QueryServiceClient::connect(address).await.unwrap();
    let account = GetAccountRequest { account_id: "alice".to_owned(), min_position: 0 };
    let stream_id = "account-alice".to_owned();
    let history = GetEventHistoryRequest { stream_id, ..Default::default() };
    eventually("the standby has it", std::time::Duration::from_secs(20), async || {
        let mut client = client.clone();
        client.get_account(account.clone()).await?;
        let events = client.get_event_history(history.clone()).await?.into_inner().events;
        anyhow::ensure!(events.len() == 1, "{} events", events.len());
        Ok(())
    })
    .await;
    stop.cancel();
    serving.await.unwrap().unwrap();
}
