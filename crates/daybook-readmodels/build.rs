//! Migrations are compiled in; a new file must compile them in anew.

fn main() {
    println!("cargo::rerun-if-changed=../../migrations/read");
}
