/** Google's generateContent, whole and in chunks, and its embeddings. */
import type { Usage } from "../records.js";
import { known, type ResponseFacts, sum } from "./facts.js";
import { count, field, type Fields, list, part, rawJson, text, texts } from "./fields.js";

const TIERS: Readonly<Record<string, string>> = {
  ON_DEMAND_PRIORITY: "priority",
  ON_DEMAND_FLEX: "flex",
};

export function readGoogle(body: Fields): ResponseFacts | undefined {
  return readContent(body) ?? readEmbedding(body);
}

function readContent(body: Fields): ResponseFacts | undefined {
  const usage = part(body, "usage_metadata");
  const candidates = list(body, "candidates");
  if (!usage && !text(body, "model_version") && !part(candidates[0], "content")) return undefined;
  return known({
    provider: "google",
    responseModel: text(body, "model_version"),
    responseId: text(body, "response_id"),
    operation: "generate_content",
    usage: usage && readUsage(usage, candidates),
    priceContext: known({ service_tier: TIERS[text(usage, "traffic_type") ?? ""] ?? "" }),
    responseMetadata: known({ finish_reasons: texts(candidates, "finish_reason") }),
  });
}

function readUsage(usage: Fields, candidates: readonly unknown[]): Usage {
  const input = byModality(usage, "prompt_tokens_details");
  const cached = byModality(usage, "cache_tokens_details");
  const output = byModality(usage, "candidates_tokens_details");
  return known({
    inputTokens: count(usage, "prompt_token_count"),
    outputTokens: count(usage, "candidates_token_count") ?? whenAllWasThought(usage),
    cacheReadTokens: count(usage, "cached_content_token_count"),
    outputReasoningTokens: count(usage, "thoughts_token_count"),
    inputAudioTokens: input("AUDIO"),
    outputAudioTokens: output("AUDIO"),
    cacheAudioReadTokens: cached("AUDIO"),
    inputImageTokens: input("IMAGE"),
    outputImageTokens: output("IMAGE"),
    webSearches: webSearches(candidates) || undefined,
    otherMeters: meters({
      input_tool_tokens: count(usage, "tool_use_prompt_token_count"),
      input_video_tokens: input("VIDEO"),
      output_video_tokens: output("VIDEO"),
      cache_image_read_tokens: cached("IMAGE"),
      cache_video_read_tokens: cached("VIDEO"),
    }),
    tokenConvention: "REASONING_EXCLUSIVE",
    rawUsage: rawJson(usage),
  });
}

/** An answer that was cut off while thinking has no candidates' count; its output is the thoughts. */
function whenAllWasThought(usage: Fields): number | undefined {
  return count(usage, "thoughts_token_count") === undefined ? undefined : 0;
}

function byModality(usage: Fields, name: string) {
  const details = list(usage, name);
  return (modality: string) =>
    sum(
      ...details
        .filter((detail) => field(detail, "modality") === modality)
        .map((detail) => count(detail, "token_count")),
    );
}

function meters(counts: Record<string, ReturnType<typeof count>>): Record<string, string> {
  const present = Object.entries(counts).filter(([, value]) => value !== undefined);
  return Object.fromEntries(present.map(([meter, value]) => [meter, String(value)]));
}

function webSearches(candidates: readonly unknown[]): number {
  const grounding = candidates.map((candidate) => part(candidate, "grounding_metadata"));
  return grounding.flatMap((metadata) => list(metadata, "web_search_queries")).length;
}

function readEmbedding(body: Fields): ResponseFacts | undefined {
  const embeddings = [...list(body, "embeddings"), field(body, "embedding")];
  const values = embeddings.filter((embedding) => list(embedding, "values").length > 0);
  if (values.length === 0) return undefined;
  const statistics = values.map((embedding) => part(embedding, "statistics"));
  const inputTokens = sum(...statistics.map((each) => count(each, "token_count")));
  const usage: Usage = { inputTokens, tokenConvention: "REASONING_EXCLUSIVE" };
  return known({
    provider: "google",
    operation: "embeddings",
    usage: inputTokens === undefined ? undefined : usage,
  });
}
