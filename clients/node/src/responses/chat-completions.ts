/**
 * Chat completions of OpenAI and of everybody who answers in its shape: Azure, OpenRouter,
 * Groq, DeepSeek, xAI, Perplexity, Mistral. Whole answers and chunks of a stream.
 */
import type { Usage } from "../records.js";
import { known, type ResponseFacts, sum } from "./facts.js";
import { count, decimal, field, type Fields, list, part, rawJson, text, texts } from "./fields.js";

const OPERATIONS: Readonly<Record<string, string>> = {
  "chat.completion": "chat",
  "chat.completion.chunk": "chat",
  text_completion: "text_completion",
};

// xAI counts money in these.
const TICKS_PER_USD = 10_000_000_000n;

export function readChatCompletion(body: Fields): ResponseFacts | undefined {
  if (!Array.isArray(field(body, "choices"))) return undefined;
  const usage = part(body, "usage") ?? part(part(body, "x_groq"), "usage");
  return known({
    provider: provider(body, usage),
    responseModel: text(body, "model"),
    responseId: text(body, "id"),
    operation: OPERATIONS[text(body, "object") ?? "chat.completion"],
    usage: usage && readUsage(usage),
    priceContext: priceContext(body, usage),
    reportedCost: reportedCost(usage),
    responseMetadata: known({ finish_reasons: texts(list(body, "choices"), "finish_reason") }),
  });
}

/** Only what a provider alone writes tells it from the others. */
function provider(body: Fields, usage: Fields | undefined): string | undefined {
  if (part(body, "x_groq")) return "groq";
  if (count(usage, "prompt_cache_hit_tokens") !== undefined) return "deepseek";
  if (text(body, "provider") && decimal(usage, "cost") !== undefined) return "openrouter";
  return undefined;
}

function readUsage(usage: Fields): Usage {
  const input = part(usage, "prompt_tokens_details");
  const output = part(usage, "completion_tokens_details");
  const reasoning = count(output, "reasoning_tokens") ?? count(usage, "reasoning_tokens");
  const citations = decimal(usage, "citation_tokens");
  return known({
    inputTokens: count(usage, "prompt_tokens"),
    outputTokens: count(usage, "completion_tokens"),
    cacheReadTokens:
      count(input, "cached_tokens") ??
      count(usage, "prompt_cache_hit_tokens") ??
      count(usage, "num_cached_tokens"),
    cacheWriteTokens: count(input, "cache_write_tokens"),
    outputReasoningTokens: reasoning,
    inputAudioTokens: count(input, "audio_tokens"),
    outputAudioTokens: count(output, "audio_tokens"),
    inputImageTokens: count(input, "image_tokens"),
    outputImageTokens: count(output, "image_tokens"),
    webSearches: count(usage, "num_search_queries"),
    otherMeters: known({
      output_citation_tokens: citations ?? "",
      input_audio_seconds: decimal(usage, "prompt_audio_seconds") ?? "",
    }),
    tokenConvention: isBeside(usage, reasoning) ? "REASONING_EXCLUSIVE" : "INCLUSIVE",
    rawUsage: rawJson(usage),
  });
}

/**
 * Whether reasoning and citations are counted beside the completion. The provider's own
 * total says so; Perplexity, whose total leaves them out, is known by its search context.
 */
function isBeside(usage: Fields, reasoning: Usage["outputReasoningTokens"]): boolean {
  if (text(usage, "search_context_size") || field(usage, "citation_tokens")) return true;
  const total = count(usage, "total_tokens");
  if (total === undefined || !reasoning) return false;
  const sides = sum(count(usage, "prompt_tokens"), count(usage, "completion_tokens"), reasoning);
  return sides !== undefined && BigInt(sides) === BigInt(total);
}

function priceContext(body: Fields, usage: Fields | undefined): Record<string, string> {
  const tier = text(body, "service_tier") ?? text(usage, "service_tier");
  return known({
    service_tier: tier ?? "",
    search_context_size: text(usage, "search_context_size") ?? "",
  });
}

function reportedCost(usage: Fields | undefined): string | undefined {
  const ticks = count(usage, "cost_in_usd_ticks");
  if (ticks !== undefined) return inDollars(BigInt(ticks));
  return decimal(usage, "cost") ?? decimal(part(usage, "cost"), "total_cost");
}

function inDollars(ticks: bigint): string {
  const fraction = String(ticks % TICKS_PER_USD).padStart(10, "0");
  return `${ticks / TICKS_PER_USD}.${fraction}`;
}
