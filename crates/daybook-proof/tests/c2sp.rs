//! The published test vectors of signed notes (those of the Go project's note package, which the C2SP standard was
//! written from) and the examples in the standards' own text, to the byte.

#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use daybook_proof::key::KeyError;
use daybook_proof::note::{self, NoteError};
use daybook_proof::{Checkpoint, Hash, KeyFile, PrivateKey, PublicKey, SignedCheckpoint};
use time::{Duration, OffsetDateTime};

const PETER: &str = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
const PETER_PRIVATE: &str =
    "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz";
const ENOCH: &str = "EnochRoot+af0cfe78+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop";

const TEXT: &str = "If you think cryptography is the answer to your problem,\n\
                    then you don't know what your problem is.\n";
const PETER_SIGNATURE: &str = "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";
const ENOCH_SIGNATURE: &str = "— EnochRoot rwz+eBzmZa0SO3NbfRGzPCpDckykFXSdeX+MNtCOXm2/5n2tiOHp+vAF1aGrQ5ovTG01oOTGwnWLox33WWd1RvMc+QQ=\n";

fn peter() -> PublicKey {
    PublicKey::parse(PETER).unwrap()
}

fn enoch() -> PublicKey {
    PublicKey::parse(ENOCH).unwrap()
}

#[test]
fn a_note_is_signed_to_the_byte() {
    let key = PrivateKey::parse(PETER_PRIVATE).unwrap();
    assert_eq!(key.public().to_string(), PETER);
    assert_eq!(note::sign(TEXT, &[&key]).unwrap(), format!("{TEXT}\n{PETER_SIGNATURE}"));
    assert_eq!(note::sign("abc", &[&key]), Err(NoteError::Malformed), "no newline at the end");
}

#[test]
fn a_note_is_opened_by_the_keys_that_are_known() {
    let note = format!("{TEXT}\n{PETER_SIGNATURE}{ENOCH_SIGNATURE}");
    assert_eq!(note::open(&note, &[peter()]), Ok((TEXT, vec![&peter()])));
    assert_eq!(note::open(&note, &[enoch(), peter()]), Ok((TEXT, vec![&peter(), &enoch()])));
    assert_eq!(note::open(&note, &[]), Err(NoteError::Unverified));
    // The same signature twice counts once.
    let twice = format!("{TEXT}\n{PETER_SIGNATURE}{PETER_SIGNATURE}");
    assert_eq!(note::open(&twice, &[peter()]), Ok((TEXT, vec![&peter()])));
}

#[test]
fn a_note_that_was_tampered_with_is_refused() {
    let altered = format!("{}\n{PETER_SIGNATURE}", TEXT.replace("answer", "Answer"));
    let forged = Err(NoteError::Forged("PeterNeumann+c74f20a3".to_owned()));
    assert_eq!(note::open(&altered, &[peter()]), forged);
    let (start, end) = PETER_SIGNATURE.split_at(60);
    let longer = format!("{TEXT}\n{start}ABCD{end}");
    assert_eq!(note::open(&longer, &[peter()]), forged);
    // One forged signature spoils a note that another key signed.
    let spoilt = format!("{TEXT}\n{start}ABCD{end}{ENOCH_SIGNATURE}");
    assert_eq!(note::open(&spoilt, &[peter(), enoch()]), forged);
    // Another name or another id is another key.
    let misnamed = format!("{TEXT}\n{}", PETER_SIGNATURE.replace("PeterNeumann", "CarmenSandiego"));
    assert_eq!(note::open(&misnamed, &[peter()]), Err(NoteError::Unverified));
    let other_id = format!("{TEXT}\n{}", PETER_SIGNATURE.replace("x08g", "xxxx"));
    assert_eq!(note::open(&other_id, &[peter()]), Err(NoteError::Unverified));
}

#[test]
fn what_is_no_note_is_refused() {
    let cut = PETER_SIGNATURE.trim_end();
    for malformed in [
        TEXT.to_owned(),
        format!("{TEXT}\n"),
        format!("{TEXT}\n{cut}"),
        format!("\u{1}{TEXT}\n{PETER_SIGNATURE}"),
        format!(
            "{TEXT}\n— Bad Name x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
        ),
        format!("{TEXT}\n{PETER_SIGNATURE}Unexpected line.\n"),
        format!("{TEXT}\n{}", PETER_SIGNATURE.repeat(101)),
    ] {
        assert_eq!(note::open(&malformed, &[peter()]), Err(NoteError::Malformed), "{malformed:?}");
    }
    let many = format!("{TEXT}\n{}", PETER_SIGNATURE.repeat(100));
    assert!(note::open(&many, &[peter()]).is_ok());
}

/// Every part and every change of a letter of a key is refused, as in the note package's own tests.
#[test]
fn a_key_that_was_mangled_is_refused() {
    fn mangled(text: &str) -> impl Iterator<Item = String> {
        let parts = (0..=text.len()).flat_map(move |i| {
            let whole = text.len();
            (i + 1..=whole)
                .filter(move |j| (i, *j) != (0, whole))
                .map(move |j| text[i..j].to_owned())
        });
        let changed = (0..text.len()).map(|i| {
            let mut bytes = text.as_bytes().to_vec();
            bytes[i] += 1;
            String::from_utf8(bytes).unwrap()
        });
        parts.chain(changed)
    }
    for key in mangled(PETER) {
        assert!(PublicKey::parse(&key).is_err(), "{key}");
    }
    for key in mangled(PETER_PRIVATE) {
        assert!(PrivateKey::parse(&key).is_err(), "{key}");
    }
    // A key of a wrong length and one of an unknown algorithm, each with the id that belongs to it.
    for key in [
        "PeterNeumann+cc469956+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TWBADKEY==",
        "PeterNeumann+173116ae+ZRpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
    ] {
        assert_eq!(PublicKey::parse(key), Err(KeyError::Malformed));
    }
}

/// The example of c2sp.org/tlog-checkpoint; its key is not published.
#[test]
fn a_checkpoint_is_the_text_of_the_standard() {
    let text =
        "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n";
    let checkpoint = Checkpoint::parse(text).unwrap();
    assert_eq!(checkpoint.origin, "example.com/behind-the-sofa");
    assert_eq!(checkpoint.size, 20_852_163);
    assert_eq!(checkpoint.text(), text);
    let note = format!(
        "{text}\n— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n"
    );
    assert_eq!(note::open(&note, &[peter()]), Err(NoteError::Unverified));

    let with_extension = format!("{text}extension\n");
    assert_eq!(Checkpoint::parse(&with_extension), Ok(checkpoint));
    for wrong in [
        text.replace("20852163", "020852163"),
        text.replace("20852163", "+20852163"),
        text.replace("20852163", "-1"),
        text.replace("CsUY", "CsU"),
        text.replace("example.com/behind-the-sofa", ""),
        format!("{text}\n"),
        text.trim_end().to_owned(),
    ] {
        assert!(Checkpoint::parse(&wrong).is_err(), "{wrong:?}");
    }
}

#[test]
fn a_checkpoint_belongs_to_the_key_of_its_name() {
    let key = PrivateKey::parse(PETER_PRIVATE).unwrap();
    let checkpoint = |origin: &str| Checkpoint {
        origin: origin.to_owned(),
        size: 3,
        root: Hash::of_empty_tree(),
    };
    let signed = checkpoint("PeterNeumann").sign(&[&key]).unwrap();
    assert_eq!(SignedCheckpoint::open(&signed.note, &[enoch(), peter()]), Ok(signed));
    let other = checkpoint("EnochRoot").sign(&[&key]).unwrap();
    assert!(SignedCheckpoint::open(&other.note, &[peter()]).is_err());
}

/// Nobody has to change keys on a given day: until the overlap ends, either public key is enough.
#[test]
fn a_rotated_key_signs_beside_the_old_one_for_a_stated_time() {
    let (now, day) = (OffsetDateTime::UNIX_EPOCH, Duration::DAY);
    let first = || KeyFile::new(PrivateKey::from_seed("log", &[1; 32]).unwrap());
    let rotated = |until| first().rotate(&[2; 32], until, now).unwrap();
    let checkpoint = Checkpoint { origin: "log".to_owned(), size: 1, root: Hash::of_empty_tree() };
    let opens = |signers: &[&PrivateKey], keys: &[PublicKey]| {
        let signed = checkpoint.clone().sign(signers).unwrap();
        SignedCheckpoint::open(&signed.note, keys).is_ok()
    };
    let second = KeyFile::parse(&rotated(now + day).secret_text()).unwrap();
    let (old, new) = (first().public_keys(), [second.private.public().clone()]);
    assert_eq!(second.public_keys(), [new.to_vec(), old.clone()].concat());
    assert!(second.retired.is_empty());
    for (at, by_old) in [(now, true), (now + day, false)] {
        let signers = second.signers(at);
        assert!(opens(&signers, &new) && opens(&signers, &second.public_keys()));
        assert_eq!(opens(&signers, &old), by_old, "{at}");
    }
    assert!(opens(&[&first().private], &second.public_keys()), "what it signed alone");

    // Without an overlap it is retired at once, and with the next rotation after it has ended.
    let at_once = KeyFile::parse(&rotated(now).secret_text()).unwrap();
    assert!(at_once.replaced.is_empty() && at_once.retired == old);
    let third = second.rotate(&[3; 32], now + day * 2, now + day).unwrap();
    assert_eq!((third.replaced.len(), third.retired), (1, old));
}

#[test]
fn no_more_keys_sign_a_checkpoint_than_it_has_room_for() {
    let (now, until) = (OffsetDateTime::UNIX_EPOCH, OffsetDateTime::UNIX_EPOCH + Duration::DAY);
    let mut keys = KeyFile::new(PrivateKey::from_seed("log", &[0; 32]).unwrap());
    for seed in 1..=8 {
        keys = keys.rotate(&[seed; 32], until, now).unwrap();
    }
    assert_eq!(keys.signers(now).len(), 9);
    assert_eq!(keys.rotate(&[9; 32], until, now).unwrap_err(), KeyError::TooMany);
}

#[test]
fn a_private_key_shows_itself_in_its_file_only() {
    let file = KeyFile::new(PrivateKey::from_seed("log", &[7; 32]).unwrap());
    let text = file.secret_text();
    let secret = text.lines().find(|line| line.starts_with("PRIVATE")).unwrap();
    let secret = &secret[secret.len() - 40..];
    let shown = format!("{file:?} {:?} {}", file.private, file.private.public());
    assert!(!shown.contains(secret) && !shown.contains("7, 7"), "{shown}");
    // Nor does an error about a file show what stood in it.
    let broken = text.replace("PRIVATE+KEY+log+", "PRIVATE+KEY+gol+");
    let error = KeyFile::parse(&broken).unwrap_err();
    assert!(!format!("{error:?} {error}").contains(secret));
}
