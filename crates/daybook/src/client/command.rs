//! A command of any kind, as it is sent.

use daybook_proto::v1;
use tonic::transport::Channel;
use tonic::{Request, Status};
use v1::command_service_client::CommandServiceClient;
use v1::execute_stream_request::Command as Streamed;

macro_rules! commands {
    ($($variant:ident = $name:literal, $request:ident, $rpc:ident;)*) => {
        /// A command of any kind: the request of its RPC.
        #[derive(Clone, Debug, PartialEq)]
        pub(crate) enum Command {
            $($variant(v1::$request),)*
        }

        impl Command {
            /// Its name in import files and reports.
            pub(crate) fn name(&self) -> &'static str {
                match self {
                    $(Self::$variant(_) => $name,)*
                }
            }

            /// As a message of `ExecuteStream`.
            pub(super) fn streamed(self) -> Streamed {
                match self {
                    $(Self::$variant(request) => Streamed::$variant(request),)*
                }
            }

            fn context_slot(&mut self) -> &mut Option<v1::CommandContext> {
                match self {
                    $(Self::$variant(request) => &mut request.context,)*
                }
            }

            fn context(&self) -> Option<&v1::CommandContext> {
                match self {
                    $(Self::$variant(request) => request.context.as_ref(),)*
                }
            }

            /// Sends it once; `dress` adds headers and the deadline.
            pub(super) async fn send(
                &self,
                mut client: CommandServiceClient<Channel>,
                dress: impl Fn(&mut tonic::metadata::MetadataMap),
            ) -> Result<v1::Receipt, Status> {
                let receipt = match self {
                    $(Self::$variant(request) => {
                        let mut request = Request::new(request.clone());
                        dress(request.metadata_mut());
                        client.$rpc(request).await?.into_inner().receipt
                    })*
                };
                receipt.ok_or_else(|| Status::internal("the service answered without a receipt"))
            }
        }
    };
}

commands! {
    OpenAccount = "open_account", OpenAccountRequest, open_account;
    Deposit = "deposit", DepositRequest, deposit;
    Withdraw = "withdraw", WithdrawRequest, withdraw;
    ChargeFee = "charge_fee", ChargeFeeRequest, charge_fee;
    Refund = "refund", RefundRequest, refund;
    FreezeAccount = "freeze_account", FreezeAccountRequest, freeze_account;
    UnfreezeAccount = "unfreeze_account", UnfreezeAccountRequest, unfreeze_account;
    CloseAccount = "close_account", CloseAccountRequest, close_account;
    InitiateTransfer = "initiate_transfer", InitiateTransferRequest, initiate_transfer;
    ApproveTransfer = "approve_transfer", ApproveTransferRequest, approve_transfer;
    RejectTransfer = "reject_transfer", RejectTransferRequest, reject_transfer;
    CancelTransfer = "cancel_transfer", CancelTransferRequest, cancel_transfer;
    ExecuteTransfer = "execute_transfer", ExecuteTransferRequest, execute_transfer;
    SkipProjectionEvent = "skip_projection_event", SkipProjectionEventRequest, skip_projection_event;
    RetryProjectionEvent = "retry_projection_event", RetryProjectionEventRequest, retry_projection_event;
}

impl Command {
    /// Its id; empty where it was given none.
    pub(crate) fn command_id(&self) -> &str {
        self.context().map_or("", |context| &context.command_id)
    }

    /// Gives it an id where it has none, so that it can be sent again.
    pub(crate) fn ensure_command_id(&mut self, new_id: impl FnOnce() -> String) {
        let context = self.context_slot().get_or_insert_default();
        if context.command_id.is_empty() {
            context.command_id = new_id();
        }
    }
}
