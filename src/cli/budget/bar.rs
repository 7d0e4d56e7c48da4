//! A bar that shows how full a budget is. Whole numbers and decimals only.

use aiusage_client::{BudgetStatus, Decimal};
use rust_decimal::prelude::ToPrimitive;

use crate::cli::output::{Output, Style};

/// A bar of so many cells: used, reserved, free.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Bar {
    used: usize,
    reserved: usize,
    free: usize,
    level: Style,
}

impl Bar {
    /// The bar of a budget.
    pub(super) fn of(status: &BudgetStatus, width: usize) -> Self {
        let budget = &status.budget;
        let first_threshold = budget.threshold_percents.iter().min().copied();
        let [used, reserved, limit] =
            [status.used, status.reserved, budget.limit].map(|amount| amount.number());
        Self::new(used, reserved, limit, first_threshold, width)
    }

    fn new(
        used: Decimal,
        reserved: Decimal,
        limit: Decimal,
        first_threshold: Option<i32>,
        width: usize,
    ) -> Self {
        let used_cells = cells(used, limit, width);
        let taken_cells = cells(used.saturating_add(reserved), limit, width);
        Self {
            used: used_cells,
            // Corrections may make what is used negative.
            reserved: taken_cells.saturating_sub(used_cells),
            free: width - taken_cells.max(used_cells),
            level: level(used, limit, first_threshold),
        }
    }

    /// Without colours, in ASCII: `[####++....]`.
    pub(super) fn plain(self) -> String {
        let [used, reserved, free] = self.runs(["#", "+", "."]);
        format!("[{used}{reserved}{free}]")
    }

    /// As a terminal with colours shows it, yet without them: `████▒▒░░░░`.
    pub(super) fn blocks(self) -> String {
        self.runs(["█", "▒", "░"]).concat()
    }

    /// Those blocks in colours: what is used says how near the limit is, what is
    /// reserved is lighter.
    pub(super) fn colored(self, output: &Output) -> String {
        let [used, reserved, free] = self.runs(["█", "▒", "░"]);
        [
            output.styled(self.level, &used),
            output.styled(self.level, &reserved),
            output.styled(Style::Faint, &free),
        ]
        .concat()
    }

    fn runs(self, [used, reserved, free]: [&str; 3]) -> [String; 3] {
        [used.repeat(self.used), reserved.repeat(self.reserved), free.repeat(self.free)]
    }
}

/// How many of `width` cells `amount` of `limit` fills: all of them only at the
/// limit, which one of 0 always is.
fn cells(amount: Decimal, limit: Decimal, width: usize) -> usize {
    if amount >= limit {
        return width;
    }
    if amount <= Decimal::ZERO {
        return 0;
    }
    let width_decimal = Decimal::from(width);
    // Multiplied first, a third of 30 cells is 10 of them to the last digit.
    let share = match amount.checked_mul(width_decimal) {
        Some(product) => product.checked_div(limit),
        None => amount.checked_div(limit).and_then(|part| part.checked_mul(width_decimal)),
    };
    let filled = share.and_then(|share| share.trunc().to_usize()).unwrap_or_default();
    filled.min(width.saturating_sub(1))
}

/// Green below the first threshold, yellow from it on, red at the limit.
fn level(used: Decimal, limit: Decimal, first_threshold: Option<i32>) -> Style {
    let percent = Decimal::new(1, 2);
    // A share of the limit, not a multiple of what is used: limits are bounded.
    let reached = |threshold: i32| {
        let at = limit.checked_mul(percent).and_then(|one| one.checked_mul(threshold.into()));
        at.is_some_and(|at| used >= at)
    };
    match first_threshold {
        _ if used >= limit => Style::Red,
        Some(threshold) if reached(threshold) => Style::Yellow,
        _ => Style::Green,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::output::Color;

    fn bar(used: i64, reserved: i64, limit: i64, width: usize) -> Bar {
        let [used, reserved, limit] = [used, reserved, limit].map(Decimal::from);
        Bar::new(used, reserved, limit, Some(50), width)
    }

    #[test]
    fn a_bar_is_as_full_as_its_budget() {
        let cases = [
            ((0, 0, 100, 10), "[..........]", Style::Green),
            ((49, 0, 100, 10), "[####......]", Style::Green),
            ((50, 0, 100, 10), "[#####.....]", Style::Yellow),
            ((100, 0, 100, 10), "[##########]", Style::Red),
            ((130, 0, 100, 10), "[##########]", Style::Red),
            // Full at the limit only.
            ((999, 0, 1_000, 10), "[#########.]", Style::Yellow),
            ((1, 0, 3, 30), "[##########....................]", Style::Green),
            ((30, 20, 100, 10), "[###++.....]", Style::Green),
            ((30, 70, 100, 10), "[###+++++++]", Style::Green),
            ((30, 90, 100, 10), "[###+++++++]", Style::Green),
            ((130, 20, 100, 10), "[##########]", Style::Red),
            ((-20, 30, 100, 10), "[+.........]", Style::Green),
            ((-20, 10, 100, 10), "[..........]", Style::Green),
            ((0, 0, 0, 10), "[##########]", Style::Red),
            ((5, 5, 0, 4), "[####]", Style::Red),
        ];
        for ((used, reserved, limit, width), expected, level) in cases {
            let bar = bar(used, reserved, limit, width);
            assert_eq!((bar.plain().as_str(), bar.level), (expected, level), "{used}/{limit}");
        }
    }

    #[test]
    fn a_very_narrow_bar_is_still_one() {
        assert_eq!(bar(99, 0, 100, 1).plain(), "[.]");
        assert_eq!(bar(100, 0, 100, 1).plain(), "[#]");
        assert_eq!(bar(0, 100, 100, 1).plain(), "[+]");
        assert_eq!(bar(50, 10, 100, 0).plain(), "[]");
    }

    #[test]
    fn the_largest_amounts_fit() {
        let huge = Decimal::MAX;
        let bar = Bar::new(huge / Decimal::TWO, huge, huge, Some(1_000), 10);
        assert_eq!(bar.plain(), "[#####+++++]");
        assert_eq!(Bar::new(huge, huge, huge, None, 3).plain(), "[###]");
    }

    #[test]
    fn without_a_threshold_it_is_green_up_to_the_limit() {
        let bar = |used: i64| Bar::new(used.into(), Decimal::ZERO, Decimal::TEN, None, 10);
        assert_eq!((bar(9).level, bar(10).level), (Style::Green, Style::Red));
    }

    #[test]
    fn colours_change_nothing_but_the_colour() {
        let bar = bar(80, 10, 100, 10);
        assert_eq!(bar.blocks(), "████████▒░");
        let expected = "\u{1b}[33m████████\u{1b}[0m\u{1b}[33m▒\u{1b}[0m\u{1b}[2m░\u{1b}[0m";
        assert_eq!(bar.colored(&Output::new(false, Color::Always)), expected);
        assert_eq!(bar.colored(&Output::new(false, Color::Never)), bar.blocks());
    }
}
