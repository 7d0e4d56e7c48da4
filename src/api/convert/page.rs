//! Sizes of pages.

use crate::domain::violation::Violations;

/// Items of a page when the request does not say.
const DEFAULT: usize = 100;
/// The most items of a page.
const MAX: usize = 1_000;

/// Reads a page's size; more than there may be is as many as there may be.
pub(crate) fn size(given: i32, violations: &mut Violations) -> usize {
    match usize::try_from(given) {
        Ok(0) => DEFAULT,
        Ok(size) => size.min(MAX),
        Err(_) => {
            violations.add("page_size", format!("must be 0 to {MAX}"));
            DEFAULT
        }
    }
}
