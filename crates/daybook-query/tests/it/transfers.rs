//! GetTransfer and ListTransfers.

use daybook_proto::v1::{
    GetTransferRequest, Hidden, ListTransfersRequest, ListTransfersResponse, Money, Transfer,
    TransferStatus, TransferStep,
};
use prost_types::Timestamp;
use tonic::Code;

use crate::world::{TransferRow, World, info};

#[tokio::test]
async fn a_transfer_says_who_took_each_step_and_when() {
    let mut world = World::start().await;
    let (source, destination) = ("alice", "bob");
    let id = "t-1".to_owned();
    world.transfer(TransferRow { id, source, destination, status: "approved", position: 5 }).await;
    world.checkpoints("transfers", 9).await;

    let request = GetTransferRequest { transfer_id: "t-1".to_owned(), min_position: 0 };
    let answer = world.client.get_transfer(request).await.unwrap().into_inner();
    assert_eq!(answer.checkpoint, 9);
    let step = |status: TransferStatus, actor: &str, nanos, reason: &str, position| TransferStep {
        status: status.into(),
        actor: actor.to_owned(),
        recorded_at: Some(Timestamp { seconds: 1_767_225_600 + position - 5, nanos }),
        reason: reason.to_owned(),
        position,
        reason_hidden: Hidden::Unspecified.into(),
    };
    let expected = Transfer {
        transfer_id: "t-1".to_owned(),
        source_account_id: "alice".to_owned(),
        destination_account_id: "bob".to_owned(),
        amount: Some(Money { minor_units: 20_000, currency: "USD".to_owned() }),
        status: TransferStatus::Approved.into(),
        approval_required: true,
        steps: vec![
            step(TransferStatus::Initiated, "clerk", 0, "rent", 5),
            step(TransferStatus::Approved, "boss", 5_000, "", 6),
        ],
        version: 2,
    };
    assert_eq!(answer.transfer, Some(expected));
}

#[tokio::test]
async fn an_unknown_transfer_is_not_found() {
    let mut world = World::start().await;
    let request = GetTransferRequest { transfer_id: "t-1".to_owned(), min_position: 0 };
    let status = world.client.get_transfer(request).await.unwrap_err();
    assert_eq!(
        (status.code(), info(&status).reason.as_str()),
        (Code::NotFound, "TRANSFER_NOT_FOUND")
    );
}

#[tokio::test]
async fn all_pages_of_a_list_of_transfers_are_one_big_page_newest_first() {
    let mut world = World::start().await;
    let accounts = ["alice", "bob", "carol"];
    let statuses = ["initiated", "approved", "rejected", "cancelled", "executed"];
    for n in 0..60_usize {
        let (source, destination) = (accounts[n % 3], accounts[(n + 1) % 3]);
        let position = i64::try_from(n * 3 + 1).unwrap();
        let row = TransferRow {
            id: format!("t-{n}"),
            source,
            destination,
            status: statuses[n % 5],
            position,
        };
        world.transfer(row).await;
    }
    let executed = i32::from(TransferStatus::Executed);
    // account, status, how many of the 60
    for (account_id, status, count) in [
        ("", 0, 60),
        ("", executed, 12),
        ("alice", 0, 40),
        ("alice", executed, 8),
        ("nobody", 0, 0),
    ] {
        let filter = ListTransfersRequest {
            account_id: account_id.to_owned(),
            status,
            ..Default::default()
        };
        let big =
            page(&mut world, ListTransfersRequest { page_size: 1000, ..filter.clone() }).await;
        assert_eq!(big.transfers.len(), count, "{account_id} {status}");
        assert!(big.transfers.is_sorted_by(|a, b| a.steps[0].position > b.steps[0].position));

        let mut request = ListTransfersRequest { page_size: 7, ..filter };
        let mut paged = Vec::new();
        loop {
            let answer = page(&mut world, request.clone()).await;
            paged.extend(answer.transfers);
            if answer.next_page_token.is_empty() {
                break;
            }
            request.page_token = answer.next_page_token;
        }
        assert_eq!(paged, big.transfers);
    }
}

#[tokio::test]
async fn a_list_of_an_accounts_transfers_walks_both_indexes() {
    let world = World::start().await;
    world
        .sql(
            "INSERT INTO read.transfers_1
             SELECT 't' || n, 0, 'a' || n % 1000, 'b' || n % 997, 1, 'USD', 'executed', false, 2, n, '[]'
             FROM generate_series(1, 50000) n;
             ANALYZE read.transfers_1",
        )
        .await;
    let sql = include_str!("../../src/queries/sql/list_transfers_of_account.sql")
        .replace("{generation}", "1")
        .replace("$1", "9000000")
        .replace("$2", "51")
        .replace("$3", "'a7'")
        .replace("$4", "NULL");
    let explain = sqlx::AssertSqlSafe(format!("EXPLAIN {sql}"));
    let lines: Vec<String> = sqlx::query_scalar(explain).fetch_all(&world.admin).await.unwrap();
    let plan = lines.join("\n");
    assert!(!plan.contains("Seq Scan"), "{plan}");
    assert!(plan.contains("source_account_id_initiated_position_idx"), "{plan}");
    assert!(plan.contains("destination_account_id_initiated_position_idx"), "{plan}");
}

async fn page(world: &mut World, request: ListTransfersRequest) -> ListTransfersResponse {
    world.client.list_transfers(request).await.unwrap().into_inner()
}
