//! What suggestions say to people.

use chrono::SecondsFormat;

use super::{CACHED_PERCENT, Idea, Kind, Simulated, Suggestion, Use};
use crate::domain::money::Money;
use crate::store::totals::Row;

/// What to do, and what it rests on.
pub(super) fn idea(idea: &Idea, one: &Use, simulated: &Simulated) -> String {
    let advice = match idea.kind {
        Kind::CheaperModel => format!(
            "{} is the next cheaper model of the same family by its name; the same tokens are \
             priced with it. Whether its answers are good enough, only a test on your own cases \
             can tell.",
            idea.suggested_model
        ),
        Kind::PromptCaching => format!(
            "Inputs are long ({} tokens in the mean) and hardly any is read from a prompt cache. \
             This is the price if {CACHED_PERCENT} % of each were, without what writing to the \
             cache may cost. Put what repeats at the front of the prompt.",
            one.totals.input_tokens / (one.totals.request_count - one.totals.cached_count).max(1)
        ),
        Kind::Batch => "These calls belong to background jobs (they have a job_id): the provider \
            has a lower price for calls whose answers can wait for hours."
            .to_owned(),
        Kind::Failures | Kind::Unpriced => String::new(),
    };
    match simulated.from {
        None => advice,
        Some(from) => format!(
            "{advice} The figures are of the newest {} records alone, those from {} on.",
            simulated.totals.request_count,
            from.to_rfc3339_opts(SecondsFormat::Secs, true)
        ),
    }
}

/// What failed calls of a feature cost.
pub(super) fn failures(row: &Row) -> Suggestion {
    let count = row.totals.request_count;
    Suggestion {
        kind: Kind::Failures,
        feature: row.keys[0].clone(),
        provider: String::new(),
        model: String::new(),
        suggested_model: String::new(),
        cost: row.totals.cost,
        simulated_cost: Money::ZERO,
        request_count: count,
        explanation: format!(
            "{count} calls failed and were charged all the same. Look at the messages of failed \
             calls first: something may be sent in vain again and again."
        ),
    }
}

/// Usage of a model whose cost is not known.
pub(super) fn unpriced(row: &Row) -> Option<Suggestion> {
    let count = row.totals.unpriced_count;
    let [provider, model] = row.keys.clone();
    (count > 0).then(|| Suggestion {
        kind: Kind::Unpriced,
        feature: String::new(),
        provider,
        model,
        suggested_model: String::new(),
        cost: Money::ZERO,
        simulated_cost: Money::ZERO,
        request_count: count,
        explanation: format!(
            "{count} records have no cost, since no price is known for them: all sums are too \
             low by it. Give the model a price or an alias (the list of names without a price \
             says why each has none); they are then priced at their own time."
        ),
    })
}
