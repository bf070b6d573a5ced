//! Many commands of one actor over one call, each answered when it is settled.
//!
//! The service decides the commands of a call in the order in which they were sent, but only those that name the same
//! account or transfer can rely on it. Answers come in any order. When the call breaks, what was sent and not answered
//! may have had its effect; nothing here sends it again.

use daybook_proto::v1;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::transport::Channel;
use tonic::{Code, Request, Status, Streaming};
use v1::command_service_client::CommandServiceClient;
use v1::execute_stream_response::Outcome;

use super::{Actor, Command};

/// The sending half of a call. Dropped, it tells the service that nothing more comes: what is in hand is still answered.
#[derive(Debug)]
pub(crate) struct StreamSender(mpsc::Sender<v1::ExecuteStreamRequest>);

/// The answering half of a call. Dropped, it gives the call up.
#[derive(Debug)]
pub(crate) struct StreamAnswers(Streaming<v1::ExecuteStreamResponse>);

/// What became of one command.
#[derive(Debug)]
pub(crate) struct Answer {
    /// The number that it was sent with.
    pub(crate) sequence: i64,
    /// As its own RPC would have answered.
    pub(crate) outcome: Result<v1::Receipt, Status>,
}

/// The call has ended, or more was sent than its window allows; the command was not sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NotSent;

/// See [`super::CommandClient::stream`].
pub(super) fn open(
    mut client: CommandServiceClient<Channel>,
    actor: &Actor,
    window: usize,
) -> (StreamSender, impl Future<Output = Result<StreamAnswers, Status>> + Send + use<>) {
    let (sender, requests) = mpsc::channel(window);
    let mut request = Request::new(ReceiverStream::new(requests));
    actor.put_into(request.metadata_mut());
    let opening = async move {
        let answers = client.execute_stream(request).await?;
        Ok(StreamAnswers(answers.into_inner()))
    };
    (StreamSender(sender), opening)
}

impl StreamSender {
    /// Sends a command, without waiting.
    pub(crate) fn send(&self, sequence: i64, command: Command) -> Result<(), NotSent> {
        let command = Some(command.streamed());
        self.0.try_send(v1::ExecuteStreamRequest { sequence, command }).map_err(|_| NotSent)
    }
}

impl StreamAnswers {
    /// The next answer; `None` when the service has answered everything and no more was to come. May be dropped while it
    /// waits, without losing an answer.
    pub(crate) async fn next(&mut self) -> Result<Option<Answer>, Status> {
        let Some(response) = self.0.message().await? else { return Ok(None) };
        let outcome = match response.outcome {
            Some(Outcome::Receipt(receipt)) => Ok(receipt),
            Some(Outcome::Failure(failure)) => Err(status(failure)),
            None => Err(Status::internal("the service answered without an outcome")),
        };
        Ok(Some(Answer { sequence: response.sequence, outcome }))
    }
}

/// The status that the command's own RPC would have ended with, with its typed details.
fn status(failure: v1::CommandFailure) -> Status {
    let details = failure.status_details.into();
    Status::with_details(Code::from(failure.code), failure.message, details)
}
