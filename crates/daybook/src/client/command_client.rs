//! Sends commands: with their actor, over one or several connections, again where there was no answer.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use daybook_proto::v1;
use tonic::transport::Channel;
use tonic::{Request, Status};
use v1::command_service_client::CommandServiceClient;

use super::retry::{self, CallError};
use super::stream::{self, StreamAnswers, StreamSender};
use super::{Actor, Command, Service, channel, new_command_id};
use crate::failure::Failure;

/// The command service, as seen from here. Clones share the connections.
#[derive(Clone)]
pub(crate) struct CommandClient {
    connections: Arc<[CommandServiceClient<Channel>]>,
    next: Arc<AtomicUsize>,
    url: Arc<str>,
    budget: Duration,
}

impl CommandClient {
    /// Nothing is connected before the first call. `budget` bounds all attempts of one command together.
    pub(crate) fn new(url: &str, connections: usize, budget: Duration) -> Result<Self, Failure> {
        let connections = (0..connections.max(1))
            .map(|_| channel(Service::Command, url).map(CommandServiceClient::new))
            .collect::<Result<Vec<_>, _>>()?;
        Ok(Self { connections: connections.into(), next: Arc::default(), url: url.into(), budget })
    }

    /// Sends a command until there is an answer or the time is up.
    pub(crate) async fn send(
        &self,
        actor: &Actor,
        mut command: Command,
    ) -> Result<v1::Receipt, CallError> {
        command.ensure_command_id(new_command_id);
        let sent = retry::call(self.budget, |attempt| {
            let dress = move |headers: &mut tonic::metadata::MetadataMap| {
                actor.put_into(headers);
                retry::put_deadline(headers, attempt);
            };
            command.send(self.pick(), dress)
        });
        sent.await.map_err(|error| error.about(Service::Command, &self.url, command.command_id()))
    }

    /// Has a person forgotten. As [`CommandClient::send`]; not one of the commands that can go over a stream, since it is
    /// done when more is done than recorded.
    pub(crate) async fn forget(
        &self,
        actor: &Actor,
        mut request: v1::ForgetSubjectRequest,
    ) -> Result<v1::Receipt, CallError> {
        let context = request.context.get_or_insert_default();
        if context.command_id.is_empty() {
            context.command_id = new_command_id();
        }
        let command_id = context.command_id.clone();
        let sent = retry::call(self.budget, |attempt| {
            let (mut client, mut request) = (self.pick(), Request::new(request.clone()));
            actor.put_into(request.metadata_mut());
            retry::put_deadline(request.metadata_mut(), attempt);
            async move {
                let receipt = client.forget_subject(request).await?.into_inner().receipt;
                receipt.ok_or_else(|| Status::internal("the service answered without a receipt"))
            }
        });
        sent.await.map_err(|error| error.about(Service::Command, &self.url, &command_id))
    }

    /// Lets the log go on with a time that lies in the future. As [`CommandClient::send`].
    pub(crate) async fn accept_log_time(
        &self,
        actor: &Actor,
        mut request: v1::AcceptLogTimeRequest,
    ) -> Result<v1::Receipt, CallError> {
        let context = request.context.get_or_insert_default();
        if context.command_id.is_empty() {
            context.command_id = new_command_id();
        }
        let command_id = context.command_id.clone();
        let sent = retry::call(self.budget, |attempt| {
            let (mut client, mut request) = (self.pick(), Request::new(request.clone()));
            actor.put_into(request.metadata_mut());
            retry::put_deadline(request.metadata_mut(), attempt);
            async move {
                let receipt = client.accept_log_time(request).await?.into_inner().receipt;
                receipt.ok_or_else(|| Status::internal("the service answered without a receipt"))
            }
        });
        sent.await.map_err(|error| error.about(Service::Command, &self.url, &command_id))
    }

    /// Begins a call over which many commands of one actor are sent; each call takes the next connection in turn. What is
    /// sent before the call is open waits for it. At most `window` commands may be sent and not answered.
    ///
    /// # Errors
    /// The future's: the service took no call, and so no command over it.
    pub(crate) fn stream(
        &self,
        actor: &Actor,
        window: usize,
    ) -> (StreamSender, impl Future<Output = Result<StreamAnswers, Status>> + Send + use<>) {
        stream::open(self.pick(), actor, window)
    }

    /// Where the service is.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// How long all attempts of one command may take together.
    pub(crate) fn budget(&self) -> Duration {
        self.budget
    }

    fn pick(&self) -> CommandServiceClient<Channel> {
        let turn = self.next.fetch_add(1, Ordering::Relaxed) % self.connections.len();
        self.connections[turn].clone()
    }
}
