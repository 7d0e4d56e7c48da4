//! Prices and names that are added and ended.
