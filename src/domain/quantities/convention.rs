//! What the totals of a report contain. Providers differ; inside, totals contain
//! every part.

use rust_decimal::Decimal;

use super::{Quantities, find};
use crate::domain::meter::Meter;
use crate::domain::violation::Violations;

/// What `input_tokens` and `output_tokens` of a report contain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum TokenConvention {
    /// Every part.
    #[default]
    Inclusive,
    /// Not the cache reads and writes, which are counted beside the input.
    Exclusive,
    /// Not the reasoning, which is counted beside the output.
    ReasoningExclusive,
}

/// A total, and the parts that are counted beside it.
type Beside = (Meter, &'static [Meter]);

impl TokenConvention {
    /// The word the database stores, and files and commands take.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            TokenConvention::Inclusive => "inclusive",
            TokenConvention::Exclusive => "exclusive",
            TokenConvention::ReasoningExclusive => "reasoning_exclusive",
        }
    }

    /// No provider that counts reasoning beside the output counts tokens of tool use
    /// or citations inside a total, so one convention says all three.
    fn beside(self) -> &'static [Beside] {
        match self {
            TokenConvention::Inclusive => &[],
            TokenConvention::Exclusive => {
                &[(Meter::INPUT_TOKENS, &[Meter::CACHE_READ_TOKENS, Meter::CACHE_WRITE_TOKENS])]
            }
            TokenConvention::ReasoningExclusive => &[
                (Meter::INPUT_TOKENS, &[Meter::INPUT_TOOL_TOKENS]),
                (
                    Meter::OUTPUT_TOKENS,
                    &[Meter::OUTPUT_REASONING_TOKENS, Meter::OUTPUT_CITATION_TOKENS],
                ),
            ],
        }
    }

    /// Adds to each total what was counted beside it. A total that was not reported
    /// stays so: it is not known to be zero.
    pub(super) fn include_parts(self, pairs: &mut [(Meter, Decimal)], violations: &mut Violations) {
        for (whole, parts) in self.beside() {
            let beside: Decimal = parts.iter().filter_map(|part| find(pairs, *part)).sum();
            let total = pairs.iter_mut().find(|(meter, _)| meter == whole);
            let Some((_, total)) = total else { continue };
            *total += beside;
            if *total > Quantities::MAX {
                violations.add(whole.field(), explain_excess(parts, *total));
            }
        }
    }
}

fn explain_excess(parts: &[Meter], total: Decimal) -> String {
    let parts: Vec<&str> = parts.iter().map(|part| part.key()).collect();
    let parts = parts.join(" and ");
    format!("must be at most 10,000,000,000 together with {parts}, is {total}")
}
