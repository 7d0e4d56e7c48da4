//! Compares a price list with the prices that the program is shipped with: prints what
//! bringing it in would change.
//!
//! ```text
//! cargo run --example sync_plan FILE [VERSION [PROVIDER/MODEL...]]
//! ```

use aiusage::pricing::set::Amount;
use aiusage::pricing::sync::plan::{self, Difference, Options, RateDifference};
use aiusage::pricing::sync::{Format, Listing};
use aiusage::pricing::{corrections, embedded};
use anyhow::Context as _;
use chrono::DateTime;

fn main() -> anyhow::Result<()> {
    let mut words = std::env::args().skip(1);
    let file = words.next().context("which file?")?;
    let version = words.next().unwrap_or_default();
    let text = std::fs::read_to_string(&file).with_context(|| file.clone())?;
    let format = Format::detect(&file, &text).context("the file has an unknown form")?;
    let listing = Listing::read(format, &text, &version)?;
    let now = std::time::UNIX_EPOCH.elapsed()?;
    let options = Options {
        now: DateTime::from_timestamp(i64::try_from(now.as_secs())?, 0).context("what time?")?,
        from: None,
        accept: words.collect(),
        created_by: String::new(),
    };
    let shipped = embedded::catalogue()?.with(&corrections::corrections()?)?;
    let plan = plan::plan(&shipped, &listing, &options)?;
    let lines: Vec<String> = plan.differences.iter().map(line).collect();
    let names = plan.changes.providers.len();
    write(&format!("{}\n{:#?}\n{names} providers are named anew\n", lines.join("\n"), plan.summary))
}

fn line(difference: &Difference) -> String {
    let Difference { kind, model, reason, from, rates } = difference;
    let from = from.map_or(String::new(), |from| format!(" from {from}"));
    let rates: Vec<String> = rates.iter().map(rate).collect();
    format!("{kind:?} {model}{from}: {reason} [{}]", rates.join(", "))
}

fn rate(rate: &RateDifference) -> String {
    let amount = |amount: Option<_>| amount.map_or("none".to_owned(), |it: Amount| it.to_string());
    let tier = rate.above.map_or(String::new(), |above| format!(" above {above}"));
    format!("{}{tier} {} -> {} / {}", rate.meter, amount(rate.before), amount(rate.after), rate.per)
}

fn write(text: &str) -> anyhow::Result<()> {
    Ok(std::io::Write::write_all(&mut std::io::stdout().lock(), text.as_bytes())?)
}
