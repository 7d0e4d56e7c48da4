//! How long the log is kept.

/// So many days, of 24 hours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeptDays(u16);

/// A number of days that is too small or too large.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be {min} to {max} days", min = KeptDays::MIN, max = KeptDays::MAX)]
pub struct KeptDaysError;

impl KeptDays {
    /// The fewest: a budget of a quarter that is changed is counted anew from the quarter's
    /// first day, and a record that waits in an application for a while must still be
    /// known from a retry.
    pub const MIN: u16 = 100;
    /// The most: a hundred years.
    pub const MAX: u16 = 36_500;

    /// Checks a number of days.
    pub fn new(days: u16) -> Result<Self, KeptDaysError> {
        if (Self::MIN..=Self::MAX).contains(&days) { Ok(Self(days)) } else { Err(KeptDaysError) }
    }

    /// The number.
    #[must_use]
    pub fn days(self) -> u16 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quarter_is_always_kept() {
        assert_eq!(KeptDays::new(99), Err(KeptDaysError));
        assert_eq!(KeptDays::new(100).unwrap().days(), 100);
        assert!(KeptDays::new(36_501).is_err());
    }
}
