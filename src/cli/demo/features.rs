//! What the made-up application does with AI.

use super::models::{
    GEMINI_EMBEDDING, GEMINI_FLASH, GEMINI_LITE, GPT_LUNA, GPT_SOL, GPT_TERRA, HAIKU,
    MISTRAL_LARGE, Model, OPENAI_EMBEDDING, OPUS, SONNET,
};
use super::people::Plan;
use super::tokens::Trace;

/// One feature, and how it uses AI.
#[derive(Debug)]
pub(super) struct Feature {
    pub(super) name: &'static str,
    /// What it calls a model for. A job goes through them in this order.
    pub(super) functions: &'static [&'static str],
    pub(super) operation: &'static str,
    pub(super) kind: Kind,
    /// Share of all visits, of 1,000.
    pub(super) weight: u64,
    pub(super) trace: Trace,
    /// The length of its prompts, in percent of the trace's.
    pub(super) input_percent: u64,
    /// The length of its answers, in percent of the trace's. 0: there are none.
    pub(super) output_percent: u64,
    /// Input tokens of the image that it shows the model.
    pub(super) image_tokens: u64,
    /// How often the provider has the beginning of the prompt in its cache, of 1,000.
    pub(super) prompt_cache: u64,
    /// How often the application has the answer itself, of 1,000.
    pub(super) answer_cache: u64,
    pub(super) models: &'static [Choice],
}

/// What the calls of one visit have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A person who comes back with the next question.
    Session,
    /// Work in the background, one step after the other.
    Job,
}

/// A model with its share of the visits of each plan, of 100.
#[derive(Debug)]
pub(super) struct Choice {
    pub(super) model: Model,
    free: u64,
    pro: u64,
    enterprise: u64,
}

const fn choice(model: Model, free: u64, pro: u64, enterprise: u64) -> Choice {
    Choice { model, free, pro, enterprise }
}

impl Choice {
    /// Its share among the visits of a plan.
    pub(super) fn weight(&self, plan: Plan) -> u64 {
        match plan {
            Plan::Free => self.free,
            Plan::Pro => self.pro,
            Plan::Enterprise => self.enterprise,
        }
    }
}

/// The feature that runs away on one day.
pub(super) const RUNAWAY: &Feature = &FEATURES[1];

/// All of them.
pub(super) static FEATURES: [Feature; 8] = [
    Feature {
        name: "chat",
        functions: &["reply", "suggest_follow_ups", "name_conversation"],
        weight: 330,
        prompt_cache: 550,
        answer_cache: 15,
        models: &[
            choice(GPT_LUNA, 45, 15, 5),
            choice(HAIKU, 35, 10, 5),
            choice(GEMINI_FLASH, 20, 20, 15),
            choice(SONNET, 0, 35, 40),
            choice(GPT_TERRA, 0, 20, 20),
            choice(OPUS, 0, 0, 15),
        ],
        ..CONVERSATION
    },
    Feature {
        name: "document_summary",
        functions: &["extract_sections", "summarize_section", "combine_summaries"],
        kind: Kind::Job,
        weight: 120,
        input_percent: 450,
        output_percent: 120,
        prompt_cache: 150,
        answer_cache: 60,
        models: &[
            choice(GEMINI_LITE, 70, 20, 10),
            choice(GEMINI_FLASH, 30, 40, 30),
            choice(SONNET, 0, 40, 60),
        ],
        ..CONVERSATION
    },
    Feature {
        name: "code_review",
        functions: &["read_diff", "review_file", "write_comment"],
        kind: Kind::Job,
        weight: 110,
        trace: Trace::Code,
        input_percent: 180,
        output_percent: 400,
        prompt_cache: 700,
        models: &[
            choice(GPT_TERRA, 70, 35, 20),
            choice(SONNET, 30, 45, 30),
            choice(GPT_SOL, 0, 20, 30),
            choice(OPUS, 0, 0, 20),
        ],
        ..CONVERSATION
    },
    Feature {
        name: "search",
        functions: &["rewrite_query", "rank_results", "answer"],
        weight: 170,
        input_percent: 130,
        output_percent: 45,
        prompt_cache: 300,
        answer_cache: 180,
        models: &[
            choice(GPT_LUNA, 60, 45, 40),
            choice(GEMINI_LITE, 40, 30, 20),
            choice(HAIKU, 0, 25, 40),
        ],
        ..CONVERSATION
    },
    Feature {
        name: "support_triage",
        functions: &["classify_ticket", "find_articles", "draft_reply"],
        kind: Kind::Job,
        weight: 90,
        output_percent: 60,
        prompt_cache: 620,
        answer_cache: 30,
        models: &[
            choice(HAIKU, 60, 50, 40),
            choice(GPT_LUNA, 40, 30, 20),
            choice(GPT_TERRA, 0, 20, 40),
        ],
        ..CONVERSATION
    },
    Feature {
        name: "translation",
        functions: &["translate", "check_terms"],
        weight: 70,
        input_percent: 60,
        output_percent: 220,
        answer_cache: 90,
        models: &[choice(MISTRAL_LARGE, 70, 75, 80), choice(GEMINI_LITE, 30, 25, 20)],
        ..CONVERSATION
    },
    Feature {
        name: "embeddings",
        functions: &["embed_document", "embed_query"],
        operation: "embeddings",
        kind: Kind::Job,
        weight: 80,
        output_percent: 0,
        answer_cache: 120,
        models: &[choice(OPENAI_EMBEDDING, 80, 65, 50), choice(GEMINI_EMBEDDING, 20, 35, 50)],
        ..CONVERSATION
    },
    Feature {
        name: "image_captions",
        functions: &["write_caption", "write_alt_text"],
        kind: Kind::Job,
        weight: 30,
        input_percent: 20,
        output_percent: 35,
        image_tokens: 1_105,
        models: &[choice(GEMINI_LITE, 80, 40, 20), choice(GEMINI_FLASH, 20, 60, 80)],
        ..CONVERSATION
    },
];

/// What most features have in common.
const CONVERSATION: Feature = Feature {
    name: "",
    functions: &[],
    operation: "chat",
    kind: Kind::Session,
    weight: 0,
    trace: Trace::Conversation,
    input_percent: 100,
    output_percent: 100,
    image_tokens: 0,
    prompt_cache: 0,
    answer_cache: 0,
    models: &[],
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_add_up() {
        assert_eq!(FEATURES.iter().map(|feature| feature.weight).sum::<u64>(), 1_000);
        for feature in &FEATURES {
            for plan in [Plan::Free, Plan::Pro, Plan::Enterprise] {
                let sum = feature.models.iter().map(|choice| choice.weight(plan)).sum::<u64>();
                assert_eq!(sum, 100, "{} of {plan:?}", feature.name);
            }
        }
        assert_eq!(RUNAWAY.name, "document_summary");
    }
}
