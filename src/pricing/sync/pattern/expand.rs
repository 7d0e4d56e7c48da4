//! The texts that a plain regular expression stands for.

use std::iter::Peekable;
use std::str::Chars;

/// One position of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Piece {
    /// This character.
    Literal(char),
    /// Any digit.
    Digit,
    /// Any characters, possibly but one.
    Run {
        /// The character that is none of them.
        but: Option<char>,
    },
    /// The end of the text.
    End,
}

type Texts = Vec<Vec<Piece>>;

/// Expands `pattern`; `None` where it is not of the plain kind.
pub(super) fn expand(pattern: &str) -> Option<Texts> {
    let mut characters = pattern.chars().peekable();
    let texts = alternatives(&mut characters)?;
    // An unmatched bracket would be left over.
    characters.next().is_none().then_some(texts)
}

fn alternatives(input: &mut Peekable<Chars<'_>>) -> Option<Texts> {
    let mut texts = sequence(input)?;
    while input.next_if_eq(&'|').is_some() {
        texts.extend(sequence(input)?);
    }
    Some(texts)
}

fn sequence(input: &mut Peekable<Chars<'_>>) -> Option<Texts> {
    let mut texts = vec![Vec::new()];
    while input.peek().is_some_and(|next| !matches!(next, '|' | ')')) {
        let atom = atom(input)?;
        texts = append(&texts, &repeat(input, atom)?);
    }
    Some(texts)
}

fn append(texts: &Texts, tails: &Texts) -> Texts {
    texts
        .iter()
        .flat_map(|text| tails.iter().map(move |tail| [text.as_slice(), tail].concat()))
        .collect()
}

/// What stands before a repetition.
enum Atom {
    Texts(Texts),
    /// Any one character, possibly but one: only runs of it can be said.
    Any {
        but: Option<char>,
    },
}

fn atom(input: &mut Peekable<Chars<'_>>) -> Option<Atom> {
    let one = |piece| Some(Atom::Texts(vec![vec![piece]]));
    match input.next()? {
        '(' => group(input).map(Atom::Texts),
        '[' => class(input),
        '.' => Some(Atom::Any { but: None }),
        '$' => one(Piece::End),
        '\\' => match input.next()? {
            'd' => one(Piece::Digit),
            literal if literal.is_ascii_punctuation() => one(Piece::Literal(literal)),
            _ => None,
        },
        // Names are in lower case: a capital could never match.
        literal if literal.is_uppercase() || "^*+?{}])".contains(literal) => None,
        literal => one(Piece::Literal(literal)),
    }
}

fn group(input: &mut Peekable<Chars<'_>>) -> Option<Texts> {
    if input.next_if_eq(&'?').is_some() {
        input.next_if_eq(&':')?;
    }
    let texts = alternatives(input)?;
    input.next_if_eq(&')').map(|_| texts)
}

/// `[abc]` is its characters, `[^a]` and `[a-z...]` are any character.
fn class(input: &mut Peekable<Chars<'_>>) -> Option<Atom> {
    let mut members = String::new();
    loop {
        match input.next()? {
            ']' => break,
            member => members.push(member),
        }
    }
    if let Some(but) = members.strip_prefix('^') {
        let mut but = but.chars();
        return but.next().filter(|_| but.next().is_none()).map(|but| Atom::Any { but: Some(but) });
    }
    if members.trim_matches('-').contains('-') {
        return Some(Atom::Any { but: None });
    }
    let mut texts = Texts::new();
    for member in members.chars().flat_map(char::to_lowercase) {
        let text = vec![Piece::Literal(member)];
        if !texts.contains(&text) {
            texts.push(text);
        }
    }
    (!texts.is_empty()).then_some(Atom::Texts(texts))
}

fn repeat(input: &mut Peekable<Chars<'_>>, atom: Atom) -> Option<Texts> {
    match atom {
        Atom::Any { but } => {
            input.next_if(|next| matches!(next, '*' | '+')).map(|_| vec![vec![Piece::Run { but }]])
        }
        Atom::Texts(mut texts) => {
            if input.next_if_eq(&'?').is_some() {
                texts.push(Vec::new());
            } else if input.next_if_eq(&'{').is_some() {
                let digits: String =
                    std::iter::from_fn(|| input.next_if(char::is_ascii_digit)).collect();
                input.next_if_eq(&'}')?;
                let times = digits.parse().ok().filter(|times| (1..=16).contains(times))?;
                texts = (1..times).fold(texts.clone(), |all, _| append(&all, &texts));
            }
            Some(texts)
        }
    }
}
