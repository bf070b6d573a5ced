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
    let out = Path::new(&out);
    std::fs::write(out.join("daybook.v1.bin"), descriptors.encode_to_vec())?;
    tonic_prost_build::configure().build_server(false).compile_fds(descriptors.clone())?;
    // The servers apart, on the same messages, because they read requests with a codec of their own.
    let servers = out.join("servers");
    std::fs::create_dir_all(&servers)?;
    tonic_prost_build::configure()
        .build_client(false)
        .codec_path("crate::codec::RequestCodec")
        .extern_path(".daybook.v1", "crate::v1")
        .out_dir(servers)
        .compile_fds(descriptors)?;
    Ok(())
}
