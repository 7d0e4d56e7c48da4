//! The catalogue that the program is shipped with.

use super::catalogue::Catalogue;
use super::file::{self, FileError};

/// The texts of provider files, by key.
macro_rules! provider_files {
    ($($key:literal,)*) => {
        &[$(($key, include_str!(concat!("../../catalogue/", $key, ".toml")))),*]
    };
}

const MANIFEST_TEXT: &str = include_str!("../../catalogue/MANIFEST.toml");

/// In alphabetical order. A test holds that these are the files of the manifest.
const PROVIDERS: &[(&str, &str)] = provider_files![
    "anthropic",
    "arcee",
    "avian",
    "aws",
    "azure",
    "baseten",
    "cerebras",
    "cloudflare",
    "cohere",
    "cursor",
    "databricks",
    "deepseek",
    "doubleword",
    "elevenlabs",
    "fireworks",
    "github-copilot",
    "google",
    "groq",
    "huggingface_cerebras",
    "huggingface_fireworks-ai",
    "huggingface_groq",
    "huggingface_hyperbolic",
    "huggingface_nebius",
    "huggingface_novita",
    "huggingface_nscale",
    "huggingface_ovhcloud",
    "huggingface_publicai",
    "huggingface_sambanova",
    "huggingface_together",
    "meta",
    "minimax",
    "mistral",
    "modal",
    "moonshotai",
    "novita",
    "openai",
    "openai-decisions",
    "openrouter",
    "ovhcloud",
    "perplexity",
    "quicksilverpro",
    "together",
    "typesafe",
    "voyageai",
    "x-ai",
    "zai",
    "zhipuai",
];

/// Reads the embedded catalogue.
pub fn catalogue() -> Result<Catalogue, FileError> {
    file::read(MANIFEST_TEXT, text_of)
}

fn text_of(key: &str) -> Option<&'static str> {
    let position = PROVIDERS.binary_search_by_key(&key, |(key, _)| key).ok()?;
    Some(PROVIDERS[position].1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pricing::file::{MANIFEST, write};

    #[test]
    fn the_files_are_those_that_the_catalogue_is_written_as() {
        let files = write::files(&catalogue().expect("is well formed"));
        let mut written = files.iter().map(|(name, text)| (name.as_str(), text.as_str()));
        assert!(
            written.next() == Some((MANIFEST, MANIFEST_TEXT)),
            "{MANIFEST} would be written otherwise"
        );
        assert_eq!(files.len(), PROVIDERS.len() + 1);
        for (name, text) in written {
            let key = name.trim_end_matches(".toml");
            assert!(text_of(key) == Some(text), "{name} would be written otherwise");
        }
    }
}
