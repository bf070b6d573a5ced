//! The public contract of `proto/`, as generated code, and nothing else. Its types stop at the service modules.

/// Package `daybook.v1`.
#[expect(
    missing_docs,
    clippy::all,
    reason = "generated; the generator writes items without docs and in its own style"
)]
pub mod v1 {
    tonic::include_proto!("daybook.v1");
}

/// The encoded `FileDescriptorSet` of `daybook.v1`, for server reflection.
pub const FILE_DESCRIPTOR_SET: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/daybook.v1.bin"));
