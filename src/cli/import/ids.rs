//! Ids made of a line's content, so that a file imported twice counts once.

use std::collections::{HashMap, HashSet};

use aiusage_client::Uuid;
use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};

use super::fields::Field;
use super::rows::Cells;

/// SHA-256 of a line.
pub(super) type Content = [u8; 32];

/// Hashes what a line says: its cells in the order of their columns' names, and
/// the constants of the import. Neither the order of columns nor `--map` matters.
///
/// Frozen: another hash would make every file new again.
pub(super) fn content(cells: &Cells, constants: &[(Field, String)]) -> Content {
    let mut hash = Sha256::new();
    for (column, text) in cells {
        part(&mut hash, b'c', column, text);
    }
    for (field, text) in constants {
        part(&mut hash, b's', &field.to_string(), text);
    }
    hash.finalize().into()
}

/// Lengths go first: ("a", "bc") and ("ab", "c") are not alike.
fn part(hash: &mut Sha256, kind: u8, name: &str, text: &str) {
    hash.update([kind]);
    for bytes in [name.as_bytes(), text.as_bytes()] {
        hash.update(u64::try_from(bytes.len()).expect("a usize fits in 64 bits").to_be_bytes());
        hash.update(bytes);
    }
}

/// A UUIDv7 of the event's time (48 bits), the content and the occurrence (the
/// rest). `None` for times before 1970 or after the year 10889.
pub(super) fn record_id(
    event_time: DateTime<Utc>,
    content: &Content,
    occurrence: u32,
) -> Option<Uuid> {
    let milliseconds =
        u64::try_from(event_time.timestamp_millis()).ok().filter(|ms| *ms < 1 << 48)?;
    let digest =
        Sha256::new().chain_update(content).chain_update(occurrence.to_be_bytes()).finalize();
    let random = digest[..10].try_into().expect("SHA-256 has 32 bytes");
    Some(uuid::Builder::from_unix_timestamp_millis(milliseconds, &random).into_uuid())
}

/// Numbers lines that are alike within a file, from 0, at about 16 bytes a line.
///
/// Lines are told apart by 64 bits of their hash. Should two lines share them, one
/// gets a higher number than it needs: the same one each time the file is read.
#[derive(Debug, Default)]
pub(super) struct Occurrences {
    seen: HashSet<u64>,
    repeated: HashMap<u64, u32>,
}

impl Occurrences {
    /// The number of this line among those that are alike.
    pub(super) fn next(&mut self, content: &Content) -> u32 {
        let (head, _) = content.split_first_chunk().expect("SHA-256 has 32 bytes");
        let key = u64::from_be_bytes(*head);
        if self.seen.insert(key) {
            return 0;
        }
        let count = self.repeated.entry(key).or_default();
        *count += 1;
        *count
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cells(pairs: &[(&str, &str)]) -> Cells {
        pairs.iter().map(|(column, text)| ((*column).to_owned(), (*text).to_owned())).collect()
    }

    fn time(text: &str) -> DateTime<Utc> {
        text.parse().expect("a time")
    }

    #[test]
    fn the_id_of_a_line_never_changes() {
        let constants = [(Field::Plain("feature"), "chat".to_owned())];
        let content = content(&cells(&[("user_id", "ada"), ("input_tokens", "3")]), &constants);
        let id =
            record_id(time("2026-11-22T10:00:00.123456Z"), &content, 0).expect("a time of now");
        assert_eq!(id.to_string(), "01a202b2-c57b-7b40-ab27-4499efa04fa6");
        assert_eq!((id.get_version_num(), id.get_variant()), (7, uuid::Variant::RFC4122));
    }

    #[test]
    fn the_id_carries_the_time() {
        let id =
            record_id(time("2026-11-22T10:00:00.123456Z"), &[0; 32], 0).expect("a time of now");
        let milliseconds = time("2026-11-22T10:00:00.123Z").timestamp_millis();
        assert_eq!(i128::try_from(id.as_u128() >> 80), Ok(i128::from(milliseconds)));
        assert_eq!(record_id(time("1969-12-31T23:59:59Z"), &[0; 32], 0), None);
    }

    #[test]
    fn content_is_what_the_line_says() {
        let hash = |pairs: &[(&str, &str)]| content(&cells(pairs), &[]);
        assert_eq!(hash(&[("a", "1"), ("b", "2")]), hash(&[("b", "2"), ("a", "1")]));
        assert_ne!(hash(&[("a", "bc")]), hash(&[("ab", "c")]));
        let constant = [(Field::Plain("feature"), "1".to_owned())];
        assert_ne!(content(&cells(&[("feature", "1")]), &[]), content(&cells(&[]), &constant));
    }

    #[test]
    fn lines_that_are_alike_are_numbered() {
        let mut occurrences = Occurrences::default();
        let (a, b) = (content(&cells(&[("a", "1")]), &[]), content(&cells(&[("a", "2")]), &[]));
        let numbers = [&a, &b, &a, &a, &b].map(|content| occurrences.next(content));
        assert_eq!(numbers, [0, 0, 1, 2, 1]);
        let at = time("2026-11-22T10:00:00Z");
        assert_ne!(record_id(at, &a, 0), record_id(at, &a, 1));
    }
}
