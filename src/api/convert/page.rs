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

/// Cuts a list to its page, and says whether there is more.
pub(crate) fn cut<T>(items: &mut Vec<T>, size: i64) -> bool {
    let size = usize::try_from(size).unwrap_or(usize::MAX);
    let more = items.len() > size;
    items.truncate(size);
    more
}

/// Reads the size of a page of which nothing else can be wrong.
pub(crate) fn only_size(given: i32) -> Result<i64, Violations> {
    let mut violations = Violations::default();
    let size = size(given, &mut violations);
    violations.into_result()?;
    Ok(i64::try_from(size).expect("a page has at most a thousand items"))
}
