//! SYNC. Somebody else's price list, brought into our form.
//!
//! A converter takes figures and names, never prose, and it refuses what it does
//! not understand: an unknown field could be one that changes prices.
//!
//! - [`Listing`]: what any of them reads.
//! - [`guard`]: which of the prices are hard to believe.
//! - [`plan`]: what bringing it in would change.

pub mod genai_prices;
pub mod guard;
mod listed;
mod listing;
pub mod litellm;
mod number;
mod pattern;
pub mod plan;
pub mod table;

pub use listing::{Format, Listing, ListingError, Refused};
