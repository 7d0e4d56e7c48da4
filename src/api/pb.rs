//! The wire types of `proto/aiusage/v1`, made at build time. Only `api` sees them.
#![expect(unreachable_pub, reason = "made from the proto files, which are documented")]
#![expect(clippy::large_futures, reason = "generated servers box their own futures")]

tonic::include_proto!("aiusage.v1");

/// The descriptors of the package, for reflection.
pub(crate) const DESCRIPTORS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/descriptors.bin"));
