/**
 * Makes a `Usage` of counts that the service will take.
 *
 * Now and then a provider tells counts that cannot all be true, such as more cached tokens
 * than input; the service refuses such a record. A record without one of its parts is
 * worth more than none: the part is left out, and its tokens cost what their whole costs.
 */
import type { JsonObject } from "@bufbuild/protobuf";

import type { TokenConvention, Usage } from "../records.js";
import { known } from "./facts.js";

/** By meter; decimal strings for what is not counted in whole numbers. */
export type Counts = Record<string, number | string | undefined>;

/** A usage that the service takes, and the meters that did not fit into it. */
export interface FittedUsage {
  /** Nothing where nothing was told. */
  readonly usage: Usage | undefined;
  readonly leftOut: readonly string[];
}

export const NO_USAGE: FittedUsage = { usage: undefined, leftOut: [] };

/** Meters that are fields of a `Usage`. */
export const FIELDS: Readonly<Record<string, keyof Usage>> = {
  input_tokens: "inputTokens",
  output_tokens: "outputTokens",
  cache_read_tokens: "cacheReadTokens",
  cache_write_tokens: "cacheWriteTokens",
  cache_write_1h_tokens: "cacheWrite1hTokens",
  output_reasoning_tokens: "outputReasoningTokens",
  input_audio_tokens: "inputAudioTokens",
  output_audio_tokens: "outputAudioTokens",
  cache_audio_read_tokens: "cacheAudioReadTokens",
  input_image_tokens: "inputImageTokens",
  output_image_tokens: "outputImageTokens",
  web_searches: "webSearches",
};

// Each part with the wholes that it is inside of, the least telling part first: in this
// order parts are left out.
const WHOLES: readonly (readonly [string, readonly string[]])[] = [
  ["cache_video_read_tokens", ["cache_read_tokens", "input_video_tokens", "input_tokens"]],
  ["cache_image_read_tokens", ["cache_read_tokens", "input_image_tokens", "input_tokens"]],
  ["cache_audio_read_tokens", ["cache_read_tokens", "input_audio_tokens", "input_tokens"]],
  ["input_video_tokens", ["input_tokens"]],
  ["input_image_tokens", ["input_tokens"]],
  ["input_audio_tokens", ["input_tokens"]],
  ["input_tool_tokens", ["input_tokens"]],
  ["output_video_tokens", ["output_tokens"]],
  ["output_image_tokens", ["output_tokens"]],
  ["output_audio_tokens", ["output_tokens"]],
  ["output_citation_tokens", ["output_tokens"]],
  ["output_reasoning_tokens", ["output_tokens"]],
  ["cache_write_1h_tokens", ["cache_write_tokens", "input_tokens"]],
  ["cache_write_tokens", ["input_tokens"]],
  ["cache_read_tokens", ["input_tokens"]],
];

// What a total does not contain, by the provider's way of counting.
const BESIDE: Readonly<Record<TokenConvention, Readonly<Record<string, readonly string[]>>>> = {
  INCLUSIVE: {},
  EXCLUSIVE: { input_tokens: ["cache_read_tokens", "cache_write_tokens"] },
  REASONING_EXCLUSIVE: {
    input_tokens: ["input_tool_tokens"],
    output_tokens: ["output_reasoning_tokens", "output_citation_tokens"],
  },
};

/** The usage of what was told, as far as it fits together. */
export function fitted(
  told: Counts,
  tokenConvention: TokenConvention,
  rawUsage: JsonObject | undefined,
): FittedUsage {
  const counts = known(told);
  if (Object.keys(counts).length === 0 && !rawUsage) return NO_USAGE;
  const leftOut = leaveOutMisfits(counts, tokenConvention);
  const own: Record<string, unknown> = {};
  const otherMeters: Record<string, string> = {};
  for (const [meter, value] of Object.entries(counts)) {
    const field = FIELDS[meter];
    if (field) own[field] = value;
    else otherMeters[meter] = String(value);
  }
  return { usage: known({ ...own, otherMeters, tokenConvention, rawUsage }), leftOut };
}

/** Takes the parts out that the service would refuse, and names them. */
export function leaveOutMisfits(counts: Counts, convention: TokenConvention): string[] {
  const leftOut: string[] = [];
  for (let part = misfit(counts, convention); part; part = misfit(counts, convention)) {
    delete counts[part];
    leftOut.push(part);
  }
  return leftOut;
}

/** The part to leave out next, if the service would refuse the counts. */
function misfit(counts: Counts, convention: TokenConvention): string | undefined {
  const parts = WHOLES.filter(([part]) => counts[part]);
  const orphan = parts.find(([, wholes]) => wholes.some((whole) => counts[whole] === undefined));
  if (orphan) return orphan[0];
  const overfull = overfullWhole(totals(counts, convention), parts);
  return parts.find(([, wholes]) => overfull && wholes.includes(overfull))?.[0];
}

/** A whole that is less than its parts, each of them without its own parts. */
function overfullWhole(rest: Map<string, number>, parts: typeof WHOLES): string | undefined {
  for (const [part, wholes] of parts) {
    // Inner parts come first, so this is what is left of it.
    const size = rest.get(part) ?? 0;
    for (const whole of wholes) rest.set(whole, (rest.get(whole) ?? 0) - size);
  }
  return [...rest].find(([, left]) => left < 0)?.[0];
}

/** Counts of tokens, the totals with every part inside. */
function totals(counts: Counts, convention: TokenConvention): Map<string, number> {
  const inclusive = new Map<string, number>();
  for (const [meter, value] of Object.entries(counts)) {
    if (typeof value === "number") inclusive.set(meter, value);
  }
  for (const [total, parts] of Object.entries(BESIDE[convention])) {
    const told = inclusive.get(total);
    if (told === undefined) continue;
    const beside = parts.map((part) => inclusive.get(part) ?? 0);
    inclusive.set(
      total,
      beside.reduce((sum, each) => sum + each, told),
    );
  }
  return inclusive;
}
