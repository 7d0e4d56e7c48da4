//! Invoices in, comparisons out.

use super::answer::money;
use super::period::{to_range, zone};
use super::usage_entry::coverage;
use crate::api::pb;
use crate::domain::invoice::{Format, GapKind, Invoice, Judged};
use crate::domain::period::{Period, Zone};
use crate::domain::text::Name;
use crate::domain::violation::Violations;
use crate::query::invoice::{Cause, Comparison};

/// The most rows of an answer.
const ROWS_MAX: usize = 1_000;

/// A request that was read.
pub(crate) struct Asked {
    pub(crate) provider: Name,
    pub(crate) invoice: Invoice,
    pub(crate) zone: Zone,
}

/// Reads a request.
pub(crate) fn asked(request: &pb::CompareInvoiceRequest) -> Result<Asked, Violations> {
    let mut violations = Violations::default();
    let provider = violations.take("provider", Name::new(&request.provider));
    if request.provider.trim().is_empty() {
        violations.add("provider", "is required");
    }
    let zone = violations.take("time_zone", zone(&request.time_zone, Zone::UTC));
    let format = match request.format() {
        pb::InvoiceFormat::Unspecified => None,
        pb::InvoiceFormat::Csv => Some(Format::Csv),
        pb::InvoiceFormat::Openai => Some(Format::OpenAi),
        pb::InvoiceFormat::Anthropic => Some(Format::Anthropic),
    };
    let read = Invoice::read(&request.invoice, format, zone.unwrap_or(Zone::UTC));
    let invoice = read.map_err(|more| violations.extend(more)).ok();
    if let Some((first, last)) = invoice.as_ref().map(Invoice::days) {
        let days_max = i64::from(Period::DAYS_MAX);
        if (last - first).num_days() >= days_max {
            violations.add(
                "invoice",
                format!("must span at most {days_max} days, is from {first} to {last}"),
            );
        }
    }
    violations.into_result()?;
    let read = provider.zip(invoice).zip(zone);
    let ((provider, invoice), zone) = read.expect("what could not be read was noted");
    Ok(Asked { provider, invoice, zone })
}

/// Writes a comparison.
pub(crate) fn comparison(asked: &Asked, found: &Comparison) -> pb::CompareInvoiceResponse {
    pb::CompareInvoiceResponse {
        range: Some(to_range(found.range)),
        time_zone: asked.zone.name().to_owned(),
        invoiced: Some(money(found.invoiced)),
        recorded: Some(money(found.recorded)),
        gap: Some(money(found.gap)),
        rows: found.rows.iter().take(ROWS_MAX).map(row).collect(),
        causes: found.causes.iter().map(cause).collect(),
        other_line_count: asked.invoice.other_line_count,
        coverage: Some(coverage(&found.coverage)),
    }
}

fn row(judged: &Judged) -> pb::InvoiceRow {
    let pair = &judged.pair;
    pb::InvoiceRow {
        day: pair.day.to_string(),
        model: pair.model.clone(),
        invoiced: pair.invoiced.map(|(amount, _)| money(amount)),
        recorded: pair.recorded.as_ref().map(|recorded| money(recorded.cost)),
        gap: Some(money(judged.gap)),
        kind: kind(judged.kind).into(),
    }
}

fn kind(kind: GapKind) -> pb::GapKind {
    match kind {
        GapKind::None => pb::GapKind::Unspecified,
        GapKind::Unpriced => pb::GapKind::Unpriced,
        GapKind::MissingInLog => pb::GapKind::MissingInLog,
        GapKind::MissingInInvoice => pb::GapKind::MissingInInvoice,
        GapKind::Rounding => pb::GapKind::Rounding,
        GapKind::Tier => pb::GapKind::Tier,
        GapKind::DayShift => pb::GapKind::DayShift,
        GapKind::Part => pb::GapKind::Part,
    }
}

fn cause(cause: &Cause) -> pb::GapCause {
    pb::GapCause {
        kind: kind(cause.kind).into(),
        gap: Some(money(cause.gap)),
        row_count: cause.row_count,
        explanation: explanation(cause),
    }
}

/// What to do about it.
fn explanation(cause: &Cause) -> String {
    match cause.kind {
        GapKind::None => String::new(),
        GapKind::Unpriced => "The log has calls without a price on these days: give their models \
            a price or an alias (ListUnpriced shows the names); they are then priced at their own \
            time."
            .to_owned(),
        GapKind::MissingInLog => "The provider charged for days or models of which the log has \
            nothing: look for calls that are not recorded, such as another application, key or \
            project, or that are recorded under a name that has no price."
            .to_owned(),
        GapKind::MissingInInvoice => "The log has days or models that were not charged: the \
            export may be of one project or key alone, or these calls may have gone to another \
            provider."
            .to_owned(),
        GapKind::Rounding => {
            "The invoice is written with fewer digits than the calls cost; nothing is wrong."
                .to_owned()
        }
        GapKind::Tier => format!(
            "The invoice is what the same usage costs on other terms ({}): report them with each \
             record as price_context, or correct the price, and price the records anew.",
            cause.terms.join("; ")
        ),
        GapKind::DayShift => "What one day has more, the day beside it has less: the invoice's \
            days may be those of another zone, or the provider counts late calls on the next day."
            .to_owned(),
        GapKind::Part => "Both have these days and models, with different amounts: some calls \
            may not be recorded, or be recorded twice under different ids, or the price differs."
            .to_owned(),
    }
}
