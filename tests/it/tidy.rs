//! The house rules that a compiler does not hold: who may use what, and how long
//! things may grow.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

const FILE_LINES_MAX: usize = 500;
const FUNCTION_LINES_MAX: usize = 70;

/// A source file, without its tests.
struct Source {
    /// Path below the package, with forward slashes.
    path: String,
    text: String,
}

impl Source {
    fn is_under(&self, folder: &str) -> bool {
        self.path.starts_with(folder)
    }

    /// Lines that are code, with their numbers: no comments, no unit tests.
    fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        let lines = self.text.lines().enumerate().map(|(index, line)| (index + 1, line));
        lines
            .take_while(|(_, line)| *line != "#[cfg(test)]")
            .filter(|(_, line)| !line.trim_start().starts_with("//"))
    }

    /// Fails when a line of code has one of `words`.
    fn must_not_use(&self, words: &[&str], why: &str) -> Vec<String> {
        self.code()
            .filter(|(_, line)| words.iter().any(|word| line.contains(word)))
            .map(|(number, line)| format!("{}:{number}: {why}: {}", self.path, line.trim()))
            .collect()
    }
}

fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    for folder in ["src", "clients/rust/src", "bench/src", "tools"] {
        collect(&root.join(folder), &mut files);
    }
    let read = |file: PathBuf| Source {
        path: file.strip_prefix(root).unwrap().to_string_lossy().into_owned(),
        text: fs::read_to_string(&file).unwrap(),
    };
    let sources: Vec<Source> = files.into_iter().map(read).collect();
    assert!(sources.len() > 50, "the sources were not found");
    sources.into_iter().filter(|source| !source.is_under("clients/rust/src/generated")).collect()
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}

fn assert_none(offences: Vec<String>) {
    assert!(offences.is_empty(), "\n{}\n", offences.join("\n"));
}

/// Which modules a module may use, besides itself. Data flows one way.
const LAYERS: [(&str, &[&str]); 13] = [
    ("src/domain", &[]),
    ("src/clock.rs", &[]),
    ("src/pricing", &["domain"]),
    ("src/store", &["domain", "pricing"]),
    ("src/users.rs", &["domain", "store"]),
    ("src/budget", &["domain", "store", "clock", "users"]),
    ("src/ingest", &["domain", "pricing", "budget", "store", "clock", "users"]),
    ("src/query", &["domain", "pricing", "budget", "store", "users"]),
    ("src/upkeep", &["domain", "pricing", "budget", "store", "clock"]),
    (
        "src/api",
        &[
            "domain", "pricing", "budget", "alert", "ingest", "query", "upkeep", "store", "clock",
            "users",
        ],
    ),
    ("src/web", &["api", "domain"]),
    ("src/alert", &["domain", "store", "clock"]),
    ("src/bootstrap.rs", &["domain", "pricing", "store", "clock", "api", "config", "credentials"]),
];

#[test]
fn imports_go_one_way() {
    let mut offences = Vec::new();
    for source in sources() {
        let Some((home, allowed)) = LAYERS.iter().find(|(home, _)| source.is_under(home)) else {
            continue;
        };
        let own = home.trim_start_matches("src/").trim_end_matches(".rs");
        for (number, line) in source.code() {
            for used in line.split("crate::").skip(1) {
                let module: String =
                    used.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
                let known = module == own || allowed.contains(&module.as_str());
                if !known && !module.is_empty() {
                    offences
                        .push(format!("{}:{number}: {own} must not know {module}", source.path));
                }
            }
        }
    }
    assert_none(offences);
}

#[test]
fn each_thing_has_its_place() {
    let mut offences = Vec::new();
    for source in sources() {
        if source.is_under("src") && !source.is_under("src/store") {
            offences.extend(source.must_not_use(&["sqlx::"], "SQL belongs in store"));
        }
        if source.is_under("src") && !source.is_under("src/api") {
            offences.extend(
                source.must_not_use(&["pb::", "include_proto"], "wire types belong in api"),
            );
        }
        let tells = ["src/api/status.rs", "src/api/info.rs"];
        if source.is_under("src/api") && !tells.contains(&source.path.as_str()) {
            let makes = [
                "Status::new",
                "Status::internal",
                "Status::invalid",
                "Status::un",
                "Status::with",
                "Status::not",
            ];
            offences.extend(source.must_not_use(&makes, "a status is made in api/status.rs"));
        }
        if source.is_under("src") && source.path != "src/app.rs" {
            offences.extend(
                source.must_not_use(&["tokio::spawn", "task::spawn"], "only app.rs spawns tasks"),
            );
        }
    }
    assert_none(offences);
}

/// The clippy lints hold arithmetic; this holds the types themselves. The wire's
/// `Struct` has floats, which stay in metadata, and come in as JSON's numbers.
#[test]
fn no_float_comes_near_money() {
    const HOMES: [&str; 9] = [
        "src/domain",
        "src/pricing",
        "src/ingest",
        "src/store",
        "src/query",
        "src/api",
        "src/web",
        "src/bootstrap.rs",
        "clients/rust/src",
    ];
    let metadata =
        ["src/api/convert/metadata.rs", "src/web/json/plain.rs", "clients/rust/src/metadata.rs"];
    let offences = sources()
        .into_iter()
        .filter(|source| HOMES.iter().any(|home| source.is_under(home)))
        .filter(|source| !metadata.contains(&source.path.as_str()))
        .flat_map(|source| source.must_not_use(&["f32", "f64"], "a float"));
    assert_none(offences.collect());
}

#[test]
fn nothing_is_left_for_later() {
    let marks = [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("XX", "X")];
    let offences = sources().into_iter().flat_map(|source| {
        let lines = source.text.lines().enumerate();
        let found = lines.filter(|(_, line)| marks.iter().any(|mark| line.contains(mark)));
        found
            .map(|(index, line)| format!("{}:{}: {line}", source.path, index + 1))
            .collect::<Vec<_>>()
    });
    assert_none(offences.collect());
}

/// Functions with their first lines and lengths. The formatter puts the closing
/// brace under the line that opened it.
fn functions(source: &Source) -> Vec<(String, usize)> {
    let lines: Vec<&str> = source.text.lines().collect();
    let mut functions = Vec::new();
    for (start, line) in lines.iter().enumerate() {
        let indent = line.len() - line.trim_start().len();
        let words = line.trim_start();
        let begins = [
            "fn ",
            "pub fn ",
            "async fn ",
            "pub async fn ",
            "pub(super) fn ",
            "pub(super) async fn ",
            "pub(crate) fn ",
            "pub(crate) async fn ",
            "const fn ",
            "pub const fn ",
        ];
        if !begins.iter().any(|begin| words.starts_with(begin)) {
            continue;
        }
        let closing = format!("{}}}", " ".repeat(indent));
        let length = lines[start..].iter().position(|line| *line == closing);
        if let Some(length) = length.filter(|_| !line.ends_with(';')) {
            functions.push((format!("{}:{}", source.path, start + 1), length + 1));
        } else if line.ends_with('}') {
            functions.push((format!("{}:{}", source.path, start + 1), 1));
        }
    }
    functions
}

fn median(mut lengths: Vec<usize>) -> usize {
    lengths.sort_unstable();
    lengths[lengths.len() / 2]
}

/// Prints the figures of the house, and holds the longest.
#[test]
#[expect(clippy::print_stdout, reason = "figures for people to read")]
fn files_and_functions_stay_small() {
    let sources = sources();
    let mut by_layer: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    for source in sources.iter().filter(|source| source.is_under("src/")) {
        let layer = source.path.split('/').nth(1).unwrap_or_default().to_owned();
        let entry = by_layer.entry(layer).or_default();
        *entry = (entry.0 + 1, entry.1 + source.text.lines().count());
    }
    for (layer, (files, lines)) in &by_layer {
        println!("{layer:>16} {files:>4} files {lines:>6} lines");
    }
    let files: Vec<(String, usize)> =
        sources.iter().map(|source| (source.path.clone(), source.text.lines().count())).collect();
    let functions: Vec<(String, usize)> = sources.iter().flat_map(functions).collect();
    for (what, lengths, max) in
        [("file", files, FILE_LINES_MAX), ("function", functions, FUNCTION_LINES_MAX)]
    {
        let longest = lengths.iter().max_by_key(|(_, lines)| *lines).unwrap().clone();
        let middle = median(lengths.iter().map(|(_, lines)| *lines).collect());
        println!(
            "{} {what}s: median {middle} lines, longest {} ({})",
            lengths.len(),
            longest.1,
            longest.0
        );
        let long = lengths.into_iter().filter(|(_, lines)| *lines > max);
        assert_none(
            long.map(|(path, lines)| format!("{path}: a {what} of {lines} lines, over {max}"))
                .collect(),
        );
    }
}

/// Every message, field, method and enum value of the wire says what it means.
#[test]
fn every_item_of_the_wire_has_a_comment() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("proto/aiusage/v1");
    let mut offences = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let text = fs::read_to_string(&path).unwrap();
        let mut before = "";
        for (index, line) in text.lines().enumerate() {
            let words = line.trim();
            let declares = ["message ", "enum ", "service ", "rpc ", "oneof "]
                .iter()
                .any(|word| words.starts_with(word))
                || (words.ends_with(';') && words.contains(" = ") && !words.starts_with("syntax"));
            if declares && !before.starts_with("//") {
                offences.push(format!("{}:{}: no comment: {words}", path.display(), index + 1));
            }
            before = words;
        }
    }
    assert_none(offences);
}
