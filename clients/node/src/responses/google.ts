/** Google's Gemini, from its own API and from Vertex AI: generated content and embeddings. */
import { type Counts, fitted, type FittedUsage, NO_USAGE } from "./counts.js";
import {
  type Form,
  known,
  type ResponseFacts,
  type StreamedBody,
  type StreamForm,
} from "./facts.js";
import { count, get, list, plain, rawUsage, text } from "./fields.js";
import { metadata, terms } from "./terms.js";

const MODALITIES = ["AUDIO", "IMAGE", "VIDEO"];
const TIERS: Readonly<Record<string, string>> = {
  ON_DEMAND_PRIORITY: "priority",
  ON_DEMAND_FLEX: "flex",
  ON_DEMAND_OFFPEAK: "offpeak",
  PROVISIONED_THROUGHPUT: "provisioned_throughput",
};

const usageOf = (body: object) => get(body, "usage_metadata");

function read(body: object): ResponseFacts {
  const isEmbeddings = isEmbedding(body);
  const counted = isEmbeddings ? readEmbedding(body) : readUsage(body);
  const reasons = list(body, "candidates").map((candidate) => text(candidate, "finish_reason"));
  return known({
    provider: "google",
    responseModel: text(body, "model_version"),
    responseId: text(body, "response_id"),
    operation: isEmbeddings ? "embeddings" : "generate_content",
    usage: counted.usage,
    priceContext: termsOf(usageOf(body)),
    responseMetadata: metadata(counted, reasons),
  });
}

function recognises(body: object): boolean {
  if (usageOf(body) !== undefined || isEmbedding(body)) return true;
  return list(body, "candidates").length > 0 || get(body, "prompt_feedback") !== undefined;
}

/** One body has a list of embeddings, another a single one. */
function isEmbedding(body: object): boolean {
  const first = list(body, "embeddings")[0] ?? get(body, "embedding");
  return Array.isArray(get(first, "values"));
}

function readUsage(body: object): FittedUsage {
  const usage = usageOf(body);
  if (usage === undefined) return NO_USAGE;
  const counts = {
    input_tokens: count(usage, "prompt_token_count"),
    output_tokens: candidatesOf(usage),
    cache_read_tokens: count(usage, "cached_content_token_count"),
    output_reasoning_tokens: count(usage, "thoughts_token_count"),
    input_tool_tokens: count(usage, "tool_use_prompt_token_count"),
    web_searches: searches(body),
    ...modalities(usage),
  };
  return fitted(counts, "REASONING_EXCLUSIVE", rawUsage(usage));
}

/** Google leaves a count of zero out; the total tells that it is zero. */
function candidatesOf(usage: unknown): number | undefined {
  const told = count(usage, "candidates_token_count", "response_token_count");
  if (told !== undefined) return told;
  const others = ["prompt_token_count", "thoughts_token_count", "tool_use_prompt_token_count"]
    .map((name) => count(usage, name) ?? 0)
    .reduce((sum, each) => sum + each, 0);
  return count(usage, "total_token_count") === others ? 0 : undefined;
}

function modalities(usage: unknown): Counts {
  const counts: Counts = {};
  for (const modality of MODALITIES) {
    const of = (...names: string[]) => {
      const details = names.flatMap((name) => list(usage, name));
      return count(
        details.find((each) => text(each, "modality") === modality),
        "token_count",
      );
    };
    const name = modality.toLowerCase();
    counts[`input_${name}_tokens`] = of("prompt_tokens_details");
    counts[`cache_${name}_read_tokens`] = of("cache_tokens_details");
    counts[`output_${name}_tokens`] = of(
      "candidates_tokens_details",
      // The Live API's.
      "response_tokens_details",
    );
  }
  return counts;
}

/** Searches as Google bills them: each query from Gemini 3 on, before that each answer. */
function searches(body: object): number | undefined {
  const queries = list(body, "candidates")
    .flatMap((candidate) => list(get(candidate, "grounding_metadata"), "web_search_queries"))
    .filter(Boolean).length;
  if (queries === 0) return undefined;
  return /(^|\/)gemini-[12][^/]*$/.test(text(body, "model_version")) ? 1 : queries;
}

function termsOf(usage: unknown): Record<string, string> {
  const tier = text(usage, "service_tier") || TIERS[text(usage, "traffic_type")] || "";
  return terms(/unspecified$/i.test(tier) ? "" : tier);
}

function readEmbedding(body: object): FittedUsage {
  const usage = usageOf(body);
  const tokens = count(usage, "prompt_token_count") ?? embeddedTokens(body);
  const characters = count(get(body, "metadata"), "billable_character_count");
  const counts = tokens === undefined ? { input_characters: characters } : { input_tokens: tokens };
  return fitted(counts, "REASONING_EXCLUSIVE", rawUsage(usage));
}

/** Vertex AI counts each text by itself. */
function embeddedTokens(body: object): number | undefined {
  const counts = list(body, "embeddings").map(
    (each) => count(get(each, "statistics"), "token_count") ?? 0,
  );
  if (counts.length === 0 || counts.includes(0)) return undefined;
  return counts.reduce((sum, each) => sum + each, 0);
}

export const google: Form = { recognises, read };

/** Pieces of generated content. Each has the usage so far. */
class ContentStream implements StreamedBody {
  readonly #body: Record<string, unknown> = {};
  readonly #candidate: Record<string, unknown> = {};

  feed(piece: object): boolean {
    for (const name of ["model_version", "response_id"]) {
      const told = text(piece, name);
      if (told) this.#body[name] = told;
    }
    const usage = usageOf(piece);
    if (usage !== undefined) {
      const told = Object.entries(plain(usage, 8) ?? {});
      this.#body["usage_metadata"] = {
        ...(this.#body["usage_metadata"] as object | undefined),
        ...Object.fromEntries(told),
      };
    }
    return list(piece, "candidates")
      .map((each) => this.#take(each))
      .includes(true);
  }

  body(): object {
    return { ...this.#body, candidates: [this.#candidate] };
  }

  #take(candidate: unknown): boolean {
    const reason = text(candidate, "finish_reason");
    if (reason) this.#candidate["finish_reason"] = reason;
    const grounding = get(candidate, "grounding_metadata");
    if (list(grounding, "web_search_queries").length > 0) {
      this.#candidate["grounding_metadata"] = grounding;
    }
    return list(get(candidate, "content"), "parts").length > 0;
  }
}

export const googleStream: StreamForm = {
  // An embedding comes whole.
  recognises: (piece) => recognises(piece) && !isEmbedding(piece),
  begin: () => new ContentStream(),
  read,
};
