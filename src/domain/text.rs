//! Text from outside: bounded, and free of what Postgres cannot hold.

/// Why a text was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TextError {
    /// It is empty or blank where something is needed.
    #[error("must not be empty")]
    Empty,
    /// It is longer than its limit.
    #[error("must have at most {max} characters, has {actual}")]
    TooLong {
        /// The limit in characters.
        max: usize,
        /// The length in characters.
        actual: usize,
    },
    /// It has a control character, such as NUL.
    #[error("must not contain control characters, has U+{code:04X}")]
    Control {
        /// The character's code point.
        code: u32,
    },
}

/// Checks a text that must have at least one visible character.
pub fn required(text: &str, max: usize) -> Result<Box<str>, TextError> {
    if text.trim().is_empty() {
        return Err(TextError::Empty);
    }
    optional(text, max)
}

/// Checks a text that may be empty.
pub fn optional(text: &str, max: usize) -> Result<Box<str>, TextError> {
    refuse_long(text, max)?;
    match text.chars().find(|c| c.is_control()) {
        Some(control) => Err(TextError::Control { code: control.into() }),
        None => Ok(text.into()),
    }
}

/// Checks a text of several lines, such as an error message: line breaks and
/// tabs are welcome.
pub fn multiline(text: &str, max: usize) -> Result<Box<str>, TextError> {
    refuse_long(text, max)?;
    match text.chars().find(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t')) {
        Some(control) => Err(TextError::Control { code: control.into() }),
        None => Ok(text.into()),
    }
}

fn refuse_long(text: &str, max: usize) -> Result<(), TextError> {
    // A text has at most as many characters as bytes, so the count is rarely made.
    if text.len() <= max {
        return Ok(());
    }
    match text.chars().count() {
        actual if actual > max => Err(TextError::TooLong { max, actual }),
        _ => Ok(()),
    }
}

/// Declares a newtype over a checked text.
macro_rules! text_type {
    ($(#[$doc:meta])* $name:ident, $check:ident, $max:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Box<str>);

        impl $name {
            /// The most characters it may have.
            pub const MAX: usize = $max;

            /// Checks and keeps `text`.
            pub fn new(text: &str) -> Result<Self, TextError> {
                $check(text, Self::MAX).map(Self)
            }

            /// The text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                out.write_str(&self.0)
            }
        }
    };
}

text_type!(
    /// Who caused a call, in the caller's own ids.
    UserId, required, 256
);
text_type!(
    /// A short optional name: feature, provider.
    Name, optional, 128
);
text_type!(
    /// A longer optional name: function, session, job, model, response id.
    LongName, optional, 256
);
text_type!(
    /// A word: status, operation, terms of a price.
    Word, optional, 64
);
text_type!(
    /// An address.
    Url, optional, 512
);
text_type!(
    /// An error message, which may have several lines.
    Message, multiline, 4096
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blank_and_control_characters_are_refused() {
        assert_eq!(UserId::new(" \t").unwrap_err(), TextError::Empty);
        assert_eq!(Name::new("a\0b").unwrap_err(), TextError::Control { code: 0 });
        assert!(Message::new("first line\n\tsecond").is_ok());
        assert!(Message::new("nul\0").is_err());
    }

    #[test]
    fn length_counts_characters_not_bytes() {
        let umlauts = "ü".repeat(128);
        assert!(Name::new(&umlauts).is_ok());
        let refused = Name::new(&(umlauts + "ü")).unwrap_err();
        assert_eq!(refused, TextError::TooLong { max: 128, actual: 129 });
    }
}
