//! How this program is called from a shell, for messages that print commands to type.

use std::path::Path;

/// The word that runs this program in a shell in the same working directory, whether or not it is on the PATH.
pub(crate) fn this_program() -> String {
    match (std::env::current_exe(), std::env::current_dir()) {
        (Ok(program), Ok(directory)) => word(&program, &directory),
        _ => "daybook".to_owned(),
    }
}

/// Relative where `program` is below `directory`, quoted where a shell would split or expand it.
fn word(program: &Path, directory: &Path) -> String {
    // With `./`, since a shell looks for a name without a slash on the PATH.
    let path = program
        .strip_prefix(directory)
        .map_or_else(|_| program.to_owned(), |below| Path::new(".").join(below));
    let path = path.to_string_lossy();
    // Only a NUL cannot be quoted, and no path holds one.
    shlex::try_quote(&path).unwrap_or_else(|_| path.clone()).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_is_named_so_that_a_shell_finds_it() {
        for (program, directory, expected) in [
            ("/src/target/demo/daybook", "/src", "./target/demo/daybook"),
            ("/src/daybook", "/src", "./daybook"),
            ("/usr/bin/daybook", "/src", "/usr/bin/daybook"),
            ("/srcs/daybook", "/src", "/srcs/daybook"),
            ("/my src/$x/daybook", "/my src", "'./$x/daybook'"),
            ("/my src/daybook", "/", "'./my src/daybook'"),
        ] {
            assert_eq!(word(Path::new(program), Path::new(directory)), expected);
        }
    }
}
