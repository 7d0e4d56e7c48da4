//! Lists that come page by page.

use aiusage_client::Error;

/// Entries asked for at once: the most that the service gives.
pub(super) const PAGE_SIZE: i32 = 1_000;

/// Asks for page after page, from the token of the one before, and answers all
/// entries.
pub(super) async fn all<T>(
    ask: impl AsyncFn(String) -> Result<(Vec<T>, String), Error>,
) -> Result<Vec<T>, Error> {
    let mut entries = Vec::new();
    let mut page_token = String::new();
    loop {
        let (page, next_page_token) = ask(page_token).await?;
        entries.extend(page);
        page_token = next_page_token;
        if page_token.is_empty() {
            return Ok(entries);
        }
    }
}
