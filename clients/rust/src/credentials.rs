//! Where the address and the key come from.

use std::fmt;
use std::path::{Path, PathBuf};

use crate::error::ConfigError;

/// Where the service of a developer's machine listens.
const DEFAULT_ADDRESS: &str = "http://127.0.0.1:50051";
const ADDRESS_VARIABLE: &str = "AIUSAGE_ADDRESS";
const KEY_VARIABLE: &str = "AIUSAGE_API_KEY";
const FILE_VARIABLE: &str = "AIUSAGE_CREDENTIALS_FILE";

/// An API key. Its debug output does not show it.
#[derive(Clone, PartialEq, Eq, serde::Deserialize)]
#[serde(transparent)]
pub(crate) struct ApiKey(pub(crate) String);

impl fmt::Debug for ApiKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("ApiKey(…)")
    }
}

/// Where a key was found.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Source {
    /// The builder was given it.
    Builder,
    /// An environment variable.
    Environment(&'static str),
    /// The credentials file.
    File(PathBuf),
}

impl fmt::Display for Source {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Source::Builder => out.write_str("the program"),
            Source::Environment(variable) => write!(out, "${variable}"),
            Source::File(path) => write!(out, "{}", path.display()),
        }
    }
}

/// What the builder was given.
#[derive(Debug, Clone, Default)]
pub(crate) struct Given {
    pub(crate) address: Option<String>,
    pub(crate) api_key: Option<ApiKey>,
    pub(crate) file: Option<PathBuf>,
}

/// An address and a key, and where the key was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Credentials {
    pub(crate) address: String,
    pub(crate) api_key: ApiKey,
    pub(crate) api_key_source: Source,
}

/// The JSON of a credentials file.
#[derive(Debug, Default, serde::Deserialize)]
struct File {
    address: Option<String>,
    api_key: Option<ApiKey>,
}

/// Finds address and key: each from the builder, else the environment, else the file.
pub(crate) fn find(
    given: Given,
    env: impl Fn(&str) -> Option<String>,
) -> Result<Credentials, ConfigError> {
    let env = |variable: &str| env(variable).filter(|value| !value.is_empty());
    let address = given.address.or_else(|| env(ADDRESS_VARIABLE));
    let api_key = given.api_key.map(|key| (key, Source::Builder));
    let from_env = || Some((ApiKey(env(KEY_VARIABLE)?), Source::Environment(KEY_VARIABLE)));
    let api_key = api_key.or_else(from_env);

    let path = given.file.or_else(|| file_path(env));
    // A broken file does not matter to whoever does not need it.
    let needed = path.as_deref().filter(|_| address.is_none() || api_key.is_none());
    let file = needed.map(read).transpose()?.unwrap_or_default();
    let address = address.or(file.address).unwrap_or_else(|| DEFAULT_ADDRESS.to_owned());
    let (api_key, api_key_source) = api_key
        .or_else(|| Some((file.api_key?, Source::File(path.clone()?))))
        .ok_or_else(|| no_key(path.as_deref()))?;
    Ok(Credentials { address, api_key, api_key_source })
}

fn file_path(env: impl Fn(&str) -> Option<String>) -> Option<PathBuf> {
    if let Some(path) = env(FILE_VARIABLE) {
        return Some(PathBuf::from(path));
    }
    let config = env("XDG_CONFIG_HOME").map(PathBuf::from);
    let config = config.or_else(|| env("HOME").map(|home| Path::new(&home).join(".config")));
    config.map(|config| config.join("aiusage/credentials.json"))
}

/// Reads a credentials file; one that is not there is empty.
fn read(path: &Path) -> Result<File, ConfigError> {
    let refuse = |cause: String| ConfigError::File { path: path.to_owned(), cause };
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(File::default()),
        Err(error) => return Err(refuse(error.to_string())),
    };
    // serde_json's own message may quote a value, and a value may be the key.
    serde_json::from_str(&text).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        let expected = r#"expected {"address": "…", "api_key": "…"}"#;
        refuse(format!("line {line}, column {column}: {expected}"))
    })
}

fn no_key(file: Option<&Path>) -> ConfigError {
    let mut looked_in = vec!["the program's own setting".to_owned(), format!("${KEY_VARIABLE}")];
    looked_in.extend(file.map(|path| path.display().to_string()));
    ConfigError::NoKey { looked_in }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn env(pairs: &[(&str, &str)]) -> impl Fn(&str) -> Option<String> {
        let pairs: Vec<_> = pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        move |name| pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone())
    }

    fn file(name: &str, text: &str) -> PathBuf {
        let name = format!("aiusage-client-{}-{name}.json", std::process::id());
        let path = std::env::temp_dir().join(name);
        std::fs::write(&path, text).expect("the temporary folder can be written");
        path
    }

    #[test]
    fn builder_beats_environment_beats_file() {
        let path = file("order", r#"{"address": "http://file:1", "api_key": "of-file"}"#);
        let given = || Given { file: Some(path.clone()), ..Given::default() };

        let found = find(given(), env(&[])).expect("the file has both");
        assert_eq!(
            (found.address.as_str(), found.api_key.0.as_str()),
            ("http://file:1", "of-file")
        );
        assert_eq!(found.api_key_source, Source::File(path.clone()));

        let found = find(given(), env(&[(KEY_VARIABLE, "of-env")])).expect("a key is there");
        assert_eq!((found.address.as_str(), found.api_key.0.as_str()), ("http://file:1", "of-env"));

        let own = Given { address: Some("http://own:1".to_owned()), ..given() };
        let found = find(own, env(&[(ADDRESS_VARIABLE, "http://env:1")])).expect("a key is there");
        assert_eq!(found.address, "http://own:1");
        std::fs::remove_file(path).expect("it was written above");
    }

    #[test]
    fn the_file_is_looked_for_where_it_was_promised() {
        let path = |pairs: &[(&str, &str)]| file_path(env(pairs));
        let home = ("HOME", "/home/ada");
        let default = path(&[home]).expect("there is a home");
        assert_eq!(default, Path::new("/home/ada/.config/aiusage/credentials.json"));
        let xdg = path(&[home, ("XDG_CONFIG_HOME", "/x")]).expect("there is a folder");
        assert_eq!(xdg, Path::new("/x/aiusage/credentials.json"));
        let own = path(&[home, (FILE_VARIABLE, "/own.json")]).expect("it is named");
        assert_eq!(own, Path::new("/own.json"));
    }

    #[test]
    fn without_a_key_the_places_are_named() {
        let error = find(Given::default(), env(&[("HOME", "/nowhere")])).expect_err("no key");
        let expected = "no API key was found; looked in the program's own setting, \
                        $AIUSAGE_API_KEY, /nowhere/.config/aiusage/credentials.json";
        assert_eq!(error.to_string(), expected);
    }

    #[test]
    fn a_key_is_never_shown() {
        let path = file("secret", r#"{"api_key": {"aiusage_secret": "aiusage_secret"}}"#);
        let given = Given { file: Some(path.clone()), ..Given::default() };
        let error = find(given, env(&[])).expect_err("the key is no text");
        assert!(!format!("{error} {error:?}").contains("secret\""), "{error}");
        let found = find(Given::default(), env(&[(KEY_VARIABLE, "aiusage_secret")]));
        assert!(!format!("{found:?}").contains("aiusage_secret"));
        std::fs::remove_file(path).expect("it was written above");
    }
}
