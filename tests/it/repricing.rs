//! Costs that are corrected.
