//! Tests of the whole service: real servers, a real Postgres, the real client.
//!
//! After every test its log must make up its summaries: the harness checks it.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on may panic")]

mod harness;

mod active_users;
mod alerts;
mod auth;
mod bad_input;
mod batch;
mod budget_changes;
mod budget_client;
mod budgets;
mod budgets_by_hand;
mod concurrency;
mod economics;
mod erasure;
mod errors;
mod export;
mod fold;
mod idempotency;
mod invoices;
mod keys;
mod log;
mod log_details;
mod migrations;
mod one_truth;
mod open_doors;
mod outage;
mod outlook;
mod own_figures;
mod plans;
mod price_changes;
mod pricing_service;
mod questions;
mod receiver;
mod record;
mod repricing;
mod reservations;
mod retention;
mod shutdown;
mod simulate;
mod story;
mod suggestions;
mod tidy;
mod too_much;
mod usage_conventions;
mod users;
mod web;
mod web_sessions;
mod web_streams;
mod webhooks;
