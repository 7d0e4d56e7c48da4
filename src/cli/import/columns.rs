//! Which column is which field.

use std::collections::{BTreeMap, HashMap};

use super::fields::Field;
use super::rows::Cells;

/// The fields of a line and their text.
pub(super) type Fields = BTreeMap<Field, String>;

/// Maps a line's columns to fields: what the user said, else the usual names.
#[derive(Debug)]
pub(super) struct Columns {
    mapped: HashMap<String, Field>,
    constants: Vec<(Field, String)>,
}

impl Columns {
    /// Reads `--map FIELD=COLUMN` and `--set FIELD=VALUE`.
    pub(super) fn new(
        maps: &[(String, String)],
        constants: &[(String, String)],
    ) -> Result<Self, String> {
        let mut mapped = HashMap::new();
        for (name, column) in maps {
            let field = known("--map", name)?;
            if mapped.insert(column.clone(), field).is_some() {
                return Err(format!("--map names the column {column:?} twice"));
            }
        }
        let constants =
            constants.iter().map(|(name, value)| Ok((known("--set", name)?, value.clone())));
        Ok(Self { mapped, constants: constants.collect::<Result<_, String>>()? })
    }

    /// Says what a header lacks, before anything is sent.
    pub(super) fn check(&self, header: &[String]) -> Result<(), String> {
        let columns = header.join(", ");
        if let Some(column) = self.mapped.keys().find(|column| !header.contains(column)) {
            return Err(format!("--map names the column {column:?}, which is not in: {columns}"));
        }
        let cells = header.iter().map(|column| (column.clone(), "x".to_owned())).collect();
        let found = self.fields(&cells);
        let has = |name| found.contains_key(&Field::Plain(name));
        let needs = [
            ("user_id", has("user_id")),
            ("event_time", has("event_time") || has("record_id")),
            ("model", has("model") || has("response_model")),
        ];
        match needs.into_iter().find(|(_, found)| !found) {
            Some((name, _)) => Err(format!(
                "no column is the {name}; name one with --map {name}=COLUMN. Columns: {columns}"
            )),
            None => Ok(()),
        }
    }

    /// The columns that are no field.
    pub(super) fn ignored<'a>(&self, header: &'a [String]) -> Vec<&'a str> {
        let known =
            |column: &str| self.mapped.contains_key(column) || Field::guess(column).is_some();
        header.iter().map(String::as_str).filter(|column| !known(column)).collect()
    }

    /// The fields of a line. What the user mapped beats a field's own name, which
    /// beats its other names; a constant beats all.
    pub(super) fn fields(&self, cells: &Cells) -> Fields {
        let mut ranked: BTreeMap<Field, (usize, &String)> = BTreeMap::new();
        for (column, text) in cells {
            let guess = || Field::guess(column).map(|(field, rank)| (field, rank + 1));
            let mapped = self.mapped.get(column).map(|field| (field.clone(), 0));
            let Some((field, rank)) = mapped.or_else(guess) else { continue };
            let best = ranked.entry(field).or_insert((rank, text));
            if rank < best.0 {
                *best = (rank, text);
            }
        }
        let mut fields: Fields =
            ranked.into_iter().map(|(field, (_, text))| (field, text.clone())).collect();
        fields.extend(self.constants.iter().cloned());
        fields
    }

    /// What tells this import's lines from those of another: the constants.
    pub(super) fn constants(&self) -> &[(Field, String)] {
        &self.constants
    }
}

fn known(flag: &str, name: &str) -> Result<Field, String> {
    let unknown =
        || format!("{flag}: {name:?} is no field of a record; `aiusage import --help` lists them");
    Field::parse(name).ok_or_else(unknown)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(texts: &[(&str, &str)]) -> Vec<(String, String)> {
        texts.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect()
    }

    fn fields(maps: &[(&str, &str)], constants: &[(&str, &str)], cells: &[(&str, &str)]) -> String {
        let columns = Columns::new(&pairs(maps), &pairs(constants)).expect("known fields");
        let fields = columns.fields(&pairs(cells).into_iter().collect());
        fields.iter().map(|(field, text)| format!("{field}={text} ")).collect()
    }

    #[test]
    fn own_names_beat_other_names() {
        let cells = [("timestamp", "a"), ("event_time", "b"), ("created_at", "c"), ("colour", "d")];
        assert_eq!(fields(&[], &[], &cells), "event_time=b ");
        assert_eq!(fields(&[], &[], &cells[..1]), "event_time=a ");
    }

    #[test]
    fn maps_beat_names_and_constants_beat_maps() {
        let cells = [("user_id", "7"), ("email", "ada@example.org"), ("dept", "x")];
        let maps = [("user_id", "email"), ("tags.team", "dept")];
        assert_eq!(fields(&maps, &[], &cells), "user_id=ada@example.org tags.team=x ");
        assert_eq!(fields(&maps, &[("user_id", "all")], &cells), "user_id=all tags.team=x ");
    }

    #[test]
    fn a_header_that_lacks_something_is_refused() {
        let check = |maps: &[(&str, &str)], header: &[&str]| {
            let header: Vec<_> = header.iter().map(|column| (*column).to_owned()).collect();
            Columns::new(&pairs(maps), &[]).expect("known fields").check(&header)
        };
        assert_eq!(check(&[], &["user", "timestamp", "model"]), Ok(()));
        assert_eq!(check(&[], &["user", "record_id", "response_model"]), Ok(()));
        let error = check(&[], &["user", "model"]).expect_err("no time");
        assert!(error.starts_with("no column is the event_time; name one with --map"), "{error}");
        let error = check(&[("user_id", "mail")], &["user", "model"]).expect_err("no such column");
        assert!(error.contains("\"mail\", which is not in: user, model"), "{error}");
    }

    #[test]
    fn unknown_fields_are_refused() {
        let error = Columns::new(&pairs(&[("usr", "u")]), &[]).expect_err("no such field");
        assert!(error.contains("\"usr\" is no field"), "{error}");
    }
}
