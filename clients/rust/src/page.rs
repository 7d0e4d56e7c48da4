//! One page of a long list.

/// Asks for a page of a list that has no filters, by default the first.
///
/// ```
/// use aiusage_client::PageQuery;
///
/// let query = PageQuery::new().page_size(1_000);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PageQuery {
    pub(crate) page_size: i32,
    pub(crate) page_token: String,
}

impl PageQuery {
    /// The first page.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Entries for one page: 1 to 1,000; by default 100.
    #[must_use]
    pub fn page_size(mut self, page_size: i32) -> Self {
        self.page_size = page_size;
        self
    }

    /// The page after the one that ended with this token.
    #[must_use]
    pub fn page_token(mut self, page_token: impl Into<String>) -> Self {
        self.page_token = page_token.into();
        self
    }
}
