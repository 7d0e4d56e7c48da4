//! How many tokens calls read and wrote: pairs of two traces of a production service.

use std::sync::LazyLock;

use super::chance::Chance;

/// Made by `scripts/gen-demo-tokens`; see NOTICE.
const SAMPLE: &str = include_str!("tokens.csv");

static PAIRS: LazyLock<[Vec<Pair>; 2]> =
    LazyLock::new(|| [read(SAMPLE, "conv"), read(SAMPLE, "code")]);

/// What one call read and wrote, in tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Pair {
    pub(super) context: u64,
    pub(super) generated: u64,
}

/// Which trace a feature is like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Trace {
    /// People who talk with a model: long answers.
    Conversation,
    /// A model that completes code: long contexts, short answers.
    Code,
}

impl Trace {
    /// One of the trace's pairs.
    pub(super) fn draw(self, chance: &mut Chance) -> Pair {
        let [conversation, code] = &*PAIRS;
        *chance.any(match self {
            Trace::Conversation => conversation,
            Trace::Code => code,
        })
    }
}

/// The pairs of one trace in the sample.
fn read(sample: &str, trace: &str) -> Vec<Pair> {
    let number = |text: Option<&str>| text.and_then(|text| text.parse().ok());
    let pair = |line: &str| {
        let mut fields = line.split(',').skip_while(|field| *field == trace);
        let (context, generated) = (number(fields.next()), number(fields.next()));
        Pair {
            context: context.expect("the script writes two numbers"),
            generated: generated.expect("the script writes two numbers"),
        }
    };
    sample.lines().filter(|line| line.starts_with(trace)).map(pair).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The medians of the whole traces are 1,020 and 1,469 tokens of context.
    #[test]
    fn the_sample_has_the_medians_of_the_traces() {
        let [conversation, code] = &*PAIRS;
        assert_eq!((conversation.len(), code.len()), (400, 400));
        let median = |pairs: &[Pair]| pairs[pairs.len() / 2].context;
        assert!((980..1_060).contains(&median(conversation)), "{}", median(conversation));
        assert!((1_420..1_520).contains(&median(code)), "{}", median(code));
        let written = |pairs: &[Pair]| pairs.iter().map(|pair| pair.generated).sum::<u64>() / 400;
        assert!((190..232).contains(&written(conversation)), "{}", written(conversation));
        assert!((22..33).contains(&written(code)), "{}", written(code));
    }
}
