//! The same usage under other terms: questions in, simulations out.

use super::answer::{self, money};
use super::filter::{filter, period};
use super::map;
use super::period::to_range;
use super::usage_entry;
use crate::api::pb;
use crate::domain::money::Money;
use crate::domain::tenant::Tenant;
use crate::domain::text::{LongName, Name};
use crate::domain::violation::Violations;
use crate::pricing::View;
use crate::query::When;
use crate::query::coverage::Coverage;
use crate::query::simulate::{self, Assumption, Choice, Question, Simulated, Simulation};
use crate::query::suggestions::{Kind, Suggestion};

const CHOICES_MAX: usize = 8;

/// A question and what its answer repeats of it.
pub(crate) struct Asked {
    pub(crate) when: When,
    pub(crate) question: Question,
    choices: Vec<pb::ModelChoice>,
}

/// Reads a request for a simulation at `now`.
pub(crate) fn simulation(
    request: pb::SimulateCostRequest,
    tenant: Tenant,
    now: chrono::DateTime<chrono::Utc>,
) -> Result<Asked, Violations> {
    let mut violations = Violations::default();
    let when = period(request.period, tenant.zone, &mut violations);
    let filter = filter(request.filter, &mut violations);
    let percent = percent(request.prompt_caching_percent, &mut violations);
    let terms =
        map::text_map("price_context", request.price_context, map::PRICE_CONTEXT, &mut violations);
    let terms = (!terms.is_empty()).then_some(terms);
    let count = request.models.len();
    let is_changed = percent.is_some() || terms.is_some();
    if count > CHOICES_MAX || (count == 0 && !is_changed) {
        violations.add(
            "models",
            format!(
                "must have 1 to {CHOICES_MAX} items unless prompt_caching_percent or \
                 price_context is given, has {count}"
            ),
        );
    }
    let choices = choices(&request.models, &mut violations);
    violations.into_result()?;
    let when = when.expect("what could not be read was noted");
    let under = |choice| Assumption {
        choice,
        cached_percent: percent,
        terms: terms.clone(),
        jobs_only: false,
    };
    let assumptions = match choices.is_empty() {
        true => vec![under(None)],
        false => choices.into_iter().map(|choice| under(Some(choice))).collect(),
    };
    let question = Question { tenant: tenant.id, range: when.range(now), filter, assumptions };
    Ok(Asked { when, question, choices: request.models })
}

/// 0 is none.
fn percent(given: i32, violations: &mut Violations) -> Option<u8> {
    match u8::try_from(given) {
        Ok(0) => None,
        Ok(percent) if percent <= 100 => Some(percent),
        _ => {
            violations.add("prompt_caching_percent", "must be 0 to 100");
            None
        }
    }
}

fn choices(models: &[pb::ModelChoice], violations: &mut Violations) -> Vec<Choice> {
    let mut choices = Vec::with_capacity(models.len().min(CHOICES_MAX));
    for (index, asked) in models.iter().enumerate().take(CHOICES_MAX) {
        let path = format!("models[{index}]");
        let provider = violations.take(&format!("{path}.provider"), Name::new(&asked.provider));
        let model = violations.take(&format!("{path}.model"), LongName::new(&asked.model));
        if asked.model.trim().is_empty() {
            violations.add(format!("{path}.model"), "must not be empty");
        }
        choices.extend(provider.zip(model).map(|(provider, model)| Choice { provider, model }));
    }
    choices
}

/// Writes what the usage would have cost.
pub(crate) fn simulated(
    asked: Asked,
    simulated: &Simulated,
    kept: &Coverage,
    prices: View<'_>,
) -> Result<pb::SimulateCostResponse, crate::domain::totals::SumTooLarge> {
    let Asked { when, question, choices } = asked;
    let keys = question.assumptions.iter().map(|assumption| {
        let choice = assumption.choice.as_ref()?;
        simulate::priced_model(prices, choice, question.range.end)
    });
    let mut choices = choices.into_iter().map(Some).chain(std::iter::repeat(None));
    let mut simulations = Vec::with_capacity(simulated.simulations.len());
    for (found, key) in simulated.simulations.iter().zip(keys) {
        simulations.push(simulation_of(choices.next().flatten(), key, found)?);
    }
    Ok(pb::SimulateCostResponse {
        range: Some(to_range(question.range)),
        time_zone: when.zone.name().to_owned(),
        totals: Some(answer::totals(&simulated.totals)),
        simulations,
        coverage: Some(coverage(simulated, kept)),
    })
}

fn simulation_of(
    choice: Option<pb::ModelChoice>,
    priced_model: Option<String>,
    found: &Simulation,
) -> Result<pb::Simulation, crate::domain::totals::SumTooLarge> {
    let savings = found.recorded_cost.checked_sub(found.cost);
    let savings: Money = savings.ok_or(crate::domain::totals::SumTooLarge)?;
    let percent = savings.percent_of(found.recorded_cost);
    Ok(pb::Simulation {
        choice,
        priced_model: priced_model.unwrap_or_default(),
        cost: Some(money(found.cost)),
        recorded_cost: Some(money(found.recorded_cost)),
        savings: Some(money(savings)),
        savings_percent: percent.map(|percent| percent.to_string()).unwrap_or_default(),
        priced_count: found.priced_count,
        unpriced_count: found.unpriced_count,
    })
}

/// Says from when on records were looked at, where they were too many or are gone.
fn coverage(simulated: &Simulated, kept: &Coverage) -> pb::Coverage {
    let too_many = simulated.from.map(|from| {
        format!(
            "There are more records than one question prices: these figures are of the newest {} \
             alone, those from {} on. Ask for a shorter period or fewer models.",
            simulated.totals.request_count,
            from.to_rfc3339_opts(chrono::SecondsFormat::Secs, true),
        )
    });
    match too_many {
        None => usage_entry::coverage(kept),
        Some(explanation) => {
            pb::Coverage { complete: false, explanation, ..usage_entry::coverage(kept) }
        }
    }
}

/// Writes where usage would have cost less.
pub(crate) fn suggestions(
    found: &[Suggestion],
    range: crate::domain::period::TimeRange,
    time_zone: &str,
) -> pb::GetSuggestionsResponse {
    pb::GetSuggestionsResponse {
        suggestions: found.iter().map(suggestion).collect(),
        range: Some(to_range(range)),
        time_zone: time_zone.to_owned(),
        coverage: None,
    }
}

fn suggestion(found: &Suggestion) -> pb::Suggestion {
    let kind = match found.kind {
        Kind::CheaperModel => pb::SuggestionKind::CheaperModel,
        Kind::PromptCaching => pb::SuggestionKind::PromptCaching,
        Kind::Batch => pb::SuggestionKind::Batch,
        Kind::Failures => pb::SuggestionKind::Failures,
        Kind::Unpriced => pb::SuggestionKind::Unpriced,
    };
    pb::Suggestion {
        kind: kind.into(),
        feature: found.feature.clone(),
        provider: found.provider.clone(),
        model: found.model.clone(),
        suggested_model: found.suggested_model.clone(),
        cost: Some(money(found.cost)),
        simulated_cost: Some(money(found.simulated_cost)),
        savings: Some(money(found.savings())),
        request_count: found.request_count,
        explanation: found.explanation.clone(),
    }
}
