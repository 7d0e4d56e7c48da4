//! Budgets in words.

use aiusage_client::{BudgetAmount, BudgetCycle, BudgetPeriod, BudgetScope, Decimal};

use crate::cli::figures::{counted, dollars, number, terms};

/// `$50`, `1,000 tokens`, `1 request`.
pub(super) fn amount(amount: BudgetAmount) -> String {
    match amount {
        BudgetAmount::Cost(cost) => dollars(cost),
        BudgetAmount::Tokens(count) => counted(count, "token"),
        BudgetAmount::Requests(count) => counted(count, "request"),
    }
}

/// The figure alone, in the unit of `unit_of`: `$12.5` or `1,234.5`.
pub(super) fn figure(figure: Decimal, unit_of: BudgetAmount) -> String {
    match unit_of {
        BudgetAmount::Cost(_) => dollars(figure),
        BudgetAmount::Tokens(_) | BudgetAmount::Requests(_) => number(figure),
    }
}

/// `month from day 15 (UTC)`.
pub(super) fn every(period: &BudgetPeriod) -> String {
    const WEEKDAYS: [&str; 7] =
        ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
    let from_day = |what: &str, anchor_day| match anchor_day {
        1 => what.to_owned(),
        day => format!("{what} from day {day}"),
    };
    let cycle = match period.cycle {
        BudgetCycle::Day => "day".to_owned(),
        BudgetCycle::Week { anchor_day } => {
            let index = usize::try_from(anchor_day - 1).ok();
            let day = index.and_then(|index| WEEKDAYS.get(index)).copied().unwrap_or("?");
            format!("week from {day}")
        }
        BudgetCycle::Month { anchor_day } => from_day("month", anchor_day),
        BudgetCycle::Quarter { anchor_day } => from_day("quarter", anchor_day),
        BudgetCycle::Lifetime => return "lifetime".to_owned(),
        BudgetCycle::RollingDays { days } => format!("last {}", counted(days.into(), "day")),
    };
    format!("{cycle} ({})", period.time_zone)
}

/// `each user, feature chat, plan=pro`, or `everything`.
pub(super) fn scope(scope: &BudgetScope) -> String {
    let named = [
        ("user", &scope.user_id),
        ("feature", &scope.feature),
        ("provider", &scope.provider),
        ("model", &scope.model),
        ("job", &scope.job_id),
    ];
    let named = named.into_iter().filter(|(_, value)| !value.is_empty());
    let each_user = scope.each_user.then(|| "each user".to_owned());
    let named = named.map(|(word, value)| format!("{word} {value}"));
    let tags = (!scope.tags.is_empty()).then(|| terms(&scope.tags));
    let parts: Vec<_> = each_user.into_iter().chain(named).chain(tags).collect();
    if parts.is_empty() { "everything".to_owned() } else { parts.join(", ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_and_periods_are_said_in_full() {
        assert_eq!(scope(&BudgetScope::new()), "everything");
        let pro = BudgetScope::new().each_user().feature("chat").tag("plan", "pro");
        assert_eq!(scope(&pro), "each user, feature chat, plan=pro");
        let said = |cycle| every(&BudgetPeriod::new(cycle).time_zone("UTC"));
        assert_eq!(said(BudgetCycle::MONTH), "month (UTC)");
        assert_eq!(said(BudgetCycle::Quarter { anchor_day: 15 }), "quarter from day 15 (UTC)");
        assert_eq!(said(BudgetCycle::Week { anchor_day: 7 }), "week from Sunday (UTC)");
        assert_eq!(said(BudgetCycle::RollingDays { days: 1 }), "last 1 day (UTC)");
        assert_eq!(said(BudgetCycle::Lifetime), "lifetime");
    }

    #[test]
    fn figures_have_the_unit_of_the_limit() {
        let rate = Decimal::new(1_234_500_000, 6);
        assert_eq!(figure(rate, BudgetAmount::Tokens(0)), "1,234.5");
        assert_eq!(figure(-rate, BudgetAmount::Cost(Decimal::ZERO)), "-$1,234.5");
        assert_eq!(amount(BudgetAmount::Requests(1)), "1 request");
        assert_eq!(amount(BudgetAmount::Tokens(2_000)), "2,000 tokens");
    }
}
