//! `deploy/env.sample` names every setting that the binaries have, with its default, and no other.

use std::collections::BTreeSet;
use std::process::Command;

use daybook_testkit::servers::service_binary;

const SAMPLE: &str = include_str!("../../../../deploy/env.sample");

/// Read by the crate that starts private servers, not by a command line.
const NOT_IN_HELP: [&str; 2] = ["DAYBOOK_PG_BIN", "DAYBOOK_REDIS_SERVER"];

/// Each program, and what of it is asked for help.
const HELP: [(&str, &[&str]); 8] = [
    ("daybook-command", &[]),
    ("daybook-projector", &[]),
    ("daybook-query", &[]),
    ("daybook-prover", &[]),
    ("daybook", &[]),
    ("daybook", &["migrate"]),
    ("daybook", &["dev"]),
    ("daybook", &["demo"]),
];

/// A variable, and its default where it has one.
type Setting = (String, Option<String>);

fn settings_of_binaries() -> BTreeSet<Setting> {
    HELP.iter().flat_map(|(program, verb)| settings_in_help(program, verb)).collect()
}

fn settings_in_help(program: &str, verb: &[&str]) -> Vec<Setting> {
    let output = Command::new(service_binary(program).unwrap())
        .args(verb)
        .arg("--help")
        .env_clear()
        .output()
        .unwrap();
    assert!(output.status.success(), "{program} {verb:?} --help: {output:?}");
    // Lines are wrapped anywhere between words.
    let help = String::from_utf8(output.stdout).unwrap();
    let help = help.split_whitespace().collect::<Vec<_>>().join(" ");
    help.split("[env: ").skip(1).map(setting).collect()
}

/// `NAME=] [default: 7] and the next flag …`
fn setting(text: &str) -> Setting {
    let (name, rest) = text.split_once(']').unwrap();
    let default = rest
        .trim_start()
        .strip_prefix("[default: ")
        // clap shows an empty default as "".
        .and_then(|default| Some(default.split_once(']')?.0.trim_matches('"').to_owned()));
    (name.trim_end_matches('=').to_owned(), default)
}

/// `NAME=value`, commented out or not.
fn lines_of_sample() -> BTreeSet<(&'static str, &'static str)> {
    SAMPLE
        .lines()
        .map(|line| line.strip_prefix('#').unwrap_or(line))
        .filter(|line| line.starts_with("DAYBOOK_"))
        .map(|line| line.split_once('=').unwrap())
        .collect()
}

#[test]
fn the_sample_names_every_setting_with_its_default_and_no_other() {
    let (settings, sample) = (settings_of_binaries(), lines_of_sample());
    for (name, default) in &settings {
        assert!(sample.iter().any(|(sampled, _)| sampled == name), "{name} is not in env.sample");
        if let Some(default) = default {
            assert!(
                sample.contains(&(name, default)),
                "{name} has the default {default}, env.sample says another"
            );
        }
    }
    for (name, _) in &sample {
        assert!(
            NOT_IN_HELP.contains(name) || settings.iter().any(|(known, _)| known == name),
            "{name} is in env.sample, but no program has it"
        );
    }
}
