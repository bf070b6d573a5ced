//! The questions: one kind for each filter, the combinations of daily use, and those that find rarely or nothing.

use daybook_proto::v1::get_trial_balance_request::At;
use daybook_proto::v1::query_service_client::QueryServiceClient;
use daybook_proto::v1::{
    ExplainBalanceRequest, GetAggregateAtRequest, GetTransferStoryRequest, GetTrialBalanceRequest,
    SearchAuditRequest, explain_balance_request, get_aggregate_at_request,
};
use prost_types::Timestamp;
use rand::{Rng, rngs::StdRng};
use sqlx::{Connection as _, PgConnection};
use tonic::transport::Channel;

/// What there is to ask about.
pub(super) struct Log {
    head: i64,
    first_second: i64,
    last_second: i64,
    accounts: u32,
    transfers: i64,
    /// Some that exist.
    correlation_ids: Vec<String>,
    causation_ids: Vec<String>,
}

impl Log {
    pub(super) async fn look(url: &str, accounts: u32) -> Result<Self, sqlx::Error> {
        let mut connection = PgConnection::connect(url).await?;
        let (head, first_second, last_second): (i64, i64, i64) = sqlx::query_as(
            "SELECT max(position), min(extract(epoch FROM recorded_at))::bigint, max(extract(epoch FROM recorded_at))::bigint
             FROM log.events",
        )
        .fetch_one(&mut connection)
        .await?;
        let transfers = "SELECT count(*) FROM log.events WHERE event_type = 'transfer-initiated'";
        let transfers = sqlx::query_scalar(transfers).fetch_one(&mut connection).await?;
        let ids: Vec<(String, Option<String>)> = sqlx::query_as(
            "SELECT metadata ->> 'correlation_id', metadata ->> 'causation_id' FROM log.events
             TABLESAMPLE system (0.2) REPEATABLE (1)",
        )
        .fetch_all(&mut connection)
        .await?;
        connection.close().await?;
        let causation_ids = ids.iter().filter_map(|(_, cause)| cause.clone()).collect();
        let correlation_ids = ids.into_iter().map(|(id, _)| id).collect();
        Ok(Self {
            head,
            first_second,
            last_second,
            accounts,
            transfers,
            correlation_ids,
            causation_ids,
        })
    }

    fn second(&self, random: &mut StdRng) -> i64 {
        random.random_range(self.first_second..=self.last_second)
    }
}

/// A kind of question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    NewestOfActor,
    ActorInAnHour,
    Stream,
    StreamType,
    EventTypes,
    Correlation,
    CausedBy,
    TimeRange,
    PositionRange,
    AmountRange,
    LargeAmounts,
    RareWord,
    CommonWord,
    WordOfActor,
    LargeApprovals,
    ActorWithoutMatch,
    TrialBalanceNow,
    TrialBalanceAt,
    ExplainHotAccount,
    StateOfHotAccount,
    TransferStory,
}

/// A question to be asked.
pub(super) enum Question {
    Search(Box<SearchAuditRequest>),
    TrialBalance(GetTrialBalanceRequest),
    Explain(ExplainBalanceRequest),
    State(GetAggregateAtRequest),
    Story(GetTransferStoryRequest),
}

impl Kind {
    pub(super) const ALL: [Self; 21] = [
        Self::NewestOfActor,
        Self::ActorInAnHour,
        Self::Stream,
        Self::StreamType,
        Self::EventTypes,
        Self::Correlation,
        Self::CausedBy,
        Self::TimeRange,
        Self::PositionRange,
        Self::AmountRange,
        Self::LargeAmounts,
        Self::RareWord,
        Self::CommonWord,
        Self::WordOfActor,
        Self::LargeApprovals,
        Self::ActorWithoutMatch,
        Self::TrialBalanceNow,
        Self::TrialBalanceAt,
        Self::ExplainHotAccount,
        Self::StateOfHotAccount,
        Self::TransferStory,
    ];

    pub(super) fn in_words(self) -> &'static str {
        match self {
            Self::NewestOfActor => "search: an actor's newest",
            Self::ActorInAnHour => "search: an actor, within an hour",
            Self::Stream => "search: a stream",
            Self::StreamType => "search: a stream type, from a time on",
            Self::EventTypes => "search: two event types, from a position on",
            Self::Correlation => "search: a correlation id",
            Self::CausedBy => "search: what came of a command",
            Self::TimeRange => "search: within a minute",
            Self::PositionRange => "search: a range of positions",
            Self::AmountRange => "search: a range of amounts",
            Self::LargeAmounts => "search: amounts of which there are few",
            Self::RareWord => "search: a word of few reasons",
            Self::CommonWord => "search: a word of all reasons",
            Self::WordOfActor => "search: a word of few reasons, an actor",
            Self::LargeApprovals => "search: large transfers that somebody approved",
            Self::ActorWithoutMatch => "search: an actor, with an amount that he never moved",
            Self::TrialBalanceNow => "trial balance, now",
            Self::TrialBalanceAt => "trial balance, at a position",
            Self::ExplainHotAccount => "explain: an account with many movements, at a position",
            Self::StateOfHotAccount => "state: an account with many events, at a position",
            Self::TransferStory => "story of a transfer",
        }
    }

    /// Whether it is a search.
    pub(super) fn is_judged(self) -> bool {
        self.in_words().starts_with("search")
    }

    pub(super) fn question(self, log: &Log, random: &mut StdRng) -> Question {
        let any = SearchAuditRequest::default;
        let second = |second| Some(Timestamp { seconds: second, nanos: 0 });
        let actor = format!("teller-{}", random.random_range(0..50));
        let position = random.random_range(1..=log.head);
        let word = format!("{}", random.random_range(0..100_000));
        let one_of = |ids: &[String], random: &mut StdRng| {
            ids.get(random.random_range(0..ids.len().max(1))).cloned().unwrap_or_default()
        };
        let hot_account = format!("c-{:08}", random.random_range(0..10.min(log.accounts)));
        let search = |request| Question::Search(Box::new(request));
        match self {
            Self::NewestOfActor => search(SearchAuditRequest { actor, backwards: true, ..any() }),
            Self::ActorInAnHour => {
                let from = log.second(random);
                let (from, to) = (second(from), second(from + 3600));
                search(SearchAuditRequest { actor, from, to, ..any() })
            }
            Self::Stream => {
                let number = random.random_range(0..log.accounts);
                search(SearchAuditRequest { stream_id: format!("account-c-{number:08}"), ..any() })
            }
            Self::StreamType => {
                let (stream_type, from) = ("transfer".to_owned(), second(log.second(random)));
                search(SearchAuditRequest { stream_type, from, ..any() })
            }
            Self::EventTypes => {
                let event_types = vec!["fee-charged".to_owned(), "transfer-approved".to_owned()];
                search(SearchAuditRequest { event_types, from_position: position, ..any() })
            }
            Self::Correlation => {
                let correlation_id = one_of(&log.correlation_ids, random);
                search(SearchAuditRequest { correlation_id, ..any() })
            }
            Self::CausedBy => {
                let caused_by = one_of(&log.causation_ids, random);
                search(SearchAuditRequest { caused_by, ..any() })
            }
            Self::TimeRange => {
                let from = log.second(random);
                let (from, to) = (second(from), second(from + 60));
                search(SearchAuditRequest { from, to, ..any() })
            }
            Self::PositionRange => {
                let (from_position, to_position) = (position, position + 30);
                search(SearchAuditRequest { from_position, to_position, ..any() })
            }
            Self::AmountRange => {
                let min = random.random_range(1..100_000);
                search(SearchAuditRequest {
                    min_amount_minor_units: min,
                    max_amount_minor_units: min + min / 50,
                    currency: "USD".to_owned(),
                    ..any()
                })
            }
            Self::LargeAmounts => {
                let min_amount_minor_units = random.random_range(99_990..100_000);
                search(SearchAuditRequest { min_amount_minor_units, ..any() })
            }
            Self::RareWord => search(SearchAuditRequest { reason: word, ..any() }),
            Self::CommonWord => {
                let (reason, from_position) = ("invoice due".to_owned(), position);
                search(SearchAuditRequest { reason, from_position, ..any() })
            }
            Self::WordOfActor => search(SearchAuditRequest { reason: word, actor, ..any() }),
            Self::LargeApprovals => search(SearchAuditRequest {
                actor,
                event_types: vec!["transfer-approved".to_owned()],
                min_amount_minor_units: random.random_range(18_000..20_000),
                currency: "USD".to_owned(),
                ..any()
            }),
            Self::ActorWithoutMatch => search(SearchAuditRequest {
                actor,
                min_amount_minor_units: 1_000_000,
                currency: "USD".to_owned(),
                ..any()
            }),
            Self::TrialBalanceNow => Question::TrialBalance(GetTrialBalanceRequest::default()),
            Self::TrialBalanceAt => Question::TrialBalance(GetTrialBalanceRequest {
                at: Some(At::Position(position)),
                min_position: 0,
            }),
            Self::ExplainHotAccount => Question::Explain(ExplainBalanceRequest {
                account_id: hot_account,
                at: Some(explain_balance_request::At::Position(position)),
                ..Default::default()
            }),
            Self::StateOfHotAccount => Question::State(GetAggregateAtRequest {
                stream_id: format!("account-{hot_account}"),
                at: Some(get_aggregate_at_request::At::Position(log.head.max(10) - position / 10)),
                min_position: 0,
            }),
            Self::TransferStory => {
                let number = random.random_range(1..=log.transfers.max(1));
                let transfer_id = format!("t-{number:09}");
                Question::Story(GetTransferStoryRequest { transfer_id, min_position: 0 })
            }
        }
    }
}

impl Question {
    /// Asks it, and gives how many rows the answer has.
    pub(super) async fn ask(
        self,
        client: &mut QueryServiceClient<Channel>,
    ) -> Result<u32, anyhow::Error> {
        let rows = match self {
            Self::Search(request) => client.search_audit(*request).await?.into_inner().events.len(),
            Self::TrialBalance(request) => {
                client.get_trial_balance(request).await?.into_inner().balances.len()
            }
            Self::Explain(request) => {
                client.explain_balance(request).await?.into_inner().movements.len()
            }
            Self::State(request) => {
                client.get_aggregate_at(request).await?;
                1
            }
            Self::Story(request) => {
                client.get_transfer_story(request).await?.into_inner().events.len()
            }
        };
        Ok(u32::try_from(rows)?)
    }
}
