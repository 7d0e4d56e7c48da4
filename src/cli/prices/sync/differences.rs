//! What differs between a price list and the prices in use, for people.

use aiusage_client::{PriceDifference, PriceDifferenceKind, RateDifference};

use crate::cli::figures::{count, counted, dollars, holds, per};
use crate::cli::output::{Column, Output};

/// Lines of a kind that are shown unless all are asked for.
const SHOWN: usize = 50;

/// Each kind with its title, the mark of its lines and the title of what is said
/// last about them.
const KINDS: [(PriceDifferenceKind, &str, &str, &str); 6] = [
    (PriceDifferenceKind::New, "New", "+", "Holds"),
    (PriceDifferenceKind::Changed, "Changed", "~", "Holds"),
    (PriceDifferenceKind::Ended, "Ended", "-", "Holds"),
    (PriceDifferenceKind::Refused, "Refused", "!", "Why"),
    (PriceDifferenceKind::Foreign, "Of another list", "=", "Why"),
    (PriceDifferenceKind::Unrecognised, "Other", "?", "Why"),
];

/// The differences by kind, each rate on a line.
pub(super) fn show(differences: &[PriceDifference], all: bool, output: &Output) -> String {
    let mut text = String::new();
    for (kind, title, mark, last) in KINDS {
        let of_kind = differences.iter().filter(|difference| difference.kind == kind);
        let mut rows: Vec<_> = of_kind.flat_map(|difference| rows(mark, difference)).collect();
        if rows.is_empty() {
            continue;
        }
        let hidden = if all { 0 } else { rows.len().saturating_sub(SHOWN) };
        rows.truncate(rows.len() - hidden);
        let columns =
            [Column::Text(title), Column::Text("Meter"), Column::Text("Price"), Column::Text(last)];
        text += &output.table(columns, rows);
        if hidden > 0 {
            let hidden = i64::try_from(hidden).unwrap_or(i64::MAX);
            text += &format!("… {}: add --all\n", counted(hidden, "more line"));
        }
        text.push('\n');
    }
    text
}

fn rows(mark: &str, difference: &PriceDifference) -> Vec<[String; 4]> {
    let model = format!("{mark} {} {}", difference.provider, difference.model);
    let last = match difference.reason.as_str() {
        "" => holds(difference.effective_from_time, None),
        reason => reason.to_owned(),
    };
    if difference.rates.is_empty() {
        // What differs is on certain terms, or at other times than now.
        return vec![[model, String::new(), String::new(), last]];
    }
    let row = |(index, rate): (usize, &RateDifference)| {
        // Said once for all rates of the model.
        let last = if index == 0 { last.clone() } else { String::new() };
        [model.clone(), meter(rate), prices(rate), last]
    };
    difference.rates.iter().enumerate().map(row).collect()
}

fn meter(rate: &RateDifference) -> String {
    match rate.above_input_tokens {
        Some(tokens) => format!("{} > {}", rate.meter, count(tokens)),
        None => rate.meter.clone(),
    }
}

/// `$2.5 -> $2 / 1M`.
fn prices(rate: &RateDifference) -> String {
    let per = per(rate.per);
    match (rate.before.map(dollars), rate.after.map(dollars)) {
        (None, None) => "none".to_owned(),
        (None, Some(after)) => format!("{after} {per}"),
        (Some(before), None) => format!("{before} {per} -> none"),
        (Some(before), Some(after)) => format!("{before} -> {after} {per}"),
    }
}

#[cfg(test)]
mod tests {
    use aiusage_client::{SyncEvent, proto};

    use super::*;
    use crate::cli::output::Color;

    fn money(amount: &str) -> Option<proto::Money> {
        Some(proto::Money { amount: amount.to_owned(), currency_code: "USD".to_owned() })
    }

    fn difference(
        kind: proto::PriceDifferenceKind,
        before: Option<&str>,
        reason: &str,
    ) -> PriceDifference {
        let rate = proto::RateDifference {
            meter: "input_tokens".to_owned(),
            before: before.and_then(money),
            after: money("2"),
            per: 1_000_000,
            ..Default::default()
        };
        let difference = proto::PriceDifference {
            kind: kind.into(),
            provider: "openai".to_owned(),
            model: "gpt-4o".to_owned(),
            reason: reason.to_owned(),
            effective_from_time: Some(prost_types::Timestamp { seconds: 1_793_491_200, nanos: 0 }),
            rates: vec![rate],
        };
        let content = proto::sync_prices_response::Content::Difference(difference);
        let event = SyncEvent::try_from(proto::SyncPricesResponse { content: Some(content) });
        let Ok(SyncEvent::Difference(difference)) = event else { panic!("one was given") };
        difference
    }

    #[test]
    fn differences_are_grouped_by_kind() {
        use proto::PriceDifferenceKind::{Changed, New, Refused};
        let differences = [
            difference(Refused, Some("0.002"), "more than 5 times up"),
            difference(Changed, Some("2.5"), ""),
            difference(New, None, ""),
        ];
        let expected = "\
New              Meter         Price    Holds
+ openai gpt-4o  input_tokens  $2 / 1M  from 2026-11-01T00:00:00Z

Changed          Meter         Price            Holds
~ openai gpt-4o  input_tokens  $2.5 -> $2 / 1M  from 2026-11-01T00:00:00Z

Refused          Meter         Price              Why
! openai gpt-4o  input_tokens  $0.002 -> $2 / 1M  more than 5 times up

";
        assert_eq!(show(&differences, false, &Output::new(false, Color::Never)), expected);
    }

    #[test]
    fn a_long_group_is_cut_unless_all_is_asked_for() {
        let many = vec![difference(proto::PriceDifferenceKind::New, None, ""); 52];
        let output = Output::new(false, Color::Never);
        assert!(show(&many, false, &output).ends_with("… 2 more lines: add --all\n\n"));
        assert_eq!(show(&many, true, &output).lines().count(), 1 + 52 + 1);
    }
}
