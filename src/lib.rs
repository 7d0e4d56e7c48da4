//! What did every AI request cost, who caused it, and may they make the next one?
//!
//! ```text
//!  write   api ─NewUsage─▶ pricing ─PricedUsage─▶ ingest ─one statement─▶ store (log + summaries)
//!                                      receipt ◀─ after commit
//!  read    api ─question─▶ query ─▶ store ─▶ answer
//! ```
//!
//! The modules stand in the order in which a record meets them.

#![forbid(unsafe_code)]

pub mod cli;
pub mod config;
pub mod credentials;
pub mod telemetry;
pub mod upkeep;

pub mod app;
pub mod bootstrap;

pub mod api;
pub mod budget;
pub mod domain;
pub mod export;
pub mod ingest;
pub mod pricing;
pub mod store;
pub mod web;

pub mod query;

pub mod alert;

pub mod clock;
pub mod users;
