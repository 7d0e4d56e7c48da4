/** The usage object of OpenAI's APIs, and of all who took it over with words of their own. */
import type { TokenConvention } from "../records.js";
import { type Counts, fitted, type FittedUsage, NO_USAGE } from "./counts.js";
import { amount, count, get, rawUsage, seconds } from "./fields.js";

// xAI counts money in these.
const TICKS_PER_DOLLAR = 10_000_000_000n;

const PERPLEXITY = ["citation_tokens", "num_search_queries", "search_context_size"];

/** The counts of any dialect. */
export function readUsage(usage: unknown): FittedUsage {
  if (usage === undefined) return NO_USAGE;
  const told = { ...input(usage), ...output(usage), ...others(usage) };
  return fitted(told, convention(usage, told), rawUsage(usage));
}

/** What OpenRouter, Perplexity and xAI say the call cost. */
export function reportedCost(usage: unknown): string | undefined {
  const cost = get(usage, "cost");
  if (cost !== undefined) return amount(get(cost, "total_cost") ?? cost);
  const ticks = count(usage, "cost_in_usd_ticks");
  return ticks === undefined ? undefined : inDollars(BigInt(ticks));
}

function inDollars(ticks: bigint): string {
  const fraction = String(ticks % TICKS_PER_DOLLAR).padStart(10, "0");
  return `${ticks / TICKS_PER_DOLLAR}.${fraction}`.replace(/\.?0+$/, "");
}

/** Whether a usage has what only Perplexity's has. */
export function isPerplexity(usage: unknown): boolean {
  return PERPLEXITY.some((name) => get(usage, name) !== undefined);
}

function input(usage: unknown): Counts {
  const details =
    get(usage, "prompt_tokens_details") ??
    get(usage, "input_tokens_details") ??
    get(usage, "input_token_details");
  const cached = get(details, "cached_tokens_details");
  const lifetimes = get(details, "cache_creation_token_details");
  return {
    input_tokens: count(usage, "prompt_tokens", "input_tokens"),
    cache_read_tokens:
      count(details, "cached_tokens") ??
      // DeepSeek and Moonshot tell it beside the details.
      count(usage, "prompt_cache_hit_tokens", "cached_tokens", "cache_read_input_tokens"),
    cache_write_tokens:
      count(details, "cache_write_tokens", "cache_creation_tokens") ??
      count(usage, "cache_creation_input_tokens"),
    cache_write_1h_tokens: count(lifetimes, "ephemeral_1h_input_tokens"),
    input_audio_tokens: count(details, "audio_tokens"),
    input_image_tokens: count(details, "image_tokens"),
    input_video_tokens: count(details, "video_tokens"),
    cache_audio_read_tokens: count(cached, "audio_tokens"),
    cache_image_read_tokens: count(cached, "image_tokens"),
  };
}

function output(usage: unknown): Counts {
  const details =
    get(usage, "completion_tokens_details") ??
    get(usage, "output_tokens_details") ??
    get(usage, "output_token_details");
  return {
    output_tokens: count(usage, "completion_tokens", "output_tokens"),
    output_reasoning_tokens: count(details, "reasoning_tokens") ?? count(usage, "reasoning_tokens"),
    output_audio_tokens: count(details, "audio_tokens"),
    output_image_tokens: count(details, "image_tokens"),
  };
}

function others(usage: unknown): Counts {
  const isTimed = get(usage, "type") === "duration";
  // What Mistral's models hear; Whisper tells a length alone.
  const heard = seconds(usage, "prompt_audio_seconds");
  return {
    web_searches: isPerplexity(usage)
      ? count(usage, "num_search_queries")
      : count(get(usage, "server_tool_use"), "web_search_requests"),
    output_citation_tokens: isPerplexity(usage) ? count(usage, "citation_tokens") : undefined,
    audio_seconds: isTimed ? seconds(usage, "seconds") : heard,
    input_audio_seconds: heard,
  };
}

/** Whether reasoning is inside the output: the response's own sum decides. */
function convention(usage: unknown, told: Counts): TokenConvention {
  if (isPerplexity(usage)) return "REASONING_EXCLUSIVE";
  const [prompt, completion, reasoning] = [
    Number(told["input_tokens"] ?? 0),
    told["output_tokens"],
    Number(told["output_reasoning_tokens"] ?? 0),
  ];
  if (!reasoning || completion === undefined) return "INCLUSIVE";
  const total = count(usage, "total_tokens");
  const both = prompt + Number(completion);
  // Without a sum that says it: only xAI tells its sources, and it counts outside.
  const hasNoSum = total !== both && get(usage, "num_sources_used") !== undefined;
  const isOutside = reasoning > Number(completion) || total === both + reasoning || hasNoSum;
  return isOutside ? "REASONING_EXCLUSIVE" : "INCLUSIVE";
}
