//! `aiusage forecast`, `anomalies`, `suggestions`, `simulate` and `invoice`.

pub(super) mod anomalies;
pub(super) mod forecast;
pub(super) mod invoice;
mod scope;
pub(super) mod simulate;
pub(super) mod suggestions;

/// A note about what an answer lacks, on lines of its own; nothing where it is whole.
fn note(missing: &str) -> String {
    if missing.is_empty() { String::new() } else { format!("\n{missing}\n") }
}

/// A name, or what stands for none.
fn named(name: &str) -> String {
    if name.is_empty() { "(none)".to_owned() } else { name.to_owned() }
}
