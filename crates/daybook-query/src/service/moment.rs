//! A moment in the life of one stream: a time, a version or a position.

use daybook_core::ids::{Position, Version};
use daybook_core::stream::StreamId;
use daybook_eventlog::{AsOf, Moment};
use daybook_proto::v1::{explain_balance_request, get_aggregate_at_request};
use prost_types::Timestamp;
use time::OffsetDateTime;

use super::Call;
use super::fields::{checked, time_up_to};
use crate::error::QueryError;

/// As a request says it.
pub(super) enum Asked {
    Time(Timestamp),
    Version(i64),
    Position(i64),
}

impl From<explain_balance_request::At> for Asked {
    fn from(at: explain_balance_request::At) -> Self {
        match at {
            explain_balance_request::At::Time(time) => Self::Time(time),
            explain_balance_request::At::Version(version) => Self::Version(version),
            explain_balance_request::At::Position(position) => Self::Position(position),
        }
    }
}

impl From<get_aggregate_at_request::At> for Asked {
    fn from(at: get_aggregate_at_request::At) -> Self {
        match at {
            get_aggregate_at_request::At::Time(time) => Self::Time(time),
            get_aggregate_at_request::At::Version(version) => Self::Version(version),
            get_aggregate_at_request::At::Position(position) => Self::Position(position),
        }
    }
}

/// Checked. Now is what nothing was said stands for, and never a number, however large.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum At {
    Now,
    Time(OffsetDateTime),
    Version(Version),
    Position(Position),
}

impl At {
    /// Checks what was asked; nothing is now.
    pub(super) fn check(asked: Option<impl Into<Asked>>) -> Result<Self, QueryError> {
        let not_zero = |field| QueryError::invalid(field, "is 0; the first is 1");
        Ok(match asked.map(Into::into) {
            None => Self::Now,
            Some(Asked::Time(time)) => Self::Time(time_up_to("time", time)?),
            Some(Asked::Version(number)) => match checked("version", Version::new(number))? {
                Version::ZERO => return Err(not_zero("version")),
                version => Self::Version(version),
            },
            Some(Asked::Position(number)) => match checked("position", Position::new(number))? {
                Position::ZERO => return Err(not_zero("position")),
                position => Self::Position(position),
            },
        })
    }

    /// What counts.
    pub(super) fn as_of(self) -> AsOf {
        match self {
            Self::Now => AsOf::NOW,
            Self::Time(time) => AsOf { time: Some(time), ..AsOf::NOW },
            Self::Version(version) => AsOf { version, ..AsOf::NOW },
            Self::Position(position) => AsOf { position, ..AsOf::NOW },
        }
    }
}

/// The last event of a stream up to the moment, if there is one. A version that was asked for must exist; a position is
/// waited for.
pub(super) async fn find_moment(
    call: &Call<'_>,
    stream_id: &StreamId,
    at: At,
) -> Result<Option<Moment>, QueryError> {
    if let At::Position(position) = at {
        call.log.reach(position, &call.budget).await?;
    }
    let finding = call.log.reader.find_moment(stream_id, at.as_of());
    let moment = call.log.ask(&call.budget, finding).await?;
    if let (At::Version(version), Some(Moment { version: reached, .. })) = (at, moment)
        && reached < version
    {
        let what = format!("is {version}, and the last of `{stream_id}` is {reached}");
        return Err(QueryError::invalid("version", what));
    }
    Ok(moment)
}
