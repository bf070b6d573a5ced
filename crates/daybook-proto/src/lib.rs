//! The public contract of `proto/`, as generated code, and how services read requests. The types stop at the service
//! modules.

pub mod codec;

/// Package `daybook.v1`.
#[expect(
    missing_docs,
    clippy::all,
    reason = "generated; the generator writes items without docs and in its own style"
)]
pub mod v1 {
    tonic::include_proto!("daybook.v1");
    include!(concat!(env!("OUT_DIR"), "/servers/daybook.v1.rs"));
}

/// The encoded `FileDescriptorSet` of `daybook.v1`, for server reflection.
pub const FILE_DESCRIPTOR_SET: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/daybook.v1.bin"));
