//! The prover beside everything else, killed as by a power failure while commands come in.

use anyhow::ensure;
use daybook_proof::proof::verify_consistency;
use daybook_proof::{Edge, Hash, KeyFile, SignedCheckpoint};
use daybook_proto::v1 as proto;
use daybook_testkit::eventually;
use daybook_testkit::servers::Service;

use crate::command_line::{daybook, daybook_must};
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

/// Whoever has the files needs nothing else: the tree hashed from them is the one that was signed.
#[tokio::test]
async fn the_tree_as_files_is_the_tree_that_was_signed() {
    let mut world = World::new().await;
    world.open_accounts(10).await;
    assert!(world.load(10, 200).await > 150);
    let _prover = world.stack.start_another(Service::Prover, &[]).await.unwrap();
    let head = world.head().await;
    let last = checkpoint(&world, head).await;
    let keys = KeyFile::parse(&std::fs::read_to_string(world.stack.key_file()).unwrap()).unwrap();
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path();
    let key = keys.public_keys()[0].to_string();
    let url = world.stack.postgres.url(Service::Prover.role(), "daybook");
    let arguments = ["proof", "tiles", "--entries", "-o", path.to_str().unwrap(), "--key", &key];
    daybook_must(&arguments, &[("DAYBOOK_LOG_DATABASE_URL", &url)]).await;

    assert_eq!(std::fs::read_to_string(path.join("checkpoint")).unwrap(), last.note);
    let (size, mut edge, mut leaves) = (u64::try_from(last.size).unwrap(), Edge::default(), 0);
    while leaves < size {
        let (tile, width) = (leaves / 256, (size - leaves).min(256));
        let name = |kind: &str| match width {
            256 => path.join(format!("tile/{kind}/{tile:03}")),
            _ => path.join(format!("tile/{kind}/{tile:03}.p/{width}")),
        };
        let hashes = std::fs::read(name("0")).unwrap();
        assert_eq!(hashes.len() as u64, width * 32);
        let entries = std::fs::read(name("entries")).unwrap();
        let (mut rest, mut hashes) = (&entries[..], hashes.chunks_exact(32));
        while let Some((length, tail)) = rest.split_first_chunk::<2>() {
            let (entry, tail) = tail.split_at(usize::from(u16::from_be_bytes(*length)));
            let hash = Hash::of_leaf(entry);
            assert_eq!(Some(&hash.0[..]), hashes.next(), "entry {leaves}");
            edge.push(hash, &mut Vec::new());
            (rest, leaves) = (tail, leaves + 1);
        }
        assert_eq!(hashes.next(), None);
    }
    let signed = SignedCheckpoint::open(&last.note, &keys.public_keys()).unwrap();
    assert_eq!(edge.root(), signed.checkpoint.root);

    // Signed by somebody else: nothing is written.
    let stranger = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
    let other = directory.path().join("other");
    let arguments = ["proof", "tiles", "-o", other.to_str().unwrap(), "--key", stranger];
    let (code, printed) = daybook(&arguments, &[("DAYBOOK_LOG_DATABASE_URL", &url)]).await;
    assert_eq!(code, Some(1), "{printed}");
    assert!(!other.exists());
}
