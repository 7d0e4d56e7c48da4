//! Price lists: options in, differences out.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};

use super::time;
use crate::api::auth::Caller;
use crate::api::pb;
use crate::api::pb::sync_prices_response::Content;
use crate::api::status::{Error, Refused};
use crate::domain::text;
use crate::domain::violation::Violations;
use crate::pricing::catalogue::Source;
use crate::pricing::set::Amount;
use crate::pricing::sync::plan::{Difference, Kind, Options, Plan, RateDifference, Summary};
use crate::pricing::sync::{Format, Listing};

const NAME_MAX: usize = 512;
const VERSION_MAX: usize = 64;
const ACCEPT_MAX: usize = 1_000;

/// How a price list is to be brought in.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    pub(crate) format: Format,
    pub(crate) version: String,
    pub(crate) validate_only: bool,
    pub(crate) options: Options,
    name: String,
}

impl Asked {
    /// Where a list of the operator's own comes from is its file.
    pub(crate) fn named(&self, mut listing: Listing) -> Listing {
        if listing.source.attribution.is_empty() {
            listing.source.attribution = self.name.as_str().into();
        }
        listing
    }
}

/// Reads the options of a price list that has the content `text`.
pub(crate) fn asked(
    options: pb::SyncPricesOptions,
    text: &str,
    caller: &Caller,
    now: DateTime<Utc>,
) -> Result<Asked, Error> {
    let mut violations = Violations::default();
    let name = violations.take("options.name", text::required(&options.name, NAME_MAX));
    let version = violations.take("options.version", text::optional(&options.version, VERSION_MAX));
    let from = options
        .effective_from_time
        .and_then(|given| violations.take("options.effective_from_time", time::timestamp(given)));
    if from.is_some_and(|from| from < now) {
        violations.add(
            "options.effective_from_time",
            "must not lie in the past, which CreatePrice corrects",
        );
    }
    if options.accept.len() > ACCEPT_MAX {
        violations.add("options.accept", format!("must have at most {ACCEPT_MAX} items"));
    }
    let wire = pb::PriceListFormat::try_from(options.format);
    if wire.is_err() {
        violations.add("options.format", "is none of PriceListFormat");
    }
    violations.into_result()?;
    let name: String = name.unwrap_or_default().into();
    let detected = || Format::detect(&name, text);
    let format = match wire.unwrap_or_default() {
        pb::PriceListFormat::Unspecified => detected(),
        pb::PriceListFormat::GenaiPrices => Some(Format::GenaiPrices),
        pb::PriceListFormat::Litellm => Some(Format::Litellm),
        pb::PriceListFormat::Toml => Some(Format::Toml),
        pb::PriceListFormat::Csv => Some(Format::Csv),
        pb::PriceListFormat::Json => Some(Format::Json),
    };
    let format = format.ok_or_else(|| {
        Refused::PriceListInvalid(
            "what the file is written in cannot be told; say it in options.format".to_owned(),
        )
    })?;
    Ok(Asked {
        format,
        version: version.unwrap_or_default().into(),
        validate_only: options.validate_only,
        options: Options {
            now,
            from,
            accept: options.accept.into_iter().collect::<BTreeSet<_>>(),
            created_by: caller.key.as_str().to_owned(),
        },
        name,
    })
}

/// Says how much of the file has come.
pub(crate) fn received(bytes: usize) -> pb::SyncPricesResponse {
    let received_bytes = i64::try_from(bytes).unwrap_or(i64::MAX);
    let progress = pb::SyncPricesProgress { stage: "receiving".to_owned(), received_bytes };
    answer(Content::Progress(progress))
}

/// Writes what differs, and the summary.
pub(crate) fn answers(
    plan: &Plan,
    source: &Source,
    format: Format,
    applied: bool,
) -> Vec<pb::SyncPricesResponse> {
    let differences = plan.differences.iter().map(difference).map(Content::Difference);
    let summary = Content::Summary(summary(&plan.summary, source, format, applied));
    differences.chain([summary]).map(answer).collect()
}

fn answer(content: Content) -> pb::SyncPricesResponse {
    pb::SyncPricesResponse { content: Some(content) }
}

fn difference(difference: &Difference) -> pb::PriceDifference {
    let kind = match difference.kind {
        Kind::New => pb::PriceDifferenceKind::New,
        Kind::Changed => pb::PriceDifferenceKind::Changed,
        Kind::Ended => pb::PriceDifferenceKind::Ended,
        Kind::Refused => pb::PriceDifferenceKind::Refused,
        Kind::Foreign => pb::PriceDifferenceKind::Foreign,
    };
    pb::PriceDifference {
        kind: kind.into(),
        provider: difference.model.provider.to_string(),
        model: difference.model.model.to_string(),
        reason: difference.reason.clone(),
        effective_from_time: difference.from.map(time::to_timestamp),
        rates: difference.rates.iter().map(rate).collect(),
    }
}

fn rate(rate: &RateDifference) -> pb::RateDifference {
    let money =
        |amount: Amount| pb::Money { amount: amount.to_string(), currency_code: "USD".to_owned() };
    pb::RateDifference {
        meter: rate.meter.key().to_owned(),
        above_input_tokens: rate.above.and_then(|above| i64::try_from(above).ok()),
        before: rate.before.map(money),
        after: rate.after.map(money),
        per: rate.per.into(),
    }
}

fn summary(
    summary: &Summary,
    source: &Source,
    format: Format,
    applied: bool,
) -> pb::SyncPricesSummary {
    let count = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
    let format = match format {
        Format::GenaiPrices => pb::PriceListFormat::GenaiPrices,
        Format::Litellm => pb::PriceListFormat::Litellm,
        Format::Toml => pb::PriceListFormat::Toml,
        Format::Csv => pb::PriceListFormat::Csv,
        Format::Json => pb::PriceListFormat::Json,
    };
    pb::SyncPricesSummary {
        model_count: count(summary.models),
        rate_count: count(summary.rates),
        new_count: count(summary.new),
        changed_count: count(summary.changed),
        ended_count: count(summary.ended),
        refused_count: count(summary.refused),
        foreign_count: count(summary.foreign),
        unchanged_count: count(summary.unchanged),
        kept_count: count(summary.kept),
        skipped_count: count(summary.skipped),
        sha256: source.sha256.to_string(),
        applied,
        format: format.into(),
    }
}
