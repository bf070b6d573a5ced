//! What cannot be right is refused with the field that is wrong, and leaves no trace.

use daybook_proto::v1 as proto;
use daybook_proto::v1::command_service_client::CommandServiceClient;
use daybook_proto::v1::expected_version::Kind;
use tonic::client::Grpc;
use tonic::codegen::http::uri::PathAndQuery;
use tonic::metadata::MetadataValue;
use tonic::transport::Channel;
use tonic::{Code, Request, Status};
use tonic_prost::ProstCodec;
use tonic_types::StatusExt as _;

use crate::support::{World, by, order, reason, usd};

/// The fields of every request; each is right until a test spoils it.
#[derive(Debug, Clone)]
struct Fields {
    context: Option<proto::CommandContext>,
    account: String,
    other: String,
    transfer: String,
    text: String,
    currency: String,
    overdraft: i64,
    amount: Option<proto::Money>,
}

fn right() -> Fields {
    Fields {
        context: None,
        account: "a".to_owned(),
        other: "b".to_owned(),
        transfer: "t".to_owned(),
        text: "Somebody".to_owned(),
        currency: "USD".to_owned(),
        overdraft: 0,
        amount: usd(1),
    }
}

const RPCS: [&str; 13] = [
    "open", "deposit", "withdraw", "fee", "refund", "freeze", "unfreeze", "close", "initiate",
    "approve", "reject", "cancel", "execute",
];
const ON_ACCOUNTS: [&str; 8] =
    ["open", "deposit", "withdraw", "fee", "refund", "freeze", "unfreeze", "close"];
const ON_TRANSFERS: [&str; 4] = ["approve", "reject", "cancel", "execute"];
const WITH_AMOUNT: [&str; 5] = ["deposit", "withdraw", "fee", "refund", "initiate"];

/// Calls an RPC with these fields and returns what it was refused with.
async fn refusal(client: &mut CommandServiceClient<Channel>, rpc: &str, fields: &Fields) -> Status {
    let f = fields.clone();
    let (context, account_id, transfer_id) = (f.context, f.account, f.transfer);
    let amount = f.amount;
    macro_rules! call {
        ($method:ident, $message:ident { $($field:ident),* $(; $name:ident: $value:expr)* }) => {
            client
                .$method(by("alice", proto::$message { $($field,)* $($name: $value,)* }))
                .await
                .map(|_| ())
        };
    }
    let answer = match rpc {
        "open" => call!(open_account, OpenAccountRequest {
            context, account_id; owner: f.text; currency: f.currency;
            overdraft_limit_minor_units: f.overdraft
        }),
        "deposit" => call!(deposit, DepositRequest { context, account_id, amount }),
        "withdraw" => call!(withdraw, WithdrawRequest { context, account_id, amount }),
        "fee" => call!(charge_fee, ChargeFeeRequest { context, account_id, amount }),
        "refund" => call!(refund, RefundRequest { context, account_id, amount; customer: f.text }),
        "freeze" => call!(freeze_account, FreezeAccountRequest { context, account_id }),
        "unfreeze" => call!(unfreeze_account, UnfreezeAccountRequest { context, account_id }),
        "close" => call!(close_account, CloseAccountRequest { context, account_id }),
        "initiate" => call!(initiate_transfer, InitiateTransferRequest {
            context, transfer_id, amount; source_account_id: account_id;
            destination_account_id: f.other
        }),
        "approve" => call!(approve_transfer, ApproveTransferRequest { context, transfer_id }),
        "reject" => call!(reject_transfer, RejectTransferRequest { context, transfer_id }),
        "cancel" => call!(cancel_transfer, CancelTransferRequest { context, transfer_id }),
        "execute" => call!(execute_transfer, ExecuteTransferRequest { context, transfer_id }),
        other => panic!("no such RPC: {other}"),
    };
    answer.expect_err(&format!("{rpc} {fields:?} was accepted"))
}

/// Each of `rpcs` with these fields is refused as malformed, naming `field`.
async fn check(
    client: &mut CommandServiceClient<Channel>,
    rpcs: &[&str],
    fields: &Fields,
    field: &str,
) {
    for rpc in rpcs {
        let status = refusal(client, rpc, fields).await;
        let what = format!("{rpc} {field}: {status}");
        assert_eq!(reason(&status), (Code::InvalidArgument, "INVALID_FIELD".to_owned()), "{what}");
        let details = status.get_error_details();
        let violations = &details.bad_request().unwrap().field_violations;
        assert_eq!(violations[0].field, field, "{what}");
        assert!(!violations[0].description.is_empty() && status.message().contains(field));
        assert!(status.message().len() < 500, "a long answer to a long mistake: {what}");
    }
}

#[tokio::test]
async fn a_malformed_field_is_refused_by_every_rpc_and_named() {
    let world = World::new().await;
    let mut bank = world.ready_service(&[]).await;
    bank.open_accounts(&["a", "b"], 1000).await;
    let before = world.event_count().await;
    let client = &mut bank.client;

    let long = "x".repeat(101);
    for id in ["", &long, "a b", "a/b", "a\0", "a\nb", "{1}", "*", "Ä", "../a", "a,b", "=1+1", " a"]
    {
        let id = id.to_owned();
        let wrong = Fields { account: id.clone(), ..right() };
        check(client, &ON_ACCOUNTS, &wrong, "account_id").await;
        check(client, &["initiate"], &wrong, "source_account_id").await;
        let wrong = Fields { other: id.clone(), ..right() };
        check(client, &["initiate"], &wrong, "destination_account_id").await;
        let wrong = Fields { transfer: id, ..right() };
        check(client, &ON_TRANSFERS, &wrong, "transfer_id").await;
        check(client, &["initiate"], &wrong, "transfer_id").await;
    }
    for text in ["", "a\0b", "a\nb", "\u{1b}[31m", &"x".repeat(1001), &"é".repeat(501)] {
        let wrong = Fields { text: text.to_owned(), ..right() };
        check(client, &["open"], &wrong, "owner").await;
        check(client, &["refund"], &wrong, "customer").await;
    }
    for code in ["", "usd", "XXX", "XAU", "US", "USDD", "U5D", "ÜSD", "USD ", "\0\0\0"] {
        let wrong = Fields { currency: code.to_owned(), ..right() };
        check(client, &["open"], &wrong, "currency").await;
        let amount = proto::Money { minor_units: 1, currency: code.to_owned() };
        let wrong = Fields { amount: Some(amount), ..right() };
        check(client, &WITH_AMOUNT, &wrong, "amount.currency").await;
    }
    check(client, &WITH_AMOUNT, &Fields { amount: None, ..right() }, "amount").await;
    for cents in [0, -1, i64::MIN] {
        let wrong = Fields { amount: usd(cents), ..right() };
        check(client, &WITH_AMOUNT, &wrong, "amount.minor_units").await;
    }
    for overdraft in [-1, i64::MIN] {
        let wrong = Fields { overdraft, ..right() };
        check(client, &["open"], &wrong, "overdraft_limit_minor_units").await;
    }
    assert_eq!(world.event_count().await, before);
}

#[tokio::test]
async fn a_malformed_context_is_refused_by_every_rpc_and_named() {
    let world = World::new().await;
    let mut bank = world.ready_service(&[]).await;
    let client = &mut bank.client;
    let with = |change: &dyn Fn(&mut proto::CommandContext)| {
        let mut context = proto::CommandContext::default();
        change(&mut context);
        Fields { context: Some(context), ..right() }
    };
    let mut ids =
        ["a\0", "a\r\nb", "\u{7f}", "a\u{200b}", "\u{202e}a", "a\u{feff}", "\u{e000}", "a\u{a0}b"]
            .map(str::to_owned)
            .to_vec();
    ids.push("x".repeat(201));
    for id in ids {
        let wrong = with(&|context| context.command_id.clone_from(&id));
        check(client, &RPCS, &wrong, "context.command_id").await;
        let wrong = with(&|context| context.correlation_id.clone_from(&id));
        check(client, &RPCS, &wrong, "context.correlation_id").await;
        let wrong = with(&|context| context.causation_id.clone_from(&id));
        check(client, &RPCS, &wrong, "context.causation_id").await;
    }
    for text in ["a\0".to_owned(), "x".repeat(1001), "x".repeat(32 * 1024)] {
        let wrong = with(&|context| context.reason.clone_from(&text));
        check(client, &RPCS, &wrong, "context.reason").await;
    }
    for (kind, field) in [
        (Kind::Exact(0), "exact"),
        (Kind::Exact(-1), "exact"),
        (Kind::Exact(i64::MIN), "exact"),
        (Kind::NoStream(false), "no_stream"),
        (Kind::StreamExists(false), "stream_exists"),
    ] {
        let expected = Some(proto::ExpectedVersion { kind: Some(kind) });
        let wrong = with(&|context| context.expected_version = expected);
        check(client, &RPCS, &wrong, &format!("context.expected_version.{field}")).await;
    }
    // More than any request may have.
    let wrong = with(&|context| context.reason = "x".repeat(5 * 1024 * 1024));
    for rpc in RPCS {
        let status = refusal(client, rpc, &wrong).await;
        assert!(
            matches!(status.code(), Code::OutOfRange | Code::ResourceExhausted),
            "{rpc}: {status}"
        );
    }
    assert_eq!(world.event_count().await, 0);
}

#[tokio::test]
async fn nobody_does_anything_without_saying_who_he_is() {
    let world = World::new().await;
    let mut bank = world.ready_service(&[]).await;
    let nobody: [Option<&[u8]>; 7] = [
        None,
        Some(b""),
        Some(b" "),
        Some(b"\t"),
        Some("zo\u{e9}".as_bytes()),
        Some(b" alice"),
        Some(&[b'x'; 201]),
    ];
    for actor in nobody {
        let mut request = Request::new(crate::support::open("a"));
        if let Some(actor) = actor {
            let actor = MetadataValue::try_from(actor).unwrap();
            request.metadata_mut().insert("x-daybook-actor", actor);
        }
        let status = bank.client.open_account(request).await.unwrap_err();
        let expected = (Code::Unauthenticated, "NO_ACTOR".to_owned());
        assert_eq!(reason(&status), expected, "{actor:?}: {status}");
    }
    // Before anything else is said of the request.
    let mut wrong = crate::support::open("");
    wrong.context = crate::support::command_id("\0");
    let status = bank.client.open_account(Request::new(wrong)).await.unwrap_err();
    assert_eq!(status.code(), Code::Unauthenticated, "{status}");
    assert_eq!(world.event_count().await, 0);
}

#[tokio::test]
async fn g10_sums_that_do_not_fit_are_refused_and_never_wrapped() {
    let world = World::new().await;
    let mut bank = world.ready_service(&["--approval-not-needed-below", "USD=1.00"]).await;
    bank.open_accounts(&["a", "b"], 0).await;
    bank.send(order::deposit("a", i64::MAX)).await.unwrap();
    for cents in [1, i64::MAX] {
        let status = bank.send(order::deposit("a", cents)).await.unwrap_err();
        let expected = (Code::FailedPrecondition, "BALANCE_OVERFLOW".to_owned());
        assert_eq!(reason(&status), expected, "{status}");
    }
    // A credit by transfer is one as well, and is refused before any of its streams moves.
    bank.send(order::deposit("b", 5)).await.unwrap();
    bank.send(order::initiate("t", "b", "a", 5)).await.unwrap();
    let status = bank.send(order::execute("t")).await.unwrap_err();
    assert_eq!(reason(&status).1, "BALANCE_OVERFLOW");
    bank.send(order::withdraw("a", i64::MAX)).await.unwrap();
    bank.send(order::execute("t")).await.unwrap();
    let ledger = world.ledger().await;
    assert_eq!((ledger.balance("a"), ledger.balance("b")), (5, 0));

    // What only the account's state can tell is wrong names the field as well.
    let euros = Some(proto::Money { minor_units: 1, currency: "EUR".to_owned() });
    for rpc in WITH_AMOUNT {
        let wrong = Fields { amount: euros.clone(), transfer: "u".to_owned(), ..right() };
        let status = refusal(&mut bank.client, rpc, &wrong).await;
        assert_eq!(reason(&status), (Code::InvalidArgument, "CURRENCY_MISMATCH".to_owned()));
        let details = status.get_error_details();
        assert_eq!(details.bad_request().unwrap().field_violations[0].field, "amount.currency");
    }
    let wrong = Fields { other: "a".to_owned(), transfer: "u".to_owned(), ..right() };
    let status = refusal(&mut bank.client, "initiate", &wrong).await;
    assert_eq!(reason(&status), (Code::InvalidArgument, "SAME_ACCOUNT".to_owned()));
}

/// A message of another type, whose first field has another form on the wire.
#[tokio::test]
async fn a_request_that_is_no_message_is_the_callers_mistake() {
    let world = World::new().await;
    let bank = world.ready_service(&[]).await;
    let wrong = || proto::Receipt { position: 7, ..Default::default() };
    let mut client = Grpc::new(bank.channel.clone());
    client.ready().await.unwrap();
    let deposit = PathAndQuery::from_static("/daybook.v1.CommandService/Deposit");
    let codec = ProstCodec::<_, proto::DepositResponse>::default();
    let refused = client.unary(by("alice", wrong()), deposit, codec).await.unwrap_err();
    assert_eq!(reason(&refused), (Code::InvalidArgument, "MALFORMED_REQUEST".to_owned()));

    client.ready().await.unwrap();
    let stream = PathAndQuery::from_static("/daybook.v1.CommandService/ExecuteStream");
    let codec = ProstCodec::<_, proto::ExecuteStreamResponse>::default();
    let requests =
        by("alice", tokio_stream::iter([proto::Money { currency: "x".into(), minor_units: 0 }]));
    let mut answers = client.streaming(requests, stream, codec).await.unwrap().into_inner();
    let refused = answers.message().await.unwrap_err();
    assert_eq!(reason(&refused), (Code::InvalidArgument, "MALFORMED_REQUEST".to_owned()));
}

/// Percent-encoded, in one normal form, and told apart by what is seen.
#[tokio::test]
async fn an_actor_may_have_any_script_and_has_one_spelling() {
    let world = World::new().await;
    let mut bank = world.ready_service(&[]).await;
    for (n, (header, recorded)) in [
        ("Jos%C3%A9", "José"),
        ("Jose%CC%81", "José"),
        ("%E5%B1%B1%E7%94%B0", "山田"),
        ("100%25", "100%"),
        ("ann@example.com", "ann@example.com"),
    ]
    .into_iter()
    .enumerate()
    {
        let id = format!("a{n}");
        let mut request = Request::new(crate::support::open(&id));
        request.metadata_mut().insert("x-daybook-actor", MetadataValue::try_from(header).unwrap());
        bank.client.open_account(request).await.unwrap();
        let actor: String = sqlx::query_scalar(
            "SELECT metadata ->> 'actor' FROM log.events WHERE stream_id = 'account-' || $1",
        )
        .bind(&id)
        .fetch_one(&world.admin)
        .await
        .unwrap();
        assert_eq!(actor, recorded, "{header}");
    }
    for header in ["%", "5%of", "%C3", "%00", "%0A", "%20ann", "a%E2%80%8Bb", "%E2%80%AEann"] {
        let mut request = Request::new(crate::support::open("b"));
        request.metadata_mut().insert("x-daybook-actor", MetadataValue::try_from(header).unwrap());
        let status = bank.client.open_account(request).await.unwrap_err();
        assert_eq!(status.code(), Code::Unauthenticated, "{header}: {status}");
    }
}
