//! aiusage.

pub mod cli;
