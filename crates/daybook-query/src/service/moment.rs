//! A moment in the life of one stream: a time, a version or a position.

use daybook_core::ids::{Position, Version};
use daybook_core::stream::StreamId;
use daybook_eventlog::{AsOf, Moment};
use daybook_proto::v1::{explain_balance_request, get_aggregate_at_request};
use prost_types::Timestamp;

use super::Call;
use super::fields::{checked, time_up_to};
use crate::error::QueryError;

/// As a request says it.
pub(super) enum At {
    Time(Timestamp),
    Version(i64),
    Position(i64),
}

impl From<explain_balance_request::At> for At {
    fn from(at: explain_balance_request::At) -> Self {
        match at {
            explain_balance_request::At::Time(time) => Self::Time(time),
            explain_balance_request::At::Version(version) => Self::Version(version),
            explain_balance_request::At::Position(position) => Self::Position(position),
        }
    }
}

impl From<get_aggregate_at_request::At> for At {
    fn from(at: get_aggregate_at_request::At) -> Self {
        match at {
            get_aggregate_at_request::At::Time(time) => Self::Time(time),
            get_aggregate_at_request::At::Version(version) => Self::Version(version),
            get_aggregate_at_request::At::Position(position) => Self::Position(position),
        }
    }
}

impl At {
    /// Checked; nothing said is now.
    pub(super) fn check(at: Option<Self>) -> Result<AsOf, QueryError> {
        let not_zero = |field| QueryError::invalid(field, "is 0; the first is 1");
        Ok(match at {
            None => AsOf::NOW,
            Some(Self::Time(time)) => AsOf { time: Some(time_up_to("time", time)?), ..AsOf::NOW },
            Some(Self::Version(number)) => match checked("version", Version::new(number))? {
                Version::ZERO => return Err(not_zero("version")),
                version => AsOf { version, ..AsOf::NOW },
            },
            Some(Self::Position(number)) => match checked("position", Position::new(number))? {
                Position::ZERO => return Err(not_zero("position")),
                position => AsOf { position, ..AsOf::NOW },
            },
        })
    }
}

/// The last event of a stream up to the moment, if there is one. A version that was asked for must exist; a position is
/// waited for.
pub(super) async fn find_moment(
    call: &Call<'_>,
    stream_id: &StreamId,
    as_of: AsOf,
) -> Result<Option<Moment>, QueryError> {
    if as_of.position < Position::MAX {
        call.log.reach(as_of.position, &call.budget).await?;
    }
    let moment = call.budget.bound(call.log.reader.find_moment(stream_id, as_of)).await?;
    let reached = moment.map_or(Version::ZERO, |moment| moment.version);
    if as_of.version < Version::MAX && reached < as_of.version && reached > Version::ZERO {
        let what = format!("is {}, and the last of `{stream_id}` is {reached}", as_of.version);
        return Err(QueryError::invalid("version", what));
    }
    Ok(moment)
}
