//! How records are sent.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::drops::OnDrop;

/// Where records wait that cannot be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum SpoolPlace {
    /// In the folder of the environment or the user's state.
    Default,
    /// In this folder.
    Folder(PathBuf),
    /// In memory alone.
    Nowhere,
}

/// How records are sent.
pub(crate) struct Settings {
    pub(crate) spool: SpoolPlace,
    pub(crate) spool_bytes: u64,
    pub(crate) queue_records: usize,
    pub(crate) queue_bytes: usize,
    pub(crate) linger: Duration,
    pub(crate) answer_timeout: Duration,
    pub(crate) default_user_id: String,
    pub(crate) on_drop: Option<Arc<OnDrop>>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            spool: SpoolPlace::Default,
            spool_bytes: 256 << 20,
            queue_records: 20_000,
            queue_bytes: 32 << 20,
            linger: Duration::from_millis(200),
            answer_timeout: Duration::from_secs(6),
            default_user_id: "unknown".to_owned(),
            on_drop: None,
        }
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Settings")
            .field("spool", &self.spool)
            .field("spool_bytes", &self.spool_bytes)
            .field("queue_records", &self.queue_records)
            .field("queue_bytes", &self.queue_bytes)
            .field("linger", &self.linger)
            .field("answer_timeout", &self.answer_timeout)
            .finish_non_exhaustive()
    }
}
