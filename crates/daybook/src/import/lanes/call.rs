//! One call under way, heard of through a channel that all calls share.

use tokio::sync::mpsc;
use tokio_util::task::AbortOnDropHandle;
use tonic::Status;

use crate::client::{Actor, Answer, CommandClient, StreamAnswers, StreamSender};

/// A call under way. Dropped, it is given up.
pub(super) struct Call {
    /// Tells it from the earlier calls of the same actor.
    pub(super) number: u64,
    /// `None`: nothing more is sent over it.
    pub(super) sender: Option<StreamSender>,
    _listening: AbortOnDropHandle<()>,
}

/// Something that was heard over a call.
#[derive(Debug)]
pub(crate) struct Heard {
    pub(super) actor: Actor,
    pub(super) call: u64,
    pub(super) what: What,
}

#[derive(Debug)]
pub(super) enum What {
    /// A command was answered.
    Answer(Answer),
    /// The call was not taken, and no command of it.
    NotTaken(Status),
    /// It is over. What was not answered may have had its effect.
    Ended(Status),
}

impl Call {
    /// Begins a call, and sends what it hears to `heard`.
    pub(super) fn begin(
        client: &CommandClient,
        actor: Actor,
        number: u64,
        window: usize,
        heard: mpsc::Sender<Heard>,
    ) -> Self {
        let (sender, opening) = client.stream(&actor, window);
        let listening = tokio::spawn(async move {
            let told = |what| Heard { actor: actor.clone(), call: number, what };
            let last = match opening.await {
                Ok(answers) => What::Ended(listen(answers, &heard, told).await),
                Err(status) => What::NotTaken(status),
            };
            // Where nobody listens any more, nobody misses it.
            let _ = heard.send(told(last)).await;
        });
        Self { number, sender: Some(sender), _listening: AbortOnDropHandle::new(listening) }
    }
}

/// Passes on every answer; returns how the call ended.
async fn listen(
    mut answers: StreamAnswers,
    heard: &mpsc::Sender<Heard>,
    told: impl Fn(What) -> Heard,
) -> Status {
    loop {
        match answers.next().await {
            Ok(Some(answer)) => {
                if heard.send(told(What::Answer(answer))).await.is_err() {
                    return Status::cancelled("nobody listens");
                }
            }
            Ok(None) => return Status::unavailable("the service ended the call"),
            Err(status) => return status,
        }
    }
}
