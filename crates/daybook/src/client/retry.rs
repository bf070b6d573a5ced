//! Sends again what was not answered, within one budget of time.
//!
//! The rules: a refusal is an answer and ends it. "Not applied" and "too busy" are tried again. No answer at all
//! (cancelled, timed out, connection lost) is tried again as well, which is safe because a command keeps its command_id;
//! but once it happened, the command may have had its effect, and that is what the caller is told if no later attempt is
//! answered.

use std::error::Error;
use std::io::ErrorKind;
use std::time::Duration;

use rand::Rng;
use tokio::time::Instant;
use tonic::metadata::MetadataMap;
use tonic::{Code, Status};
use tonic_types::StatusExt;

use super::Service;

/// Longest wait for one attempt. Longer than any healthy answer takes, short enough to leave time for another.
const ATTEMPT_MAX: Duration = Duration::from_secs(10);

/// How much longer than that we wait ourselves: the deadline's own outcome should be what is reported.
const GRACE: Duration = Duration::from_millis(500);

/// No further attempt is begun with less: it would end without an answer and make an outcome unknown that was known.
pub(crate) const ATTEMPT_MIN: Duration = Duration::from_millis(200);

const PAUSE_MIN: Duration = Duration::from_millis(50);
const PAUSE_MAX: Duration = Duration::from_secs(2);

/// Why a call gave no result.
#[derive(Debug)]
pub(crate) enum CallError {
    /// The service answered, and the answer is no. Nothing was recorded.
    Refused(Box<Status>),
    /// There was no answer in time.
    Unanswered {
        /// What the last attempt met.
        last: Box<Status>,
        /// What that says about the command.
        fate: Fate,
        /// Which service was asked.
        service: Option<Service>,
        /// Where.
        url: String,
        /// The command's id; empty for a question.
        command_id: String,
    },
}

/// What is known about a command that was not answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It had no effect.
    NotApplied,
    /// It may have had its effect.
    Unknown,
}

impl CallError {
    /// Adds who was asked, and which command it was.
    pub(super) fn about(self, service: Service, url: &str, command_id: &str) -> Self {
        match self {
            Self::Refused(status)
                if status.code() == Code::Unimplemented && reason_of(&status).is_empty() =>
            {
                let (name, flag) = (service.name(), service.flag());
                let message = format!("what listens at {url} is not the {name}; is {flag} right?");
                Self::Refused(Box::new(Status::unimplemented(message)))
            }
            Self::Unanswered { last, fate, .. } => {
                let (url, command_id) = (url.to_owned(), command_id.to_owned());
                Self::Unanswered { last, fate, service: Some(service), url, command_id }
            }
            refused @ Self::Refused(_) => refused,
        }
    }
}

/// The stable reason that an answer carries; empty where it has none.
pub(crate) fn reason_of(status: &Status) -> String {
    status.get_details_error_info().map(|info| info.reason).unwrap_or_default()
}

/// Tells the service how long an attempt will be waited for; the client library holds itself to it, too.
pub(super) fn put_deadline(headers: &mut MetadataMap, attempt: Duration) {
    let text = format!("{}m", attempt.as_millis().max(1));
    headers.insert("grpc-timeout", text.parse().expect("digits and a letter are ASCII"));
}

/// Calls until there is an answer or `budget` is spent. `attempt` is given the time that it has.
pub(super) async fn call<T, F>(
    budget: Duration,
    mut attempt: impl FnMut(Duration) -> F,
) -> Result<T, CallError>
where
    F: Future<Output = Result<T, Status>>,
{
    let deadline = Instant::now() + budget;
    let mut fate = Fate::NotApplied;
    let mut pauses = Pauses::new();
    loop {
        let time = deadline.saturating_duration_since(Instant::now()).min(ATTEMPT_MAX);
        let answer = tokio::time::timeout(time + GRACE, attempt(time))
            .await
            .unwrap_or_else(|_| Err(Status::cancelled("no answer in time")));
        let last = match answer {
            Ok(result) => return Ok(result),
            Err(status) => status,
        };
        match verdict(&last) {
            Verdict::Answered => return Err(CallError::Refused(Box::new(last))),
            Verdict::NotApplied => {}
            Verdict::Unknown => fate = Fate::Unknown,
        }
        let wait = pauses.after(&last);
        if Instant::now() + wait + ATTEMPT_MIN >= deadline {
            if is_behind(&last) {
                return Err(CallError::Refused(Box::new(last)));
            }
            let last = Box::new(last);
            let (url, command_id) = (String::new(), String::new());
            return Err(CallError::Unanswered { last, fate, service: None, url, command_id });
        }
        tokio::time::sleep(wait).await;
    }
}

/// What a status says about its command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// No; asking again would change nothing.
    Answered,
    /// Nothing was done; ask again.
    NotApplied,
    /// It may have been done; ask again with the same id.
    Unknown,
}

/// Sorts a status by what is to be done about it.
pub(crate) fn verdict(status: &Status) -> Verdict {
    let reason = reason_of(status);
    match status.code() {
        Code::ResourceExhausted => Verdict::NotApplied,
        Code::Unavailable if reason == "NOT_APPLIED" || not_connected(status).is_some() => {
            Verdict::NotApplied
        }
        // A stopped projection does not start by being asked again.
        Code::Unavailable if reason == "PROJECTION_STOPPED" => Verdict::Answered,
        Code::DeadlineExceeded if !reason.is_empty() => Verdict::NotApplied,
        Code::Unavailable | Code::Cancelled | Code::DeadlineExceeded => Verdict::Unknown,
        // What the transport made up when the connection broke; the service's own carry a reason.
        Code::Unknown | Code::Internal if reason.is_empty() && status.source().is_some() => {
            Verdict::Unknown
        }
        _ => Verdict::Answered,
    }
}

/// Whether a read model did not get as far as it was asked to: an answer, when it comes to an end.
fn is_behind(status: &Status) -> bool {
    status.code() == Code::DeadlineExceeded && reason_of(status) == "READ_MODEL_BEHIND"
}

/// Why no connection came about, where the attempt ended before anything was sent.
pub(crate) fn not_connected(status: &Status) -> Option<String> {
    let mut source = status.source();
    while let Some(error) = source {
        if error.is::<tonic::ConnectError>() {
            return Some(innermost(error));
        }
        source = error.source();
    }
    None
}

/// The last cause of an error: what the system itself said.
fn innermost(error: &(dyn Error + 'static)) -> String {
    let mut last = error;
    while let Some(source) = last.source() {
        last = source;
    }
    match last.downcast_ref::<std::io::Error>() {
        Some(error) if error.kind() == ErrorKind::ConnectionRefused => {
            "connection refused".to_owned()
        }
        _ => last.to_string(),
    }
}

/// How long to wait before the next attempt: longer each time, or as an overloaded service asked.
#[derive(Debug)]
pub(crate) struct Pauses(Duration);

impl Pauses {
    /// The next pause is a short one.
    pub(crate) fn new() -> Self {
        Self(PAUSE_MIN)
    }

    /// The pause after an attempt that ended like this.
    pub(crate) fn after(&mut self, last: &Status) -> Duration {
        let pause = asked_delay(last).unwrap_or_else(|| jittered(self.0));
        self.0 = (self.0 * 2).min(PAUSE_MAX);
        pause
    }
}

/// The pause that an overloaded service asked for, within reason.
fn asked_delay(status: &Status) -> Option<Duration> {
    let delay = status.get_details_retry_info()?.retry_delay?;
    Some(jittered(delay.min(PAUSE_MAX)))
}

/// Spread over half to one and a half, so that many who wait do not come back at once.
fn jittered(pause: Duration) -> Duration {
    pause.mul_f64(rand::rng().random_range(0.5..1.5))
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    /// Answers with each status in turn, then with success; returns the result and the number of attempts.
    async fn against(answers: Vec<Status>, budget: Duration) -> (Result<(), CallError>, usize) {
        let asked = Cell::new(0);
        let result = call(budget, |_| {
            let answer = answers.get(asked.get()).cloned();
            asked.set(asked.get() + 1);
            async { answer.map_or(Ok(()), Err) }
        })
        .await;
        (result, asked.get())
    }

    #[tokio::test]
    async fn what_was_not_answered_is_sent_again() {
        let answers = vec![
            Status::unavailable("away"),
            Status::cancelled("Timeout expired"),
            Status::deadline_exceeded("late"),
            Status::resource_exhausted("busy"),
        ];
        let (result, asked) = against(answers, Duration::from_secs(60)).await;
        assert!(result.is_ok());
        assert_eq!(asked, 5);
    }

    #[tokio::test]
    async fn a_refusal_is_an_answer() {
        let (result, asked) =
            against(vec![Status::failed_precondition("no")], Duration::from_secs(60)).await;
        assert!(matches!(result, Err(CallError::Refused(_))));
        assert_eq!(asked, 1);
    }

    #[tokio::test]
    async fn one_lost_answer_makes_the_fate_unknown_for_good() {
        let busy = || Status::resource_exhausted("busy");
        let mut answers = vec![busy(); 1000];
        let (result, _) = against(answers.clone(), Duration::from_millis(500)).await;
        assert!(matches!(result, Err(CallError::Unanswered { fate: Fate::NotApplied, .. })));

        answers[1] = Status::cancelled("lost");
        let (result, _) = against(answers, Duration::from_millis(500)).await;
        assert!(matches!(result, Err(CallError::Unanswered { fate: Fate::Unknown, .. })));
    }
}
