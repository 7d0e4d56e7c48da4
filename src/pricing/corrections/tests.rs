use std::collections::HashSet;
use std::sync::LazyLock;

use super::*;
use crate::pricing::embedded;

mod facts;
mod mainstream;

/// The price list as it is shipped.
static LISTED: LazyLock<Catalogue> =
    LazyLock::new(|| embedded::catalogue().expect("is well formed"));

/// The same with the corrections over it.
static CORRECTED: LazyLock<Catalogue> = LazyLock::new(|| {
    let list = embedded::catalogue().expect("is well formed");
    list.with(&corrections().expect("are well formed")).expect("is consistent")
});

fn one(rest: &str) -> Result<Corrections, FileError> {
    corrections::read(&format!(
        "version = '1'\n[[correction]]\nprovider = 'deepseek'\nmodel = 'm'\nsource = 's'\nwhy = 'w'\n{rest}"
    ))
}

fn error(rest: &str) -> String {
    one(rest).expect_err("is refused").to_string()
}

#[test]
fn an_entry_is_refused_by_its_name() {
    assert!(error("colour = 'red'").starts_with(
        "corrections.toml: deepseek/m: unknown field `colour`, expected one of `provider`"
    ));
    assert!(
        error("[[correction.price]]\nrates = { input_tokens = '1' }\nuntil = ''")
            .contains("deepseek/m: unknown field `until`")
    );
    assert_eq!(
        error("[[correction.price]]\nrates = { tokens = '1' }"),
        "corrections.toml: model \"deepseek/m\": rates.tokens: there is no such meter in meters.toml"
    );
    assert_eq!(
        error(""),
        "corrections.toml: model \"deepseek/m\": price: must be there at least once; one without rates says that there is no price"
    );
    let unnamed = corrections::read("version = '1'\n[[correction]]\nmodel = 'm'");
    assert!(
        unnamed.expect_err("is refused").to_string().starts_with("corrections.toml: ?/m: missing")
    );
}

/// A list from before a model came is left as it is.
#[test]
fn an_entry_is_about_what_there_is_or_what_it_adds() {
    let list = embedded::catalogue().expect("is well formed");
    let mut unknown = one("[[correction.price]]").expect("is well formed");
    assert!(unknown.changes(&list).is_empty());
    unknown.entries[0].provider = "nobody".into();
    assert!(unknown.changes(&list).is_empty());
    let added = one("new_model = { match = { equals = ['n'] } }\n[[correction.price]]");
    let corrected = list.with(&added.expect("is well formed")).expect("is added");
    assert_eq!(corrected.models().count(), LISTED.models().count() + 1);
}

#[test]
fn every_shipped_one_is_laid_over_the_shipped_list_and_once() {
    let (list, shipped) = (embedded::catalogue().unwrap(), corrections().unwrap());
    let changes = shipped.changes(&list);
    assert_eq!(changes.versions.len(), shipped.entries.len());
    let corrected = list.with(&shipped).unwrap();
    assert!(shipped.changes(&corrected).is_empty());
    // A release without them takes them back.
    let none = Corrections { entries: Vec::new(), ..shipped.clone() };
    let back = corrected.with(&none).unwrap();
    assert!(none.changes(&back).is_empty());
    for added in &changes.versions {
        let (_, model) = back.by_key(&added.model).unwrap();
        let price = back.view().in_force(model, chrono::DateTime::UNIX_EPOCH);
        assert!(price.is_none_or(|price| price.version.origin.as_str() == "catalogue"));
    }
}

#[test]
fn the_shipped_ones_say_where_they_are_known_from() {
    let shipped = corrections().expect("are well formed");
    assert_eq!((&*shipped.source.name, shipped.source.sha256.len()), ("corrections", 64));
    for Correction { provider, model, version, .. } in &shipped.entries {
        assert_eq!(version.origin.as_str(), "correction");
        let (source, why) = version.source.split_once(": ").expect("has both");
        assert!(!source.is_empty() && why.ends_with('.'), "{provider}/{model}");
        let dated = version.source.contains("202");
        assert!(dated && !version.source.contains('\n'), "{provider}/{model}");
    }
}

#[test]
fn a_model_is_added_only_where_it_is_missing() {
    for Correction { provider, model, new_model, .. } in corrections().expect("are fine").entries {
        let has = |(owner, other): (&Provider, &Model)| owner.key == provider && other.key == model;
        assert_ne!(LISTED.models().any(has), new_model.is_some(), "{provider}/{model}");
        assert!(CORRECTED.models().any(has), "{provider}/{model}");
    }
}

#[test]
fn what_is_not_corrected_is_as_it_was() {
    let shipped = corrections().expect("are well formed");
    let mut sets = HashSet::new();
    let mut models = HashSet::new();
    for (provider, model) in CORRECTED.models() {
        assert!(models.insert(model.id), "{} is numbered twice", model.key);
        let own = model.versions.iter().flat_map(Version::sets);
        own.for_each(|set| assert!(sets.insert(set.id), "{:?} is there twice", set.id));
        let about =
            |entry: &&Correction| (&entry.provider, &entry.model) == (&provider.key, &model.key);
        let corrected = shipped.entries.iter().filter(about).count();
        let listed = LISTED.model(model.id).map_or(&[][..], |(_, listed)| &listed.versions);
        assert_eq!(&model.versions[..listed.len()], listed, "{}", model.key);
        assert_eq!(model.versions.len(), listed.len() + corrected, "{}", model.key);
    }
}
