//! Commands that are shown to be pasted into a shell.

/// A command that a shell reads as these words.
pub(super) fn command<W: AsRef<str>>(words: impl IntoIterator<Item = W>) -> String {
    let words: Vec<_> = words.into_iter().map(|word| quoted(word.as_ref())).collect();
    words.join(" ")
}

/// The word as it is where a shell leaves it alone, else in single quotes.
fn quoted(word: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./:=@%+,".contains(&byte);
    if !word.is_empty() && word.bytes().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shell_reads_the_same_words() {
        let words = ["aiusage", "prices", "show", "", "a b", "it's", "$HOME", "gpt-4o:x/y"];
        assert_eq!(command(words), r"aiusage prices show '' 'a b' 'it'\''s' '$HOME' gpt-4o:x/y");
    }
}
