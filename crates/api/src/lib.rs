//! The gRPC API's generated messages, clients and servers, and the descriptor set that they were made from.
//!
//! Everything here comes from `proto/`; there is no logic and no hand-written type. Start reading at
//! `proto/treadwell/v1/appointment_service.proto`.

/// The API that integrations and the console use.
#[allow(
    missing_docs,
    unreachable_pub,
    clippy::all,
    clippy::pedantic,
    rustdoc::all,
    reason = "generated code, documented by the comments of the proto files"
)]
pub mod v1 {
    tonic::include_proto!("treadwell.v1");
}

/// What lies on disk; not part of the API.
pub mod store {
    /// Format 1.
    #[allow(
        missing_docs,
        unreachable_pub,
        clippy::all,
        clippy::pedantic,
        rustdoc::all,
        reason = "generated code, documented by the comments of the proto files"
    )]
    pub mod v1 {
        tonic::include_proto!("treadwell.store.v1");
    }
}

/// The encoded `FileDescriptorSet` of both packages, for reflection and for tests that walk every method.
pub const DESCRIPTOR_SET: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/treadwell.bin"));
