//! The wire types of `proto/aiusage/v1`, made at build time. Only `api` sees them.
#![expect(
    unreachable_pub,
    clippy::allow_attributes,
    clippy::allow_attributes_without_reason,
    reason = "made by a generator, which has its own taste"
)]

tonic::include_proto!("aiusage.v1");

/// The descriptors of the package, for reflection.
pub(crate) const DESCRIPTORS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/descriptors.bin"));

/// The same with the comments, for the web.
pub(crate) const COMMENTED_DESCRIPTORS: &[u8] =
    include_bytes!(concat!(env!("OUT_DIR"), "/commented_descriptors.bin"));
