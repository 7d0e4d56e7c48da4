//! Every reason of `error_reason.proto` is produced somewhere: here by name, in
//! detail in the other files.

use std::collections::BTreeSet;

const REASONS: &str = include_str!("../../proto/aiusage/v1/error_reason.proto");
const STATUS: &str = include_str!("../../src/api/status.rs");

#[test]
fn the_table_of_errors_produces_every_reason() {
    let declared = REASONS.lines().filter_map(|line| {
        let (name, _) = line.trim().strip_prefix("ERROR_REASON_")?.split_once(" = ")?;
        (name != "UNSPECIFIED").then(|| name.replace('_', "").to_lowercase())
    });
    let declared: BTreeSet<String> = declared.collect();
    let produced = STATUS.split("ErrorReason::").skip(1).map(|rest| {
        rest.chars().take_while(|c| c.is_alphanumeric()).collect::<String>().to_lowercase()
    });
    assert_eq!(declared, produced.collect());
}
