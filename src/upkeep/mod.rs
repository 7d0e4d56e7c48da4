//! UPKEEP. What goes on beside the calls: prices that change, and costs that follow
//! them.
//!
//! - [`keeper`]: changes the price list, and swaps what every call is priced with.
//! - [`eraser`]: blanks what the records of erased users carry.
//! - [`repricer`]: prices records anew that were stored at other prices, or at none.
//! - [`retention`]: drops the log of long ago.

pub mod budget_keeper;
pub mod eraser;
pub mod first_prices;
pub mod keeper;
pub mod repricer;
pub mod retention;
