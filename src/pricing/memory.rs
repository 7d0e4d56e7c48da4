//! Names that were looked up before, and what they led to.
//!
//! Rules are tested one after the other, which takes microseconds where a provider has
//! hundreds; and the same few names come again and again. A catalogue never changes, so
//! neither does what a name leads to.

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};

/// Names that are remembered at once. Callers choose them, so it is bounded; when it is
/// full it begins anew.
const NAMES_MAX: usize = 1_024;

/// Remembers what names lead to.
#[derive(Debug)]
pub(super) struct Memory<T>(RwLock<HashMap<Box<str>, T>>);

impl<T: Copy> Memory<T> {
    pub(super) fn new() -> Self {
        Self(RwLock::default())
    }

    /// What `name` leads to, which `find` finds if it is not known yet.
    pub(super) fn recall(&self, name: &str, find: impl FnOnce() -> T) -> T {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner).get(name).copied();
        known.unwrap_or_else(|| {
            let found = find();
            let mut names = self.0.write().unwrap_or_else(PoisonError::into_inner);
            if names.len() >= NAMES_MAX {
                names.clear();
            }
            names.insert(name.into(), found);
            found
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_found_once_until_there_are_too_many() {
        let memory = Memory::new();
        let mut found = 0;
        for name in ["a", "b", "a", "a"] {
            memory.recall(name, || found += 1);
        }
        assert_eq!(found, 2);
        for number in 0..NAMES_MAX {
            memory.recall(&number.to_string(), || ());
        }
        memory.recall("a", || found += 1);
        assert_eq!(found, 3);
    }
}
