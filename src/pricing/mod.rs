//! PRICE. From a call's names, time, terms and quantities to its cost.
//!
//! A [`Catalogue`] is an immutable price list. [`Catalogue::price`] is a pure
//! function of it and a call: the same two always give the same cost, whatever
//! the clock says and whatever was asked before.
//!
//! - [`resolve`]: which model of the list do these names mean? Never the nearest.
//! - [`cost`]: which rates hold, and what do they come to? Exactly, rounded once.
//! - [`file`]: the list as TOML, which is how it is kept in this repository.
//! - [`corrections`]: facts that are known better than the list has them.
//! - [`sync`]: the list of somebody else, brought into that form.

pub mod address;
pub mod book;
pub mod catalogue;
pub mod change;
pub mod corrections;
pub mod cost;
pub mod embedded;
pub mod file;
mod index;
mod invariants;
mod memory;
pub mod quote;
pub mod resolve;
pub mod rule;
pub mod schedule;
pub mod set;
pub mod sync;
pub mod version;

use std::sync::Arc;

use arc_swap::{ArcSwap, Guard};

pub use book::{PriceBook, View};
pub use catalogue::{Catalogue, Model, Provider, Source};

/// The prices in use: a cheap handle on a price book that is swapped whole.
#[derive(Clone)]
pub struct Prices(Arc<ArcSwap<PriceBook>>);

impl Prices {
    /// Begins with `book`.
    #[must_use]
    pub fn new(book: PriceBook) -> Self {
        Self(Arc::new(ArcSwap::from_pointee(book)))
    }

    /// The book of this moment. It stays as it is for whoever holds it;
    /// hold it for a batch, not for ever.
    #[must_use]
    pub fn current(&self) -> Guard<Arc<PriceBook>> {
        self.0.load()
    }

    /// The same, for keeping.
    #[must_use]
    pub fn whole(&self) -> Arc<PriceBook> {
        self.0.load_full()
    }

    /// Puts `book` in place of the one in use, for every handle.
    pub fn replace(&self, book: PriceBook) {
        self.0.store(Arc::new(book));
    }
}

impl std::fmt::Debug for Prices {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("Prices")
    }
}
