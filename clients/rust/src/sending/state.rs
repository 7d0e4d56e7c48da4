//! Where a record is.

use super::drops::DropReason;

/// Where a record is, after it was waited for.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
#[must_use = "tells whether the record is safe"]
pub enum RecordState {
    /// The service has it.
    Stored,
    /// It lies on the disk, and is sent when the service is back, by this process or the
    /// next one.
    OnDisk,
    /// It waits in memory, and is sent when the service is back, unless the process ends
    /// before.
    InMemory,
    /// It could not be kept. [`on_drop`](crate::TrackerBuilder::on_drop) was told, too.
    Dropped(DropReason),
    /// The tracker is disabled: nothing is recorded.
    Disabled,
}

impl RecordState {
    /// Whether it outlives the process: the service or the disk has it.
    #[must_use]
    pub fn is_durable(&self) -> bool {
        matches!(self, Self::Stored | Self::OnDisk)
    }
}
