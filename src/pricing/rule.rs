//! Rules that say which names mean a model or a provider, as data.

use serde::{Deserialize, Serialize};

/// Names in lower case that a rule is about.
type Words = Vec<Box<str>>;

/// A rule about a name. It holds when **any** of its tests holds; a rule without
/// tests never holds. Rules and names are in lower case.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Rule {
    /// The name is one of these.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub equals: Words,
    /// The name begins with one of these.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub starts_with: Words,
    /// The name ends with one of these.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ends_with: Words,
    /// The name has one of these in it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub contains: Words,
    /// The name is one of these and then a date such as `20251211`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub dated_compact: Words,
    /// The name is one of these and then a date such as `2025-12-11`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub dated_dashed: Words,
    /// The name begins with one of these and then a digit.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub numbered: Words,
    /// All of these rules hold.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub all: Vec<Rule>,
    /// This rule does not hold.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not: Option<Box<Rule>>,
}

impl Rule {
    /// Whether the rule holds for `name`, which is in lower case.
    #[must_use]
    pub fn holds(&self, name: &str) -> bool {
        let any = |words: &Words, test: &dyn Fn(&str) -> bool| words.iter().any(|word| test(word));
        let rest_of = |word: &str| name.strip_prefix(word);
        any(&self.equals, &|word| name == word)
            || any(&self.starts_with, &|word| name.starts_with(word))
            || any(&self.ends_with, &|word| name.ends_with(word))
            || any(&self.contains, &|word| name.contains(word))
            || any(&self.dated_compact, &|word| {
                rest_of(word).is_some_and(|rest| has_shape(rest, "dddddddd"))
            })
            || any(&self.dated_dashed, &|word| {
                rest_of(word).is_some_and(|rest| has_shape(rest, "dddd-dd-dd"))
            })
            || any(&self.numbered, &|word| {
                rest_of(word).is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
            })
            || (!self.all.is_empty() && self.all.iter().all(|rule| rule.holds(name)))
            || self.not.as_ref().is_some_and(|rule| !rule.holds(name))
    }

    /// Whether names can be looked up instead of tested.
    #[must_use]
    pub fn is_only_names(&self) -> bool {
        let names_only = Rule { equals: self.equals.clone(), ..Rule::default() };
        *self == names_only
    }

    /// Every word of the rule and of the rules in it.
    pub fn words(&self) -> Vec<&str> {
        let lists = [
            &self.equals,
            &self.starts_with,
            &self.ends_with,
            &self.contains,
            &self.dated_compact,
            &self.dated_dashed,
            &self.numbered,
        ];
        let own = lists.into_iter().flatten().map(AsRef::as_ref);
        own.chain(self.all.iter().chain(self.not.as_deref()).flat_map(Rule::words)).collect()
    }
}

/// Whether `text` is `shape` with a digit for each `d`.
fn has_shape(text: &str, shape: &str) -> bool {
    let fits = |(byte, expected): (u8, u8)| {
        if expected == b'd' { byte.is_ascii_digit() } else { byte == expected }
    };
    text.len() == shape.len() && text.bytes().zip(shape.bytes()).all(fits)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(text: &str) -> Rule {
        toml::from_str(text).expect("is a rule")
    }

    #[test]
    fn any_test_is_enough_and_none_is_not() {
        let either =
            rule("equals = ['a']\nstarts_with = ['b-']\nends_with = ['-c']\ncontains = ['-d-']");
        assert!(["a", "b-1", "1-c", "1-d-1"].iter().all(|name| either.holds(name)));
        assert!(!either.holds("ab") && !Rule::default().holds(""));
    }

    #[test]
    fn dates_have_their_exact_shape() {
        let dated = rule("dated_compact = ['m-']\ndated_dashed = ['m-']\nnumbered = ['n-']");
        assert!(dated.holds("m-20251211") && dated.holds("m-2025-12-11") && dated.holds("n-1x"));
        assert!(
            ["m-", "m-2025121", "m-20251211x", "m-2025-12-1", "n-x", "n-"]
                .iter()
                .all(|name| !dated.holds(name))
        );
    }

    #[test]
    fn rules_combine() {
        let both = rule(
            "all = [{ starts_with = ['g-'] }, { not = { contains = ['-tts-'], ends_with = ['-tts'] } }]",
        );
        assert!(both.holds("g-pro") && both.holds("g-ttsx"));
        assert!(!both.holds("g-tts") && !both.holds("g-tts-1") && !both.holds("x"));
        assert_eq!(both.words(), ["g-", "-tts", "-tts-"]);
    }
}
