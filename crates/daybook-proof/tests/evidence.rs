//! The two checkers of evidence, this crate's and `check_evidence.py`, over a list of mutations: what holds for one holds for
//! the other. Python's also under `-O`, which takes assertions away.

#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

#[path = "evidence/golden.rs"]
mod golden;

use std::path::{Path, PathBuf};
use std::process::Command;

use daybook_core::event::StoredEvent;
use daybook_proof::evidence::{Evidence, ProvenEvent, Subject};
use daybook_proof::proof::inclusion;
use daybook_proof::{
    Checkpoint, Edge, Hash, PrivateKey, PublicKey, SignedCheckpoint, TileId, Tiles, leaf, note,
};
use serde_json::{Value, json};
use uuid::Uuid;

const NAME: &str = "ledger.example.com/test";

/// Who signs, and another that is trusted for another log.
struct Keys {
    own: PrivateKey,
    other: PrivateKey,
}

impl Keys {
    fn new() -> Self {
        let key = |name, seed| PrivateKey::from_seed(name, &[seed; 32]).unwrap();
        Self { own: key(NAME, 1), other: key("other.example.com", 2) }
    }

    fn public(&self) -> Vec<PublicKey> {
        vec![self.own.public().clone(), self.other.public().clone()]
    }
}

fn event(position: i64, stream_id: &str, version: i64, command: &str, data: &str) -> StoredEvent {
    let reason = match position {
        2 => r#","reason":{"plain":"salary \"é\" ✓"}"#,
        3 => r#","reason":{"sealed":{"subject":"alice","text":"YQ=="}}"#,
        4 => r#","reason":{"b":[1,null],"a":"\u0007"}"#,
        _ => "",
    };
    StoredEvent {
        position,
        prev_position: position - 1,
        version,
        recorded_at_micros: 1_764_072_251_123_457 + position,
        event_id: Uuid::from_u128(
            0x0193_4f2e_7c00_7abc_8def_0123_4567_8900 + u128::try_from(position).unwrap(),
        ),
        schema_version: 1,
        partition: 0,
        stream_id: stream_id.to_owned(),
        stream_type: stream_id.split('-').next().unwrap().to_owned(),
        event_type: "money-deposited".to_owned(),
        data: data.to_owned(),
        metadata: format!(
            r#"{{"actor":"tom","correlation_id":"c","command_id":"{command}"{reason}}}"#
        ),
    }
}

/// Two accounts, and a transfer whose second command has an event on each.
fn log() -> Vec<StoredEvent> {
    let sealed = r#"{"owner" : {"sealed":{"subject":"alice","text":"YQ=="}} , "limit": 1e2,"é\n":[1 , 2],"currency":"USD"}"#;
    vec![
        event(1, "account-alice", 1, "c1", sealed),
        event(2, "account-alice", 2, "c2", r#"{"amount": 1.10,  "balance":1}"#),
        event(3, "account-bob", 1, "c3", r#"{"owner":{"plain":"Bob"}}"#),
        event(4, "account-alice", 3, "c4", r#"{"a":1,"a":{"sealed":1}}"#),
        event(5, "transfer-t", 1, "c5", "[1]"),
        event(6, "transfer-t", 2, "c6", "{}"),
        event(7, "account-alice", 4, "c6", "{}"),
        event(8, "account-bob", 2, "c6", "{}"),
        event(9, "account-bob", 3, "c9", "{}"),
    ]
}

/// The signed log, and the evidence that can be made of it.
struct Case {
    keys: Keys,
    signed: SignedCheckpoint,
    proven: Vec<ProvenEvent>,
}

impl Case {
    fn new() -> Self {
        let (keys, log) = (Keys::new(), log());
        let (mut edge, mut tiles, mut leaves) = (Edge::default(), Tiles::default(), Vec::new());
        for event in &log {
            edge.push(leaf::hash(event), &mut Vec::new());
            leaves.extend_from_slice(&leaf::hash(event).0);
        }
        tiles.insert(TileId { level: 0, index: 0 }, leaves);
        let checkpoint =
            Checkpoint { origin: NAME.to_owned(), size: edge.size(), root: edge.root() };
        let signed = checkpoint.sign(&[&keys.own]).unwrap();
        let proven = log.into_iter().zip(0..).map(|(event, index)| {
            ProvenEvent::new(event, inclusion(index, edge.size(), |node| tiles.node(node)).unwrap())
        });
        Self { signed, proven: proven.collect(), keys }
    }

    /// Evidence of these events, report included; whether it convinces is another question.
    fn of(&self, subject: Subject, positions: &[usize]) -> Evidence {
        let events = positions.iter().map(|position| self.proven[position - 1].clone()).collect();
        let made_at = "2026-11-28T00:00:00Z".to_owned();
        Evidence::new(subject, made_at, self.keys.own.public(), &self.signed, events)
    }

    fn alice(&self) -> Evidence {
        self.of(account("alice"), &[1, 2, 4, 7])
    }

    /// Alice's with another checkpoint.
    fn with_note(&self, note: String) -> Vec<u8> {
        text(&Evidence { checkpoint: note, ..self.alice() })
    }
}

fn account(id: &str) -> Subject {
    Subject::Account(id.to_owned())
}

fn text(evidence: &Evidence) -> Vec<u8> {
    serde_json::to_vec(evidence).unwrap()
}

/// A file, its name in the list, and whether it must hold.
type Mutation = (String, Vec<u8>, bool);

/// What changes the meaning: the list of what an attacker would try.
fn of_content(case: &Case) -> Vec<Mutation> {
    let range = |from, to| Subject::Range { from, to };
    let transfer = || Subject::Transfer("t".to_owned());
    let subjects: Vec<(&str, Subject, &[usize], bool)> = vec![
        ("an account", account("alice"), &[1, 2, 4, 7], true),
        ("a transfer", transfer(), &[5, 6, 7, 8], true),
        ("a range", range(2, 8), &[2, 3, 4, 5, 6, 7, 8], true),
        ("the last one cut off, which no file can show", account("alice"), &[1, 2, 4], true),
        ("the first one cut off", account("alice"), &[2, 4, 7], false),
        ("one cut out", account("alice"), &[1, 4, 7], false),
        ("all cut out", account("alice"), &[], false),
        ("all of a range cut out", range(2, 8), &[], false),
        ("an empty range", range(3, 2), &[], false),
        ("doubled", account("alice"), &[1, 1, 2, 4, 7], false),
        ("reordered", account("alice"), &[2, 1, 4, 7], false),
        ("one of another account", account("alice"), &[1, 2, 3, 4, 7], false),
        ("another account's", account("bob"), &[1, 2, 4, 7], false),
        ("one that the transfer did not make", transfer(), &[5, 6, 7, 8, 9], false),
        ("a range with a gap", range(2, 5), &[2, 3, 5], false),
        ("a range with more", range(2, 3), &[2, 3, 4], false),
        ("a range of other bounds", range(3, 5), &[2, 3, 4], false),
        ("a range without an end", range(i64::MIN, i64::MAX), &[1, 2], false),
    ];
    let made = subjects.into_iter().map(|(name, subject, positions, holds)| {
        (name.to_owned(), text(&case.of(subject, positions)), holds)
    });
    let (t, keys) = (case.signed.checkpoint.text(), &case.keys);
    let signed = |text: &str, key: &PrivateKey| note::sign(text, &[key]).unwrap();
    let note = &case.signed.note;
    let resigned = format!("{}{}", note, signed(&t, &keys.other).lines().last().unwrap());
    let flip = |note: &str, from_end: usize| {
        let (mut note, at) = (note.to_owned(), note.len() - 4 - from_end);
        let other = if &note[at..=at] == "A" { "B" } else { "A" };
        note.replace_range(at..=at, other);
        note
    };
    let forged_too = format!("{note}{}\n", flip(note, 30).lines().last().unwrap());
    let notes = [
        ("another size", note.replace("\n9\n", "\n8\n"), false),
        ("another root", note.replace(&t[t.len() - 46..t.len() - 40], "\nAAAAA"), false),
        ("a log of another name", signed(&t.replace(NAME, "other"), &keys.own), false),
        ("another log's key", signed(&t, &keys.other), false),
        ("both keys", format!("{resigned}\n"), true),
        ("a line of a witness", format!("{note}\u{2014} witness AAAAAAA=\n"), true),
        ("a witness of four bytes", format!("{note}\u{2014} witness AAAAAA==\n"), false),
        ("a witness without a name", format!("{note}\u{2014}  AAAAAAA=\n"), false),
        ("a signature that does not verify beside one that does", forged_too, false),
        ("no signature", format!("{t}\n"), false),
        ("a further line, signed", signed(&format!("{t}more\n"), &keys.own), true),
        ("an empty line, signed", signed(&format!("{t}\nmore\n"), &keys.own), false),
        (
            "a size with a zero before it, signed",
            signed(&t.replace("\n9\n", "\n09\n"), &keys.own),
            false,
        ),
        ("a size with a sign, signed", signed(&t.replace("\n9\n", "\n+9\n"), &keys.own), false),
        (
            "a size in other digits, signed",
            signed(&t.replace("\n9\n", "\n\u{0669}\n"), &keys.own),
            false,
        ),
        (
            "a size beyond 64 bits, signed",
            signed(&t.replace("\n9\n", "\n18446744073709551616\n"), &keys.own),
            false,
        ),
        ("a smaller size, signed", signed(&t.replace("\n9\n", "\n3\n"), &keys.own), false),
        ("no line's end", note.trim_end().to_owned(), false),
        ("lines that end in CR", note.replace('\n', "\r\n"), false),
        ("a line separator in a name", note.replace("\u{2014} ", "\u{2014}\u{2028}"), false),
        ("padding in a signature", note.trim_end().to_owned() + "=\n", false),
        ("a space in a signature", note.trim_end().to_owned() + " \n", false),
    ];
    let notes = notes.map(|(name, note, holds)| (name.to_owned(), case.with_note(note), holds));
    // A letter of the signature at a time.
    let flipped = (0..6).map(|letter| {
        let name = format!("another letter {letter} of the signature");
        (name, case.with_note(flip(note, letter * 14)), false)
    });
    made.chain(notes).chain(flipped).collect()
}

/// One value of Alice's evidence is another one.
fn of_values(case: &Case) -> Vec<Mutation> {
    let proof = case.alice().events[0].proof[0].to_string();
    let id = case.alice().events[0].event_id;
    let last = proof.chars().nth(42).unwrap();
    // The last letter but the padding has two bits that say nothing.
    let letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let next = letters.chars().nth(letters.find(last).unwrap() + 1).unwrap();
    let sloppy = format!("{}{next}=", &proof[..42]);
    let values: Vec<(&str, Value)> = vec![
        ("/format", json!("daybook-evidence-v2")),
        ("/format", json!(1)),
        ("/made_at", json!(1)),
        ("/public_key", json!(null)),
        ("/checkpoint", json!([])),
        ("/subject", json!({"account": "bob"})),
        ("/subject", json!({"transfer": "alice"})),
        ("/subject", json!({"accounts": "alice"})),
        ("/subject", json!({"account": "alice", "transfer": "t"})),
        ("/subject", json!({"account": ["alice"]})),
        ("/subject", json!({"range": {"from": 1, "to": 1, "by": 1}})),
        ("/subject", json!({"range": {"from": true, "to": 1}})),
        ("/subject", json!({"range": {"from": 1}})),
        ("/subject", json!({})),
        ("/subject", json!("account")),
        ("/subject", json!(null)),
        ("/events", json!({})),
        ("/events", json!([[]])),
        ("/events/0", json!(null)),
        ("/report", json!([])),
        ("/report", json!("all is well")),
        ("/report/0", json!("all is well")),
        ("/report/0", json!(true)),
        ("/report/4", json!("2025-11-25T12:04:11.123458Z  by nobody")),
        ("/events/0/position", json!(true)),
        ("/events/0/position", json!(1.0)),
        ("/events/0/position", json!("1")),
        ("/events/0/position", json!(0)),
        ("/events/0/position", json!(-1)),
        ("/events/0/position", json!(i64::MAX)),
        ("/events/0/position", json!(u64::MAX)),
        ("/events/0/prev_position", json!(false)),
        ("/events/0/prev_position", json!(1)),
        ("/events/0/prev_position", json!(null)),
        ("/events/0/version", json!(true)),
        ("/events/0/version", json!(2)),
        ("/events/0/schema_version", json!(true)),
        ("/events/0/schema_version", json!(1_i64 << 31)),
        ("/events/0/partition", json!(false)),
        ("/events/0/partition", json!(1 << 15)),
        ("/events/0/recorded_at_micros", json!(1)),
        ("/events/0/recorded_at_micros", json!(1e3)),
        ("/events/0/stream_id", json!("account-bob")),
        ("/events/0/stream_type", json!("accounts")),
        ("/events/0/event_type", json!("money-withdrawn")),
        ("/events/0/event_id", json!(Uuid::nil())),
        ("/events/0/event_id", json!(id.simple().to_string())),
        ("/events/0/event_id", json!(id.urn().to_string())),
        ("/events/0/event_id", json!(id.braced().to_string())),
        ("/events/0/event_id", json!(id.to_string().to_uppercase())),
        ("/events/0/event_id", json!(format!("{id} "))),
        ("/events/0/event_id", json!(id.to_string().replacen('-', "", 1) + "-")),
        ("/events/0/data", json!("{}")),
        ("/events/0/data", json!({})),
        ("/events/0/metadata", json!(r#"{"actor":"mallory"}"#)),
        ("/events/0/proof", json!(null)),
        ("/events/0/proof", json!([])),
        ("/events/0/proof", json!("")),
        ("/events/0/proof/0", json!(Hash([0; 32]).to_string())),
        ("/events/0/proof/0", json!("")),
        ("/events/0/proof/0", json!(1)),
        ("/events/0/proof/0", json!(sloppy)),
        ("/events/0/proof/0", json!(format!("{proof}\n"))),
        ("/events/0/proof/0", json!(format!("{proof}===="))),
        ("/events/0/proof/0", json!(format!("!{proof}?"))),
        ("/events/0/proof/0", json!(format!("{} {}", &proof[..20], &proof[20..]))),
        ("/events/0/proof/0", json!(proof.trim_end_matches('='))),
        ("/events/0/proof/0", json!("AAAA")),
    ];
    let mut mutations: Vec<_> = values
        .into_iter()
        .map(|(pointer, value)| {
            let mut changed = serde_json::to_value(case.alice()).unwrap();
            let name = format!("{pointer} is {value}");
            *changed.pointer_mut(pointer).unwrap() = value;
            (name, changed.to_string().into_bytes(), false)
        })
        .collect();
    for (pointer, is_in) in
        [("", "the file"), ("/events/0", "an event"), ("/subject", "the subject")]
    {
        let mut changed = serde_json::to_value(case.alice()).unwrap();
        changed.pointer_mut(pointer).unwrap()["more"] = json!(1);
        mutations.push((
            format!("one more field in {is_in}"),
            changed.to_string().into_bytes(),
            false,
        ));
    }
    for name in ["format", "made_at", "public_key", "report"] {
        let mut changed = serde_json::to_value(case.alice()).unwrap();
        changed.as_object_mut().unwrap().remove(name);
        mutations.push((format!("without {name}"), changed.to_string().into_bytes(), false));
    }
    mutations
}

/// The same content in other letters, and letters that are none.
fn of_spelling(case: &Case) -> Vec<Mutation> {
    let whole = String::from_utf8(text(&case.alice())).unwrap();
    let made_at = |text: &str| whole.replace("2026-11-28T00:00:00Z", text);
    let value: Value = serde_json::from_str(&whole).unwrap();
    let spelt = [
        ("with line breaks", serde_json::to_string_pretty(&value).unwrap() + "\n", true),
        ("another time, which nothing vouches for", made_at("now"), true),
        ("another key named, which nothing vouches for", whole.replace("+ledger", "+"), true),
        ("escapes", whole.replace("alice", "\\u0061lice"), true),
        ("format twice", whole.replacen('{', r#"{"format":"daybook-evidence-v1","#, 1), false),
        ("events twice", whole.replacen('{', r#"{"events":[],"#, 1), false),
        (
            "a position twice",
            whole.replacen(r#""position":1,"#, r#""position":9,"position":1,"#, 1),
            false,
        ),
        (
            "a subject twice",
            whole.replace(r#"{"account":"alice"}"#, r#"{"account":"bob","account":"alice"}"#),
            false,
        ),
        ("minus zero", whole.replacen(r#""prev_position":0"#, r#""prev_position":-0"#, 1), false),
        (
            "a zero before a number",
            whole.replacen(r#""position":1,"#, r#""position":01,"#, 1),
            false,
        ),
        ("an exponent", whole.replacen(r#""position":1,"#, r#""position":1e0,"#, 1), false),
        ("not a number", whole.replacen(r#""position":1,"#, r#""position":NaN,"#, 1), false),
        ("half a surrogate pair", made_at("\\ud800"), false),
        ("a control character", made_at("\u{1}"), false),
        ("a byte order mark", format!("\u{feff}{whole}"), false),
        ("something behind it", format!("{whole}x"), false),
        ("two of them", format!("{whole}{whole}"), false),
        ("cut off", whole[..whole.len() - 1].to_owned(), false),
        ("nothing", String::new(), false),
        ("deep", "[".repeat(100_000), false),
        ("a comma too many", whole.replacen("]}", ",]}", 1), false),
        ("a comment", format!("{whole}// it is true"), false),
    ];
    let mut spelt: Vec<_> =
        spelt.map(|(name, text, holds)| (name.to_owned(), text.into_bytes(), holds)).into();
    let mut latin = whole.into_bytes();
    let at = latin.windows(4).position(|four| four == b"2026").unwrap();
    latin[at] = 0xe9;
    spelt.push(("bytes that are not UTF-8".to_owned(), latin, false));
    spelt
}

/// As `daybook evidence check` does.
fn holds_in_rust(file: &[u8], keys: &[PublicKey]) -> bool {
    let text = std::str::from_utf8(file).ok();
    let evidence = text.and_then(|text| serde_json::from_str::<Evidence>(text).ok());
    evidence.is_some_and(|evidence| evidence.check(keys).is_ok())
}

fn script() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("check_evidence.py")
}

/// All files in one process: the script's own functions, called as it calls them.
const DRIVER: &str = "
import importlib.util, sys
spec = importlib.util.spec_from_file_location('check_evidence', sys.argv[1])
checker = importlib.util.module_from_spec(spec)
spec.loader.exec_module(checker)
keys = checker.public_keys(sys.argv[2])
for path in sys.argv[3:]:
    try:
        checker.check(open(path, 'rb').read().decode(), keys)
        print('holds')
    except Exception as error:
        print('refused', type(error).__name__, error)
";

/// What Python says of each file.
fn in_python(flags: &[&str], keys: &Path, files: &[PathBuf]) -> Vec<String> {
    let mut python = Command::new("python3");
    python.args(["-B"]).args(flags).args(["-c", DRIVER]).arg(script()).arg(keys).args(files);
    let output = python.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let lines = String::from_utf8(output.stdout).unwrap();
    lines.lines().map(str::to_owned).collect()
}

#[test]
fn both_checkers_refuse_the_same_forgeries() {
    let case = Case::new();
    let dir = tempfile::tempdir().unwrap();
    let keys = dir.path().join("keys");
    let lines: Vec<_> = case.keys.public().iter().map(ToString::to_string).collect();
    std::fs::write(&keys, format!("# Trusted.\n\n  {}  \n", lines.join("\r\n"))).unwrap();
    let mutations: Vec<Mutation> =
        [of_content(&case), of_values(&case), of_spelling(&case)].concat();
    let files: Vec<_> = (0..mutations.len()).map(|n| dir.path().join(n.to_string())).collect();
    for ((_, text, _), file) in mutations.iter().zip(&files) {
        std::fs::write(file, text).unwrap();
    }
    let python = in_python(&[], &keys, &files);
    let optimised = in_python(&["-O"], &keys, &files);
    assert_eq!((python.len(), optimised.len()), (files.len(), files.len()));
    let mut wrong = Vec::new();
    for (((name, text, holds), python), optimised) in mutations.iter().zip(&python).zip(&optimised)
    {
        let rust = holds_in_rust(text, &case.keys.public());
        if [rust, python == "holds", optimised == "holds"] != [*holds; 3] {
            wrong.push(format!("{name}: Rust {rust}, Python {python}, with -O {optimised}"));
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), files.len(), wrong.join("\n"));
}

/// The command line: keys as texts and as files, several of them; exit codes; what the file cannot show.
#[test]
fn the_script_takes_keys_as_the_command_line_does() {
    let case = Case::new();
    let dir = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &[u8]| {
        let path = dir.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let honest = write("honest", &text(&case.alice()));
    let mut forged = case.alice();
    forged.events[1].data = r#"{"amount": 9.99,  "balance":9}"#.to_owned();
    let forged = write("forged", &text(&forged));
    let note = case.signed.note.replace("\n9\n", "\n7\n");
    let unsigned = write("unsigned", &case.with_note(note));
    let (own, other) = (case.keys.own.public().to_string(), case.keys.other.public().to_string());
    let both = write("keys", format!("# Trusted.\n{other}\n{own}\n").as_bytes());
    let empty = write("empty", b"# none\n");
    let mangled = own[..own.len() - 4].to_owned();
    let runs: [(&[&str], i32); 12] = [
        (&[&honest, "--key", &own], 0),
        (&[&honest, "--key", &both], 0),
        (&[&honest, "--key", &other, "--key", &own], 0),
        (&[&honest, "--key", &other], 1),
        (&[&honest, "--key", &mangled], 1),
        (&[&honest, "--key", &empty], 1),
        (&[&honest, "--key", "/nowhere"], 1),
        (&[&honest, &own], 1),
        (&[&honest], 1),
        (&[&forged, "--key", &own], 1),
        (&[&unsigned, "--key", &own], 1),
        (&["/nowhere", "--key", &own], 1),
    ];
    // Under -O those that an assertion might have decided.
    for (flags, runs) in [(&["-B"][..], &runs[..]), (&["-B", "-O"], &runs[9..11])] {
        for (arguments, code) in runs {
            let output = Command::new("python3")
                .args(flags)
                .arg(script())
                .args(*arguments)
                .output()
                .unwrap();
            let told = String::from_utf8_lossy(&output.stdout);
            let error = String::from_utf8_lossy(&output.stderr);
            assert_eq!(output.status.code(), Some(*code), "{flags:?} {arguments:?}: {told}{error}");
            assert!(!error.contains("Traceback"), "{error}");
            let shown =
                told.contains("Not shown by this file: whether its streams have later events");
            assert_eq!(shown, *code == 0, "{told}");
        }
    }
}

/// Nobody is told that the script is shorter than it is, or that it leans on assertions.
#[test]
fn the_script_has_no_assertion() {
    let script = std::fs::read_to_string(script()).unwrap();
    assert!(!script.lines().any(|line| line.trim_start().starts_with("assert")));
    assert!(script.lines().count() <= 300, "README says so");
}
