//! The address of the log leads to a standby for a while, as it does in a failover: nothing is recorded there, and the service
//! goes on as soon as the address leads to the primary.

use std::time::Duration;

use daybook_testkit::{TestPostgres, TestProxy};
use tonic::Code;

use crate::support::{World, order};

#[tokio::test]
async fn an_address_that_leads_to_a_standby_for_a_while_holds_up_commands_and_nothing_else() {
    let world = World::new().await;
    let standby = TestPostgres::start_standby_of(&world.postgres).await;
    let proxy = TestProxy::to(standby.port()).await;
    let direct = world.postgres.url("daybook_command", "postgres");
    let url = proxy.url(&direct, world.postgres.port());

    // At the start.
    let bank = world.service_at(&url, &[]).await;
    tokio::time::timeout(Duration::from_secs(2), bank.is_serving(true)).await.unwrap_err();
    proxy.point_to(world.postgres.port());
    bank.is_serving(true).await;
    bank.open_accounts(&["a"], 100).await;

    // In the middle: connections are cut when the address moves away, and stay where they are when it comes back.
    proxy.point_to(standby.port());
    proxy.cut();
    let order = order::deposit("a", 2).id("once");
    let status = bank.send(order.clone().within_ms(1500)).await.unwrap_err();
    assert_eq!(status.code(), Code::Unavailable, "{status}");
    proxy.point_to(world.postgres.port());
    bank.send_until_certain(order).await.unwrap();
    bank.is_serving(true).await;
    assert_eq!(world.ledger().await.balance("a"), 102);
    bank.stop().await;
}
