//! The prover beside everything else, killed as by a power failure while commands come in.

use anyhow::ensure;
use daybook_proof::proof::verify_consistency;
use daybook_proof::{Hash, KeyFile, SignedCheckpoint};
use daybook_proto::v1 as proto;
use daybook_testkit::eventually;
use daybook_testkit::servers::Service;

use crate::world::{BOUND, World};

/// The newest signed checkpoint, waited for.
pub(crate) async fn checkpoint(world: &World, min_position: i64) -> proto::Checkpoint {
    let question = proto::GetCheckpointRequest { origin: String::new(), min_position };
    let answer = world.query.clone().get_checkpoint(question).await.unwrap();
    answer.into_inner().checkpoint.unwrap()
}

/// What is asked for right after it was acknowledged is waited for, and gets signed whatever was killed.
#[tokio::test]
async fn a_prover_killed_again_and_again_signs_one_history_of_all_events() {
    let mut world = World::new().await;
    world.open_accounts(10).await;
    let mut kept = Vec::new();
    for round in 0..5 {
        let mut prover =
            world.stack.start_another(Service::Prover, &["--interval-ms", "20"]).await.unwrap();
        let (killed, _) = tokio::join!(
            async {
                let before = world.head().await;
                eventually("some of the load is signed", BOUND, async || {
                    let size = checkpoint(&world, 1).await.size;
                    ensure!(size > before.min(20 + round), "{size}");
                    Ok(())
                })
                .await;
                prover.kill().await
            },
            world.load(10, 100),
        );
        killed.unwrap();
        kept.push(checkpoint(&world, 1).await);
    }
    let _prover = world.stack.start_another(Service::Prover, &[]).await.unwrap();
    let head = world.head().await;
    let last = checkpoint(&world, head).await;
    assert_eq!(last.size, head);
    let keys = KeyFile::parse(&std::fs::read_to_string(world.stack.key_file()).unwrap()).unwrap();
    let opened = |checkpoint: &proto::Checkpoint| {
        SignedCheckpoint::open(&checkpoint.note, &keys.public_keys()).unwrap().checkpoint
    };
    let now = opened(&last);
    for earlier in &kept {
        let then = opened(earlier);
        let question = proto::GetConsistencyProofRequest {
            first_size: earlier.size,
            second_size: last.size,
            ..Default::default()
        };
        let proof = world.query.get_consistency_proof(question).await.unwrap().into_inner().hashes;
        let proof: Vec<_> = proof.iter().map(|hash| Hash::from_slice(hash).unwrap()).collect();
        let holds = verify_consistency((then.size, then.root), (now.size, now.root), &proof);
        assert_eq!(holds, Ok(()), "{} in {}", then.size, now.size);
    }
}
