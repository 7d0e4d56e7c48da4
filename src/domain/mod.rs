//! MEANING. Pure values: no I/O, no database, no wire types, no clock.
//!
//! What exists here is valid. Text, counts and times are checked once, at the
//! edge, by the constructors below; nothing inside has to be checked again.

pub mod alert;
pub mod anomaly;
pub mod budget;
pub mod cost;
pub mod filter;
pub mod forecast;
pub mod histogram;
pub mod ids;
pub mod invoice;
pub mod median;
pub mod meter;
pub mod money;
pub mod months;
pub mod period;
pub mod quantities;
pub mod repricing;
pub mod retention;
pub mod slices;
pub mod spans;
pub mod steps;
pub mod tenant;
pub mod text;
pub mod totals;
pub mod usage;
pub mod user;
pub mod violation;
