//! Measuring AI calls: who caused them, how long they took and how they ended.

pub(crate) mod call;
pub(crate) mod context;
pub(crate) mod failure;
#[cfg(feature = "tower")]
pub(crate) mod layer;
#[cfg(feature = "opentelemetry")]
mod trace;
pub(crate) mod tracked;
pub(crate) mod tracker;
