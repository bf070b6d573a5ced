//! Proofs that a stranger can verify, of a tree that the prover's own store wrote.

use daybook_proof::evidence::{Evidence, ProvenEvent, Subject};
use daybook_proof::proof::{verify_consistency, verify_inclusion};
use daybook_proof::{Checkpoint, Edge, Hash, PrivateKey, SignedCheckpoint, leaf};
use daybook_proto::v1::{
    GetCheckpointRequest, GetConsistencyProofRequest, GetInclusionProofRequest,
};
use daybook_prover::store::Store;
use tonic::{Code, Status};

use crate::world::{Keys, NewEvent, World, info};

const NAME: &str = "ledger.example.com/test";

fn key() -> PrivateKey {
    PrivateKey::from_seed(NAME, &[7; 32]).unwrap()
}

/// Signs the tree over the log as it is.
async fn sign(world: &World) -> SignedCheckpoint {
    let log = daybook_eventlog::LogReader::new(world.admin.clone());
    let store = Store::new(world.admin.clone(), NAME);
    let from = store.open(log.identity().await.unwrap().log_id).await.unwrap();
    let (mut edge, mut tiles) = (Edge::default(), Vec::new());
    let all = daybook_core::ids::Position::MAX;
    for event in log.read_stored(Default::default(), all, usize::MAX).await.unwrap() {
        edge.push(leaf::hash(&event), &mut tiles);
    }
    tiles.extend(edge.partial());
    let checkpoint = Checkpoint { origin: NAME.to_owned(), size: edge.size(), root: edge.root() };
    let signed = checkpoint.sign(&[&key()]).unwrap();
    assert!(store.grow(from, edge.size(), &tiles, Some(&signed)).await.unwrap());
    signed
}

async fn append(world: &World, events: i64) {
    for n in 0..events {
        world.append(&format!("account-a{}", n % 3), "money-deposited", 0).await;
    }
}

fn hashes(bytes: &[Vec<u8>]) -> Vec<Hash> {
    bytes.iter().map(|bytes| Hash::from_slice(bytes).unwrap()).collect()
}

fn inclusion(positions: Vec<i64>) -> GetInclusionProofRequest {
    GetInclusionProofRequest { positions, ..Default::default() }
}

fn told(status: &Status) -> (Code, String) {
    (status.code(), info(status).reason)
}

#[tokio::test]
async fn without_a_checkpoint_there_is_no_proof_and_the_reason_is_named() {
    let world = World::start().await;
    append(&world, 1).await;
    let mut client = world.client.clone();
    let expected = (Code::FailedPrecondition, "NO_CHECKPOINT".to_owned());
    let status = client.get_checkpoint(GetCheckpointRequest::default()).await.unwrap_err();
    assert_eq!(told(&status), expected);
    let status = client.get_inclusion_proof(inclusion(vec![1])).await.unwrap_err();
    assert_eq!(told(&status), expected);
    let question = GetConsistencyProofRequest { first_size: 1, ..Default::default() };
    let status = client.get_consistency_proof(question).await.unwrap_err();
    assert_eq!(told(&status), expected);
}

#[tokio::test]
async fn an_inclusion_proof_leads_from_the_exact_event_to_the_signed_root() {
    let world = World::start().await;
    append(&world, 300).await;
    let signed = sign(&world).await;
    let mut client = world.client.clone();
    let question =
        GetInclusionProofRequest { with_texts: true, ..inclusion(vec![300, 1, 256, 257]) };
    let answer = client.get_inclusion_proof(question).await.unwrap().into_inner();
    let checkpoint = answer.checkpoint.unwrap();
    let opened = SignedCheckpoint::open(&checkpoint.note, &[key().public().clone()]).unwrap();
    assert_eq!(opened, signed);
    assert_eq!((checkpoint.size, checkpoint.origin.as_str()), (300, NAME));
    assert_eq!(checkpoint.root, signed.checkpoint.root.0);
    let positions: Vec<_> = answer.proofs.iter().map(|proof| proof.position).collect();
    assert_eq!(positions, [300, 1, 256, 257]);
    for proof in &answer.proofs {
        let index = u64::try_from(proof.position).unwrap() - 1;
        let (leaf, hashes) = (Hash::of_leaf(&proof.leaf), hashes(&proof.hashes));
        assert_eq!(verify_inclusion(index, 300, leaf, &hashes, signed.checkpoint.root), Ok(()));
        let event = leaf::decode(&proof.leaf, &proof.data_json, &proof.metadata_json).unwrap();
        assert_eq!(event.position, proof.position);
        assert_eq!(event.data, r#"{"b": 1,  "a": 1e2}"#, "the exact text");
    }
    let without = client.get_inclusion_proof(inclusion(vec![1])).await.unwrap().into_inner();
    assert_eq!(without.proofs[0].data_json, "");
    assert_eq!(without.proofs[0].leaf, answer.proofs[1].leaf);
}

#[tokio::test]
async fn a_consistency_proof_leads_from_an_earlier_root_to_a_later_one() {
    let world = World::start().await;
    append(&world, 100).await;
    let first = sign(&world).await.checkpoint;
    append(&world, 200).await;
    let second = sign(&world).await.checkpoint;
    let mut client = world.client.clone();
    let question = GetConsistencyProofRequest { first_size: 100, ..Default::default() };
    let answer = client.get_consistency_proof(question).await.unwrap().into_inner();
    let both = ((100, first.root), (300, second.root));
    assert_eq!(verify_consistency(both.0, both.1, &hashes(&answer.hashes)), Ok(()));
    // Between any earlier size and a checkpoint that is not the newest.
    let question =
        GetConsistencyProofRequest { first_size: 60, second_size: 100, ..Default::default() };
    let answer = client.get_consistency_proof(question).await.unwrap().into_inner();
    assert_eq!(answer.checkpoint.unwrap().root, first.root.0);
    assert!(!answer.hashes.is_empty());
}

#[tokio::test]
async fn a_checkpoint_that_covers_a_position_is_waited_for() {
    let world = World::start().await;
    append(&world, 5).await;
    let mut client = world.client.clone();
    let question = GetCheckpointRequest { min_position: 5, ..Default::default() };
    let waiting = tokio::spawn(async move { client.get_checkpoint(question).await });
    let signed = sign(&world).await;
    let answer = waiting.await.unwrap().unwrap().into_inner();
    assert_eq!(answer.checkpoint.unwrap().note, signed.note);

    let world = World::start_with(&["--wait-max-ms", "50"]).await;
    let question = GetCheckpointRequest { min_position: 6, ..Default::default() };
    let status = world.client.clone().get_checkpoint(question).await.unwrap_err();
    assert_eq!(told(&status), (Code::DeadlineExceeded, "READ_MODEL_BEHIND".to_owned()));
}

#[tokio::test]
async fn what_no_tree_has_and_what_is_malformed_is_refused_by_name() {
    let world = World::start().await;
    append(&world, 3).await;
    sign(&world).await;
    append(&world, 1).await;
    let client = || world.client.clone();

    let status = client().get_inclusion_proof(inclusion(vec![1, 4])).await.unwrap_err();
    assert_eq!(told(&status), (Code::FailedPrecondition, "NOT_IN_TREE".to_owned()));
    assert_eq!(info(&status).metadata["size"], "3");
    let question = GetInclusionProofRequest { size: 2, ..inclusion(vec![1]) };
    let status = client().get_inclusion_proof(question).await.unwrap_err();
    assert_eq!(told(&status), (Code::NotFound, "CHECKPOINT_NOT_FOUND".to_owned()));
    let question = GetConsistencyProofRequest { first_size: 4, ..Default::default() };
    let status = client().get_consistency_proof(question).await.unwrap_err();
    assert_eq!(told(&status), (Code::FailedPrecondition, "NOT_IN_TREE".to_owned()));

    let wrong = [vec![], vec![0], vec![-1], vec![i64::MIN], vec![1; 257]];
    for positions in wrong {
        let status = client().get_inclusion_proof(inclusion(positions)).await.unwrap_err();
        assert_eq!(info(&status).metadata["field"], "positions");
    }
    let question = GetInclusionProofRequest { size: -1, ..inclusion(vec![1]) };
    let status = client().get_inclusion_proof(question).await.unwrap_err();
    assert_eq!(info(&status).metadata["field"], "size");
    let question = GetCheckpointRequest { origin: "a b".to_owned(), ..Default::default() };
    let status = client().get_checkpoint(question).await.unwrap_err();
    assert_eq!(info(&status).metadata["field"], "origin");
    let status =
        client().get_consistency_proof(GetConsistencyProofRequest::default()).await.unwrap_err();
    assert_eq!(info(&status).metadata["field"], "first_size");
}

#[tokio::test]
async fn a_tree_that_lacks_tiles_says_data_loss() {
    let world = World::start().await;
    append(&world, 3).await;
    sign(&world).await;
    world.sql("DELETE FROM proof.tiles").await;
    let status = world.client.clone().get_inclusion_proof(inclusion(vec![1])).await.unwrap_err();
    assert_eq!(told(&status), (Code::DataLoss, "TREE_DAMAGED".to_owned()));
}

/// The exact events of alice's account and their proofs, as `daybook evidence` puts them together.
async fn evidence(world: &World, signed: &SignedCheckpoint) -> Evidence {
    let question = GetInclusionProofRequest { with_texts: true, ..inclusion(vec![1, 2]) };
    let answer = world.client.clone().get_inclusion_proof(question).await.unwrap().into_inner();
    let events = answer.proofs.iter().map(|proof| {
        let event = leaf::decode(&proof.leaf, &proof.data_json, &proof.metadata_json).unwrap();
        ProvenEvent::new(event, hashes(&proof.hashes))
    });
    let (subject, made_at) = (Subject::Account("alice".to_owned()), String::new());
    Evidence::new(subject, made_at, key().public(), signed, events.collect())
}

/// `check_evidence.py`, the second implementation.
fn convinces_python(evidence: &Evidence) -> bool {
    let file = tempfile::NamedTempFile::new().unwrap();
    serde_json::to_writer(&file, evidence).unwrap();
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../daybook-proof/check_evidence.py");
    let mut python = std::process::Command::new("python3");
    python.args(["-B", script]).arg(file.path()).args(["--key", &key().public().to_string()]);
    python.status().unwrap().success()
}

#[tokio::test]
async fn evidence_of_sealed_events_convinces_before_and_after_a_forgetting_and_shows_nothing() {
    let keys = Keys::start().await;
    let world = World::start_with(&["--keys-database-url", &keys.url()]).await;
    let owner = keys.seal("alice", "d-1", "owner", "Ann Sealed").await;
    let reason = keys.seal("alice", "d-1", "reason", "moving in").await;
    let opened = format!(r#"{{"owner":{owner},"currency":"USD","overdraft_limit":0}}"#);
    let deposited = r#"{"amount":{"minor_units":1,"currency":"USD"},"balance":1}"#;
    for (event_type, data) in [("account-opened", &*opened), ("money-deposited", deposited)] {
        let (stream_id, reason) = ("account-alice", &*reason);
        world
            .append_event(NewEvent { stream_id, event_type, data, reason, ..Default::default() })
            .await;
    }
    let signed = sign(&world).await;
    let before = evidence(&world, &signed).await;
    keys.destroy("alice").await;
    let after = evidence(&world, &signed).await;
    assert_eq!(before, after, "history did not change");
    after.check(&[key().public().clone()]).unwrap();
    assert!(convinces_python(&after));
    assert_eq!(after.events[0].data, opened, "to the letter");
    let report = after.report.join("\n");
    assert!(report.contains("because: [sealed]"), "{report}");
    assert!(report.contains(r#"{"currency":"USD","overdraft_limit":0,"owner":[sealed]}"#));
    assert!(!report.contains("Ann Sealed") && !report.contains("moving in"), "{report}");

    let mut forged = after.clone();
    forged.events[0].data = opened.replace(&owner, r#"{"plain":"Eve"}"#);
    assert!(forged.check(&[key().public().clone()]).is_err());
    assert!(!convinces_python(&forged));
}
