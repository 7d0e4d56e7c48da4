//! aiusage.

#![forbid(unsafe_code)]

pub mod domain;
pub mod pricing;
pub mod store;
