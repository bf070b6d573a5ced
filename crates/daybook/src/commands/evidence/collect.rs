//! Collects the events of an evidence file and their proofs, all against one checkpoint.

use std::collections::BTreeSet;

use anyhow::{Context as _, anyhow};
use daybook_proof::evidence::{ProvenEvent, Subject};
use daybook_proof::{PublicKey, SignedCheckpoint, leaf};
use daybook_proto::v1;

use crate::client::Pages;
use crate::commands::Session;
use crate::commands::proof::hashes;
use crate::failure::Failure;

/// Events in one file, at most: some hundreds of megabytes of them.
const EVENTS_MAX: usize = 100_000;

/// Positions in one question; the query service allows no more.
const POSITIONS_MAX: usize = 256;

/// A command's events stand side by side; it has far fewer than these.
const COMMAND_EVENTS_MAX: i64 = 16;

/// The checkpoint, the key that signed it, and the events with their proofs, in the order of the log.
pub(super) async fn collect(
    session: &Session,
    subject: &Subject,
    keys: &[PublicKey],
) -> Result<(SignedCheckpoint, PublicKey, Vec<ProvenEvent>), Failure> {
    let (stream_id, own) = match subject {
        Subject::Range { from, to } => (None, range(*from, *to)?),
        Subject::Account(account) => of_stream(session, format!("account-{account}")).await?,
        Subject::Transfer(transfer) => of_stream(session, format!("transfer-{transfer}")).await?,
    };
    let min_position = own.last().map_or(0, |(position, _)| *position);
    let origin = keys.first().map(|key| key.name().to_owned()).unwrap_or_default();
    let question = v1::GetCheckpointRequest { origin, min_position };
    let answer = session.query.checkpoint(&question).await?.checkpoint.unwrap_or_default();
    let signed = SignedCheckpoint::open(&answer.note, keys).context("the newest checkpoint")?;
    let key = keys.iter().find(|key| key.id() == signed.key_id);
    let key = key.context("the checkpoint's key")?.clone();

    let mut positions: BTreeSet<i64> = own.iter().map(|(position, _)| *position).collect();
    let transfer = matches!(subject, Subject::Transfer(_));
    if transfer {
        let around = |position: &i64| {
            position.saturating_sub(COMMAND_EVENTS_MAX)..=position + COMMAND_EVENTS_MAX
        };
        positions = positions.iter().flat_map(around).collect();
        let covered = 1..=i64::try_from(signed.checkpoint.size).unwrap_or(i64::MAX);
        positions.retain(|position| covered.contains(position));
    }
    let mut events = prove(session, &signed, &positions.into_iter().collect::<Vec<_>>()).await?;
    if transfer {
        let commands: BTreeSet<_> = own.into_iter().map(|(_, command)| command).collect();
        let of_it = |event: &ProvenEvent| {
            stream_id.as_ref() == Some(&event.stream_id)
                || event.command_id().is_some_and(|command| commands.contains(&command))
        };
        events.retain(of_it);
    }
    Ok((signed, key, events))
}

/// A position and the command whose effect it is.
type Own = Vec<(i64, String)>;

fn range(from: i64, to: i64) -> Result<Own, Failure> {
    let events = usize::try_from(to - from).unwrap_or(usize::MAX).saturating_add(1);
    within_limit(events)?;
    Ok((from..=to).map(|position| (position, String::new())).collect())
}

fn within_limit(events: usize) -> Result<(), Failure> {
    if events > EVENTS_MAX {
        return Err(
            anyhow!("more than {EVENTS_MAX} events; make several files, with --range").into()
        );
    }
    Ok(())
}

async fn of_stream(session: &Session, stream_id: String) -> Result<(Option<String>, Own), Failure> {
    let (mut pages, mut own) = (Pages::new(None), Vec::new());
    while let Some((page_size, page_token)) = pages.next() {
        let stream_id = stream_id.clone();
        let question =
            v1::GetEventHistoryRequest { stream_id, page_size, page_token, ..Default::default() };
        let page = session.query.history(&question).await?;
        pages.advance(page.events.len(), page.next_page_token);
        own.extend(page.events.into_iter().map(|event| (event.position, event.command_id)));
        within_limit(own.len())?;
    }
    Ok((Some(stream_id), own))
}

async fn prove(
    session: &Session,
    signed: &SignedCheckpoint,
    positions: &[i64],
) -> Result<Vec<ProvenEvent>, Failure> {
    let mut events = Vec::with_capacity(positions.len());
    while let Some(rest) = positions.get(events.len()..).filter(|rest| !rest.is_empty()) {
        let question = v1::GetInclusionProofRequest {
            origin: signed.checkpoint.origin.clone(),
            positions: rest.iter().take(POSITIONS_MAX).copied().collect(),
            size: i64::try_from(signed.checkpoint.size).unwrap_or(i64::MAX),
            with_texts: true,
        };
        let answer = session.query.inclusion(&question).await?;
        if answer.proofs.is_empty() {
            return Err(anyhow!("the query service answered with no proof").into());
        }
        for proof in answer.proofs {
            let event = leaf::decode(&proof.leaf, &proof.data_json, &proof.metadata_json);
            let event =
                event.with_context(|| format!("the leaf at position {}", proof.position))?;
            events.push(ProvenEvent::new(event, hashes(&proof.hashes)?));
        }
    }
    Ok(events)
}
