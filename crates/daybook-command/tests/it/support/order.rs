//! A command as a test says it: what, by whom, under which id, with which expectation.

use daybook_proto::v1 as proto;
use daybook_proto::v1::command_service_client::CommandServiceClient;
use daybook_proto::v1::expected_version::Kind;
use tonic::transport::Channel;
use tonic::{Request, Status};

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum What {
    Open { account: String, overdraft: i64 },
    Deposit { account: String, cents: i64 },
    Withdraw { account: String, cents: i64 },
    Fee { account: String, cents: i64 },
    Refund { account: String, cents: i64 },
    Freeze { account: String },
    Unfreeze { account: String },
    Close { account: String },
    Initiate { transfer: String, from: String, to: String, cents: i64 },
    Approve { transfer: String },
    Reject { transfer: String },
    Cancel { transfer: String },
    Execute { transfer: String },
}

/// See the module.
#[derive(Debug, Clone)]
pub(crate) struct Order {
    pub(crate) what: What,
    pub(crate) actor: String,
    pub(crate) context: proto::CommandContext,
    /// The `grpc-timeout` header.
    timeout: Option<String>,
}

impl Order {
    /// An order by alice, under an id that the service makes up.
    pub(crate) fn new(what: What) -> Self {
        let context = proto::CommandContext::default();
        Self { what, actor: "alice".to_owned(), context, timeout: None }
    }

    pub(crate) fn by(mut self, actor: &str) -> Self {
        self.actor = actor.to_owned();
        self
    }

    pub(crate) fn id(mut self, command_id: impl Into<String>) -> Self {
        self.context.command_id = command_id.into();
        self
    }

    pub(crate) fn expecting(mut self, kind: Kind) -> Self {
        self.context.expected_version = Some(proto::ExpectedVersion { kind: Some(kind) });
        self
    }

    pub(crate) fn expecting_version(self, version: i64) -> Self {
        self.expecting(Kind::Exact(version))
    }

    /// Tells the service how long the caller waits.
    pub(crate) fn within_ms(mut self, ms: u64) -> Self {
        self.timeout = Some(format!("{ms}m"));
        self
    }

    fn request<T>(&self, message: T) -> Request<T> {
        let mut request = Request::new(message);
        request.metadata_mut().insert("x-daybook-actor", self.actor.parse().unwrap());
        if let Some(timeout) = &self.timeout {
            request.metadata_mut().insert("grpc-timeout", timeout.parse().unwrap());
        }
        request
    }

    /// Sends it and waits for the receipt.
    pub(crate) async fn send(
        self,
        mut client: CommandServiceClient<Channel>,
    ) -> Result<proto::Receipt, Status> {
        /// One call: its method, its message, its context put in.
        macro_rules! call {
            ($method:ident, $message:ident { $($field:ident: $value:expr),* }) => {{
                let context = Some(self.context.clone());
                let message = proto::$message { context, $($field: $value),* };
                client.$method(self.request(message)).await?.into_inner().receipt
            }};
        }
        let usd =
            |cents: &i64| Some(proto::Money { minor_units: *cents, currency: "USD".to_owned() });
        let receipt = match &self.what {
            What::Open { account, overdraft } => call!(
                open_account,
                OpenAccountRequest {
                    account_id: account.clone(),
                    owner: "Somebody".to_owned(),
                    currency: "USD".to_owned(),
                    overdraft_limit_minor_units: *overdraft
                }
            ),
            What::Deposit { account, cents } => {
                call!(deposit, DepositRequest { account_id: account.clone(), amount: usd(cents) })
            }
            What::Withdraw { account, cents } => {
                call!(withdraw, WithdrawRequest { account_id: account.clone(), amount: usd(cents) })
            }
            What::Fee { account, cents } => call!(
                charge_fee,
                ChargeFeeRequest { account_id: account.clone(), amount: usd(cents) }
            ),
            What::Refund { account, cents } => call!(
                refund,
                RefundRequest {
                    account_id: account.clone(),
                    amount: usd(cents),
                    customer: "Customer".to_owned()
                }
            ),
            What::Freeze { account } => {
                call!(freeze_account, FreezeAccountRequest { account_id: account.clone() })
            }
            What::Unfreeze { account } => {
                call!(unfreeze_account, UnfreezeAccountRequest { account_id: account.clone() })
            }
            What::Close { account } => {
                call!(close_account, CloseAccountRequest { account_id: account.clone() })
            }
            What::Initiate { transfer, from, to, cents } => {
                call!(
                    initiate_transfer,
                    InitiateTransferRequest {
                        source_account_id: from.clone(),
                        transfer_id: transfer.clone(),
                        destination_account_id: to.clone(),
                        amount: usd(cents)
                    }
                )
            }
            What::Approve { transfer } => {
                call!(approve_transfer, ApproveTransferRequest { transfer_id: transfer.clone() })
            }
            What::Reject { transfer } => {
                call!(reject_transfer, RejectTransferRequest { transfer_id: transfer.clone() })
            }
            What::Cancel { transfer } => {
                call!(cancel_transfer, CancelTransferRequest { transfer_id: transfer.clone() })
            }
            What::Execute { transfer } => {
                call!(execute_transfer, ExecuteTransferRequest { transfer_id: transfer.clone() })
            }
        };
        Ok(receipt.expect("an answer has a receipt"))
    }
}

pub(crate) fn open(account: &str) -> Order {
    Order::new(What::Open { account: account.to_owned(), overdraft: 0 })
}

pub(crate) fn deposit(account: &str, cents: i64) -> Order {
    Order::new(What::Deposit { account: account.to_owned(), cents })
}

pub(crate) fn withdraw(account: &str, cents: i64) -> Order {
    Order::new(What::Withdraw { account: account.to_owned(), cents })
}

pub(crate) fn initiate(transfer: &str, from: &str, to: &str, cents: i64) -> Order {
    Order::new(What::Initiate {
        transfer: transfer.to_owned(),
        from: from.to_owned(),
        to: to.to_owned(),
        cents,
    })
}

pub(crate) fn approve(transfer: &str) -> Order {
    Order::new(What::Approve { transfer: transfer.to_owned() })
}

pub(crate) fn execute(transfer: &str) -> Order {
    Order::new(What::Execute { transfer: transfer.to_owned() })
}

pub(crate) fn freeze(account: &str) -> Order {
    Order::new(What::Freeze { account: account.to_owned() })
}
