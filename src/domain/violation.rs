//! What is wrong with an input, field by field.

/// One wrong field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// Path of the field, such as `usage.cache_read_tokens`.
    pub field: String,
    /// What is wrong and what is expected, for a person.
    pub description: String,
}

/// Collects every violation of an input, so that its sender sees all of them at
/// once.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Violations(Vec<Violation>);

impl Violations {
    /// Notes a wrong field.
    pub fn add(&mut self, field: impl Into<String>, description: impl Into<String>) {
        self.0.push(Violation { field: field.into(), description: description.into() });
    }

    /// Keeps the value of `result`, or notes its error under `field`.
    pub fn take<T, E: std::fmt::Display>(
        &mut self,
        field: &str,
        result: Result<T, E>,
    ) -> Option<T> {
        match result {
            Ok(value) => Some(value),
            Err(error) => {
                self.add(field, error.to_string());
                None
            }
        }
    }

    /// Adds others.
    pub fn extend(&mut self, others: Violations) {
        self.0.extend(others.0);
    }

    /// Adds those of another input, their paths led by `prefix`.
    pub fn extend_under(&mut self, prefix: &str, others: Violations) {
        for other in others.0 {
            self.add(format!("{prefix}.{}", other.field), other.description);
        }
    }

    /// The same violations with their paths led by `prefix`.
    #[must_use]
    pub fn under(self, prefix: &str) -> Violations {
        let mut violations = Violations::default();
        violations.extend_under(prefix, self);
        violations
    }

    /// `Err(self)` when anything was noted.
    pub fn into_result(self) -> Result<(), Violations> {
        if self.0.is_empty() { Ok(()) } else { Err(self) }
    }

    /// Whether nothing was noted.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The violations in the order they were noted.
    #[must_use]
    pub fn as_slice(&self) -> &[Violation] {
        &self.0
    }
}

impl std::fmt::Display for Violations {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (position, violation) in self.0.iter().enumerate() {
            let separator = if position == 0 { "" } else { "; " };
            write!(out, "{separator}{}: {}", violation.field, violation.description)?;
        }
        Ok(())
    }
}

impl std::error::Error for Violations {}
