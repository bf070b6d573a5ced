//! What every call passes on its way in and out, whatever it asks.
//!
//! - Its connection is one that asked for something.
//! - A header that says how the call is to be handled and is there twice is refused: one of the two would be ignored in silence.
//! - What its answer has handed over and the caller has not taken is noted, so that a stop does not wait for such a caller.
//! - A clock before 1970 ends no connection.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use http_body::{Frame, SizeHint};
use tonic::Status;
use tonic::body::Body;
use tonic::codegen::http::{HeaderMap, HeaderValue, Request, Response, header};
use tonic::codegen::{Bytes, Service};

use crate::accept::ConnectionInfo;
use crate::status::invalid_argument;

/// Headers of which only the first would count.
const ONCE: [&str; 2] = ["grpc-timeout", "grpc-encoding"];

/// From here on the HTTP library cannot write a date (years of five digits).
const DATE_END: Duration = Duration::from_secs(253_402_300_800);

/// What a clock that is beyond writing is taken for.
const SOME_DATE: HeaderValue = HeaderValue::from_static("Thu, 01 Jan 1970 00:00:00 GMT");

/// Around everything that is served.
#[derive(Clone)]
pub(crate) struct Calls<S>(pub(crate) S);

impl<S> Service<Request<Body>> for Calls<S>
where
    S: Service<Request<Body>, Response = Response<Body>>,
    S::Future: Send + 'static,
{
    type Response = Response<Body>;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, S::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.0.poll_ready(context)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let connection = request.extensions().get::<ConnectionInfo>().cloned();
        if let Some(connection) = &connection {
            connection.asked();
        }
        let answer = match refused(request.headers()) {
            Some(status) => Err(status),
            None => Ok(self.0.call(request)),
        };
        Box::pin(async move {
            let mut response = match answer {
                Ok(answer) => answer.await?,
                Err(status) => status.into_http(),
            };
            if let Some(date) = date_instead(SystemTime::now()) {
                response.headers_mut().insert(header::DATE, date);
            }
            Ok(match connection {
                Some(connection) => response.map(|body| Body::new(Answer::new(body, connection))),
                None => response,
            })
        })
    }
}

fn refused(headers: &HeaderMap) -> Option<Status> {
    let twice = |name: &&&str| headers.get_all(**name).iter().nth(1).is_some();
    ONCE.iter().find(twice).map(|name| invalid_argument(name, "is there more than once"))
}

/// The date of an answer, where the HTTP library would panic over the clock.
fn date_instead(now: SystemTime) -> Option<HeaderValue> {
    let can_be_written = now.duration_since(UNIX_EPOCH).is_ok_and(|since| since < DATE_END);
    (!can_be_written).then_some(SOME_DATE)
}

/// The body of an answer. A part of it that was handed over is taken when the next one is asked for, or the answer ends.
struct Answer {
    body: Body,
    connection: ConnectionInfo,
    is_waiting: bool,
}

impl Answer {
    fn new(body: Body, connection: ConnectionInfo) -> Self {
        Self { body, connection, is_waiting: false }
    }

    fn taken(&mut self) {
        if std::mem::take(&mut self.is_waiting) {
            self.connection.taken();
        }
    }
}

impl http_body::Body for Answer {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        self.taken();
        let frame = ready!(Pin::new(&mut self.body).poll_frame(context));
        if frame.as_ref().is_some_and(Result::is_ok) {
            self.is_waiting = true;
            self.connection.handed_over();
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for Answer {
    fn drop(&mut self) {
        self.taken();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_the_http_library_cannot_write_gets_another_date() {
        let day = Duration::from_secs(86_400);
        assert_eq!(date_instead(UNIX_EPOCH - day), Some(SOME_DATE));
        assert_eq!(date_instead(UNIX_EPOCH + DATE_END), Some(SOME_DATE));
        assert_eq!(date_instead(UNIX_EPOCH), None);
        assert_eq!(date_instead(SystemTime::now()), None);
    }
}
