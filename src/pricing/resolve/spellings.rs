//! Names as the world spells them, and the model that each means: the table
//! `spellings.csv`, held against the price list that the program is shipped with.
//!
//! A `-` stands for a model that is unknown, and `--` for a provider that is. A
//! line is there for what is right, not for what a list of prices happens to say.

use csv::{ReaderBuilder, StringRecord};

use super::{Names, Unresolved};
use crate::pricing::{Catalogue, embedded};

const TABLE: &str = include_str!("spellings.csv");

fn lines() -> Vec<StringRecord> {
    let mut reader = ReaderBuilder::new().comment(Some(b'#')).from_reader(TABLE.as_bytes());
    reader.records().collect::<Result<_, _>>().expect("every line has all columns")
}

/// What the names of a line mean, in the form of its last three columns.
fn found(list: &Catalogue, line: &StringRecord) -> String {
    let names =
        Names { provider: &line[0], api_url: &line[1], model: &line[2], response_model: &line[3] };
    match list.view().resolve(names, chrono::DateTime::UNIX_EPOCH) {
        Ok(found) => {
            format!("{},{},{}", found.provider.key, found.model.key, found.by.as_str())
        }
        Err(Unresolved::Model) => ",-,".to_owned(),
        Err(Unresolved::Provider) => ",--,".to_owned(),
    }
}

#[test]
fn every_spelling_means_its_model_and_no_other() {
    let list = embedded::catalogue().expect("a test reads it");
    let wrong: Vec<_> = lines()
        .iter()
        .filter_map(|line| {
            let expected = format!("{},{},{}", &line[4], &line[5], &line[6]);
            let found = found(&list, line);
            let at = line.position().map_or(0, csv::Position::line);
            (found != expected).then(|| format!("line {at}: {line:?}\n    found {found}"))
        })
        .collect();
    assert!(wrong.is_empty(), "{} are wrong:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn no_spelling_is_listed_twice() {
    let mut calls: Vec<_> =
        lines().iter().map(|line| [0, 1, 2, 3].map(|at| line[at].to_owned())).collect();
    let all = calls.len();
    calls.sort_unstable();
    calls.dedup();
    assert_eq!(calls.len(), all, "lines that differ");
}
