//! GetAccount and ListAccounts.

use daybook_proto::v1::{
    Account, AccountStatus, GetAccountRequest, Hidden, ListAccountsRequest, ListAccountsResponse,
};
use prost_types::Timestamp;
use tonic::Code;

use crate::world::{AccountRow, World, info};

fn get(account_id: &str) -> GetAccountRequest {
    GetAccountRequest { account_id: account_id.to_owned(), min_position: 0 }
}

#[tokio::test]
async fn an_account_is_shown_as_it_stands() {
    let mut world = World::start().await;
    let row = AccountRow { balance: 500, held: 200, overdraft_limit: 50, ..Default::default() };
    world.account(row).await;
    world.checkpoints("accounts", 7).await;

    let answer = world.client.get_account(get("alice")).await.unwrap().into_inner();
    assert_eq!(answer.checkpoint, 7);
    let expected = Account {
        account_id: "alice".to_owned(),
        owner: "Owner of alice".to_owned(),
        currency: "USD".to_owned(),
        balance_minor_units: 500,
        held_minor_units: 200,
        available_minor_units: 350,
        overdraft_limit_minor_units: 50,
        status: AccountStatus::Open.into(),
        version: 3,
        opened_at: Some(Timestamp { seconds: 1_767_225_600, nanos: 0 }),
        updated_at: Some(Timestamp { seconds: 1_767_225_660, nanos: 0 }),
        owner_hidden: Hidden::Unspecified.into(),
    };
    assert_eq!(answer.account, Some(expected));
}

#[tokio::test]
async fn an_unknown_account_is_not_found() {
    let mut world = World::start().await;
    let status = world.client.get_account(get("nobody")).await.unwrap_err();
    assert_eq!(status.code(), Code::NotFound);
    assert_eq!(info(&status).reason, "ACCOUNT_NOT_FOUND");
    assert_eq!(info(&status).metadata["subject"], "nobody");
}

#[tokio::test]
async fn a_row_that_the_projector_never_wrote_is_data_loss() {
    let mut world = World::start().await;
    world.account(AccountRow { status: "dormant", ..Default::default() }).await;
    world
        .account(AccountRow {
            id: "rich",
            balance: i64::MAX,
            overdraft_limit: 1,
            ..Default::default()
        })
        .await;
    for account_id in ["alice", "rich"] {
        let status = world.client.get_account(get(account_id)).await.unwrap_err();
        assert_eq!(status.code(), Code::DataLoss, "{account_id}");
        assert_eq!(info(&status).reason, "READ_MODEL_CORRUPT");
    }
}

#[tokio::test]
async fn all_pages_of_a_list_of_accounts_are_one_big_page() {
    let mut world = World::start().await;
    world
        .sql(
            "INSERT INTO read.accounts_1
             SELECT 'a' || n, 0, 'o', (ARRAY['USD', 'EUR'])[1 + n % 2], n, 0, 0, (ARRAY['open', 'frozen', 'closed'])[1 + n % 3],
                 1, now(), now()
             FROM generate_series(1, 250) n",
        )
        .await;
    let filters = [
        ListAccountsRequest::default(),
        ListAccountsRequest { currency: "EUR".to_owned(), ..Default::default() },
        ListAccountsRequest { status: AccountStatus::Frozen.into(), ..Default::default() },
        ListAccountsRequest {
            currency: "USD".to_owned(),
            status: AccountStatus::Closed.into(),
            ..Default::default()
        },
    ];
    for (filter, count) in filters.into_iter().zip([250, 125, 84, 42]) {
        let whole =
            page(&mut world, ListAccountsRequest { page_size: 1000, ..filter.clone() }).await;
        assert_eq!(
            (whole.accounts.len(), whole.next_page_token.as_str()),
            (count, ""),
            "{filter:?}"
        );
        assert!(whole.accounts.is_sorted_by(|a, b| a.account_id < b.account_id));

        let mut request = ListAccountsRequest { page_size: 7, ..filter };
        let mut paged = Vec::new();
        loop {
            let answer = page(&mut world, request.clone()).await;
            paged.extend(answer.accounts);
            if answer.next_page_token.is_empty() {
                break;
            }
            request.page_token = answer.next_page_token;
        }
        assert_eq!(paged, whole.accounts);
    }
}

#[tokio::test]
async fn a_page_that_ends_with_the_last_account_has_no_next() {
    let mut world = World::start().await;
    for id in ["a", "b"] {
        world.account(AccountRow { id, ..Default::default() }).await;
    }
    let request = ListAccountsRequest { page_size: 2, ..Default::default() };
    assert_eq!(page(&mut world, request).await.next_page_token, "");
    let request = ListAccountsRequest { page_size: 1, ..Default::default() };
    assert_ne!(page(&mut world, request).await.next_page_token, "");
}

async fn page(world: &mut World, request: ListAccountsRequest) -> ListAccountsResponse {
    world.client.list_accounts(request).await.unwrap().into_inner()
}
