//! Regular expressions, said as data.
//!
//! Upstream's rules are regular expressions of a plain kind: alternatives of
//! literal text with a date or a digit at the end. Each expands to a finite list
//! of such texts, which rules and addresses can say. What cannot be said so is an
//! error, so no rule is ever dropped or guessed at.

mod expand;

use expand::{Piece, expand};

use crate::pricing::address::Address;
use crate::pricing::rule::Rule;

/// A regular expression that has no equal as data.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the pattern {0:?} cannot be said as data")]
pub struct Unsayable(pub String);

/// The rule that holds for the names in lower case that `pattern` matches.
pub(super) fn rule(pattern: &str) -> Result<Rule, Unsayable> {
    rule_of(pattern).ok_or_else(|| Unsayable(pattern.to_owned()))
}

/// The addresses that `pattern` matches the beginnings of.
///
/// Addresses are stricter: they end where a host or a part of a path ends, and a
/// wildcard does not cross a slash.
pub(super) fn addresses(pattern: &str) -> Result<Vec<Address>, Unsayable> {
    addresses_of(pattern).ok_or_else(|| Unsayable(pattern.to_owned()))
}

fn rule_of(pattern: &str) -> Option<Rule> {
    let (excluded, body) = split_exclusion(pattern.strip_prefix('^')?)?;
    let mut rule = Rule::default();
    // Nothing after an exclusion means any name that is not excluded.
    if excluded.is_none() || !body.is_empty() {
        expand(body)?.iter().try_for_each(|pieces| add_test(&mut rule, pieces))?;
    }
    match excluded {
        None => Some(rule),
        Some(excluded) => exclude(rule, &expand(excluded)?),
    }
}

/// Splits `(?!excluded)rest`.
fn split_exclusion(body: &str) -> Option<(Option<&str>, &str)> {
    let Some(rest) = body.strip_prefix("(?!") else { return Some((None, body)) };
    let mut depth = 1_usize;
    for (position, character) in rest.char_indices() {
        match character {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return Some((Some(&rest[..position]), &rest[position + 1..]));
        }
    }
    None
}

fn add_test(rule: &mut Rule, pieces: &[Piece]) -> Option<()> {
    let literal = pieces.iter().take_while(|piece| matches!(piece, Piece::Literal(_))).count();
    let word = text(&pieces[..literal])?;
    let tests = match &pieces[literal..] {
        [Piece::End] => &mut rule.equals,
        [] => &mut rule.starts_with,
        [Piece::Digit] => &mut rule.numbered,
        tail if *tail == date("dddddddd") => &mut rule.dated_compact,
        tail if *tail == date("dddd-dd-dd") => &mut rule.dated_dashed,
        _ => return None,
    };
    if !tests.contains(&word) {
        tests.push(word);
    }
    Some(())
}

/// A date at the end of a name.
fn date(shape: &str) -> Vec<Piece> {
    let piece = |symbol| if symbol == 'd' { Piece::Digit } else { Piece::Literal(symbol) };
    shape.chars().map(piece).chain([Piece::End]).collect()
}

fn text(pieces: &[Piece]) -> Option<Box<str>> {
    let character = |piece: &Piece| match piece {
        Piece::Literal(character) => Some(*character),
        _ => None,
    };
    let text: Option<String> = pieces.iter().map(character).collect();
    text.filter(|text| !text.is_empty()).map(Into::into)
}

/// `rule`, but for the names that begin with one of `excluded`.
fn exclude(rule: Rule, excluded: &[Vec<Piece>]) -> Option<Rule> {
    let mut without = Rule::default();
    for pieces in excluded {
        let (first, rest) = pieces.split_first()?;
        match (first, rest) {
            // Any text but slashes and then a slash: for a name that does not begin
            // with a slash, a slash anywhere.
            (Piece::Run { but: Some(but) }, [Piece::Literal(next)]) if but == next => {
                let words = rule.words();
                if words.is_empty() || words.iter().any(|word| word.starts_with(*but)) {
                    return None;
                }
                without.contains.push(but.to_string().into());
            }
            (Piece::Run { but: None }, [middle @ .., Piece::End]) => {
                without.ends_with.push(text(middle)?)
            }
            (Piece::Run { but: None }, middle) => without.contains.push(text(middle)?),
            _ => return None,
        }
    }
    let not = Rule { not: Some(Box::new(without)), ..Rule::default() };
    Some(if rule == Rule::default() {
        not
    } else {
        Rule { all: vec![rule, not], ..Rule::default() }
    })
}

fn addresses_of(pattern: &str) -> Option<Vec<Address>> {
    let mut addresses = Vec::new();
    for pieces in expand(pattern)? {
        let glob = glob(pieces.strip_suffix(&[Piece::End]).unwrap_or(&pieces))?;
        let host =
            glob.trim_start_matches("https://").trim_start_matches("http://").trim_end_matches('/');
        let ends_open = if host.ends_with('.') { "*" } else { "" };
        let address = Address(format!("{host}{ends_open}").into());
        if !addresses.contains(&address) {
            addresses.push(address);
        }
    }
    Some(addresses)
}

fn glob(pieces: &[Piece]) -> Option<String> {
    let symbol = |piece: &Piece| match piece {
        Piece::Literal(character) => Some(*character),
        Piece::Run { .. } => Some('*'),
        Piece::Digit | Piece::End => None,
    };
    pieces.iter().map(symbol).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(pattern: &str) -> String {
        toml::Value::try_from(rule(pattern).expect("can be said")).expect("is data").to_string()
    }

    #[test]
    fn dates_digits_and_alternatives_are_data() {
        assert_eq!(said(r"^a\.1$"), r#"{ equals = ["a.1"] }"#);
        assert_eq!(said(r"^a[-@]\d{8}$"), r#"{ dated_compact = ["a-", "a@"] }"#);
        assert_eq!(said(r"^a-\d{4}-\d{2}-\d{2}$"), r#"{ dated_dashed = ["a-"] }"#);
        assert_eq!(
            said(r"^(v/)?a(-\d{8})?$"),
            r#"{ dated_compact = ["v/a-", "a-"], equals = ["v/a", "a"] }"#
        );
        assert_eq!(said(r"^o[13]"), r#"{ starts_with = ["o1", "o3"] }"#);
        assert_eq!(said(r"^a-\d"), r#"{ numbered = ["a-"] }"#);
    }

    #[test]
    fn exclusions_are_data() {
        let no_speech = rule(r"^(?!.*-[tT][tT][sS](?:$|-))").expect("can be said");
        assert!(no_speech.holds("a") && !no_speech.holds("a-tts") && !no_speech.holds("a-tts-b"));
        let no_path = rule(r"^(?![^/]+/)(?:b-)?(?:m|p)x").expect("can be said");
        assert!(
            no_path.holds("mx-1")
                && no_path.holds("b-px")
                && !no_path.holds("mx/1")
                && !no_path.holds("x")
        );
    }

    #[test]
    fn addresses_are_data() {
        let said = |pattern| {
            addresses(pattern)
                .expect("can be said")
                .into_iter()
                .map(|a| a.0.into())
                .collect::<Vec<String>>()
        };
        assert_eq!(said(r"https://a\.example(?:/|$)"), ["a.example"]);
        assert_eq!(said(r"https://(.*\.)?a\.example"), ["*.a.example", "a.example"]);
        assert_eq!(
            said(r"(https?://)?[^/]+\.b\.(?:c|d)/x/[^/]+/y"),
            ["*.b.c/x/*/y", "*.b.d/x/*/y"]
        );
        assert_eq!(said(r"https://a\."), ["a.*"]);
    }

    #[test]
    fn the_rest_is_refused() {
        for pattern in
            ["a", "^a+", "^a.c", r"^a\w", "^(a", "^[a", "^A", r"^\d\d$", "^", "^a{", r"^a\d{2}$"]
        {
            assert_eq!(rule(pattern), Err(Unsayable(pattern.to_owned())));
        }
    }
}
