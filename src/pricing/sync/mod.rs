//! SYNC. Somebody else's price list, brought into our form.
//!
//! A converter takes figures and names, never prose, and it refuses what it does
//! not understand: an unknown field could be one that changes prices.

pub mod genai_prices;
mod pattern;
