//! What became of records, in numbers.

/// What became of the records of a tracker.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize)]
#[non_exhaustive]
pub struct SenderStats {
    /// Records that wait in memory or are being sent.
    pub queued: u64,
    /// Their bytes on the wire.
    pub queued_bytes: u64,
    /// Records that wait on the disk, as far as this tracker put them there or took
    /// them over from a process that ended.
    pub spooled: u64,
    /// Records that the service stored.
    pub sent: u64,
    /// Records that the service had already, such as after a broken connection.
    pub duplicates: u64,
    /// Records that the service refused for good.
    pub refused: u64,
    /// Records that could not be kept: neither in memory nor on the disk.
    pub dropped: u64,
}
