//! The log as people read it: record by record, newest first, a page at a time.

mod causes;
mod details;
mod entry;
mod groups;

pub use causes::{Cause, causes};
pub use details::{Details, details};
pub use entry::Entry;
pub use groups::{Group, GroupCost, Ranked, group_cost};

use chrono::{DateTime, Utc};
use sqlx::postgres::PgArguments;
use sqlx::query::QueryAs;
use sqlx::{PgPool, Postgres};
use uuid::Uuid;

use super::Error;
use super::totals::bind_filter;
use crate::domain::filter::Filter;
use crate::domain::ids::{RecordId, TenantId};
use crate::domain::period::TimeRange;
use entry::EntryRow;

const PAGE: &str = concat!(
    include_str!("log/judged.sql"),
    include_str!("log/page.sql"),
    include_str!("log/entries.sql")
);
const ONE: &str = concat!(include_str!("log/one.sql"), include_str!("log/entries.sql"));

/// Records that a page looks at. It is what bounds its work: with a filter that wants
/// few of them, a page takes some milliseconds for a thousand.
const LOOKED_AT_MAX: i64 = 20_000;
/// The same of a search, which compares texts and looks users up.
const SEARCHED_MAX: i64 = 5_000;

/// A place in the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// When the record's call was made.
    pub time: DateTime<Utc>,
    /// Its id, which tells records of the same time apart.
    pub id: Uuid,
}

impl Place {
    /// The place before the newest record of `range`.
    #[must_use]
    pub fn newest(range: TimeRange) -> Self {
        Self { time: range.end, id: Uuid::nil() }
    }
}

/// Which records of the log are wanted.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// Whose.
    pub tenant: TenantId,
    /// When their calls were made.
    pub range: TimeRange,
    /// What else must hold. Its users are those of `users`.
    pub filter: &'a Filter,
    /// The numbers of the users; absent: any.
    pub users: Option<&'a [i32]>,
    /// A text that must occur in one of the texts that people know a record by.
    /// Empty: any record.
    pub search: &'a str,
}

/// Some records, and where to go on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// Newest first.
    pub entries: Vec<Entry>,
    /// The last record that was looked at; absent at the end of the log.
    pub next: Option<Place>,
}

/// The wanted records after `after`, at most `size`, of as many as a page looks at.
pub async fn page(
    pool: &PgPool,
    wanted: Wanted<'_>,
    after: Place,
    size: usize,
) -> Result<Page, Error> {
    let looked_at = if wanted.search.is_empty() { LOOKED_AT_MAX } else { SEARCHED_MAX };
    let rows_max = i64::try_from(size + 1).expect("a page has at most a thousand records");
    let query = bind(sqlx::query_as(PAGE), wanted, Way::to(wanted), after, looked_at, rows_max);
    let rows: Vec<EntryRow> = query.fetch_all(pool).await?;
    cut(rows, size, looked_at)
}

/// Binds the parameters of `judged.sql`.
fn bind<'q, O>(
    query: QueryAs<'q, Postgres, O, PgArguments>,
    wanted: Wanted<'q>,
    way: Way<'q>,
    after: Place,
    looked_at: i64,
    rows_max: i64,
) -> QueryAs<'q, Postgres, O, PgArguments> {
    let query = query
        .bind(wanted.tenant.0)
        .bind(wanted.range.start)
        .bind(after.time)
        .bind(after.id)
        .bind(looked_at)
        .bind(rows_max)
        .bind(way.user)
        .bind(way.job)
        .bind(way.session)
        .bind(way.failed);
    let users = wanted.users.map(<[i32]>::to_vec);
    bind_filter(query, wanted.filter, users).bind(patterns(wanted.search))
}

/// One record, in short.
pub async fn one(pool: &PgPool, tenant: TenantId, id: RecordId) -> Result<Option<Entry>, Error> {
    let row: Option<EntryRow> =
        sqlx::query_as(ONE).bind(tenant.0).bind(id.as_uuid()).fetch_optional(pool).await?;
    row.map(EntryRow::read).transpose()
}

/// Makes a page of what was found: up to `size` records and one more, and the last one
/// that might be looked at, be it wanted or not.
fn cut(rows: Vec<EntryRow>, size: usize, looked_at: i64) -> Result<Page, Error> {
    let last = rows.last().filter(|row| row.position == looked_at).map(EntryRow::place);
    let mut wanted: Vec<EntryRow> = rows.into_iter().filter(|row| row.is_wanted).collect();
    let next = if wanted.len() > size {
        wanted.truncate(size);
        wanted.last().map(EntryRow::place)
    } else {
        last
    };
    let entries = wanted.into_iter().map(EntryRow::read).collect::<Result<_, _>>()?;
    Ok(Page { entries, next })
}

/// The index that leads to the records: by one condition alone, so that the database
/// need not choose. The others are judged record by record.
#[derive(Debug, Clone, Copy, Default)]
struct Way<'a> {
    user: Option<i32>,
    job: Option<&'a str>,
    session: Option<&'a str>,
    failed: bool,
}

impl<'a> Way<'a> {
    fn to(wanted: Wanted<'a>) -> Self {
        let filter = wanted.filter;
        match (wanted.users, &*filter.jobs, &*filter.sessions) {
            // A record that names none is not in the index.
            (_, [job], _) if !job.is_empty() => Self { job: Some(job), ..Self::default() },
            (_, _, [session]) if !session.is_empty() => {
                Self { session: Some(session), ..Self::default() }
            }
            (Some(&[user]), _, _) => Self { user: Some(user), ..Self::default() },
            _ => Self { failed: filter.failed == Some(true), ..Self::default() },
        }
    }
}

/// Patterns for texts in which `search` occurs as it is, whatever the case; absent for
/// any text. Where the database knows the cases of ASCII alone, a text is found in the
/// case that it is given in, in small letters, in capitals, and with a first capital.
fn patterns(search: &str) -> Option<Vec<String>> {
    if search.is_empty() {
        return None;
    }
    let small = search.to_lowercase();
    let mut letters = small.chars();
    let first: String = letters.next().into_iter().flat_map(char::to_uppercase).collect();
    let titled = first + letters.as_str();
    let mut patterns: Vec<String> = [search, &small, &search.to_uppercase(), &titled]
        .into_iter()
        .map(|text| format!("%{}%", literal(text)))
        .collect();
    // ASCII has its cases everywhere: one pattern does.
    patterns.truncate(if search.is_ascii() { 1 } else { patterns.len() });
    Some(patterns)
}

/// A pattern for this very text.
fn literal(text: &str) -> String {
    let mut pattern = String::with_capacity(text.len());
    for character in text.chars() {
        if matches!(character, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(character);
    }
    pattern
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_searched_for_is_meant_as_it_is() {
        assert_eq!(patterns(""), None);
        assert_eq!(patterns("50%_a\\b").unwrap(), ["%50\\%\\_a\\\\b%"]);
        assert_eq!(patterns("çElik").unwrap(), ["%çElik%", "%çelik%", "%ÇELIK%", "%Çelik%"]);
    }
}
