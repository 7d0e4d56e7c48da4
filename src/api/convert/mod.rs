//! Wire in, values out, and back: one file for each family of messages. What
//! comes in is checked here, every violation at once.

pub(super) mod alert;
pub(super) mod answer;
pub(super) mod budget;
pub(super) mod cost;
pub(super) mod filter;
pub(super) mod invoice;
pub(super) mod key;
pub(super) mod map;
pub(super) mod metadata;
pub(super) mod outlook;
pub(super) mod page;
pub(super) mod period;
pub(super) mod planned;
pub(super) mod price;
pub(super) mod price_change;
pub(super) mod question;
pub(super) mod record;
pub(super) mod repricing;
pub(super) mod reservation;
pub(super) mod spenders;
pub(super) mod sync_prices;
pub(super) mod time;
pub(super) mod totals;
pub(super) mod usage;
pub(super) mod usage_entry;
pub(super) mod user;
pub(super) mod what_if;
