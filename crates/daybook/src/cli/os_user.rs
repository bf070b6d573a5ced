//! The name of the operating system's user, who is the actor unless somebody else is named.

use std::fs;
use std::os::unix::fs::MetadataExt;

/// The name that belongs to the user id of this process; where none is listed, what the environment says.
pub(super) fn name() -> Option<String> {
    let listed = || {
        let user_id = fs::metadata("/proc/self").ok()?.uid();
        name_of(user_id, &fs::read_to_string("/etc/passwd").ok()?)
    };
    let stated = |variable| std::env::var(variable).ok().filter(|name| !name.is_empty());
    listed().or_else(|| stated("USER")).or_else(|| stated("LOGNAME"))
}

fn name_of(user_id: u32, passwd: &str) -> Option<String> {
    passwd.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        let id: u32 = fields.nth(1)?.parse().ok()?;
        (id == user_id && !name.is_empty()).then(|| name.to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_user_is_found_by_id() {
        let passwd = "root:x:0:0:root:/root:/bin/sh\n\nann:x:1000:1000::/home/ann:/bin/sh\n";
        assert_eq!(name_of(1000, passwd), Some("ann".to_owned()));
        assert_eq!(name_of(7, passwd), None);
    }
}
