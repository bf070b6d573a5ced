//! Compiles the `.proto` files with protox, in Rust: no system protoc is needed.

use std::path::Path;

use prost::Message as _;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    const FILES: [&str; 3] =
        ["daybook/v1/common.proto", "daybook/v1/command.proto", "daybook/v1/query.proto"];
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../proto");
    println!("cargo:rerun-if-changed={}", root.display());

    let descriptors = protox::compile(FILES, [&root])?;
    // Server reflection answers from this.
    let out = std::env::var("OUT_DIR")?;
    std::fs::write(Path::new(&out).join("daybook.v1.bin"), descriptors.encode_to_vec())?;
    tonic_prost_build::configure().compile_fds(descriptors)?;
    Ok(())
}
