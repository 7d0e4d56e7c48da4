import type { JsonObject } from "@bufbuild/protobuf";

import type { Amount } from "./values.js";

/** A count. A number must be a safe integer. */
export type Count = bigint | number;

/**
 * What inputTokens and outputTokens contain; the service adds what is counted
 * beside them.
 *
 * - INCLUSIVE: all parts (OpenAI, OpenTelemetry, most others).
 * - EXCLUSIVE: cache reads and writes are counted beside inputTokens (Anthropic,
 *   Bedrock Converse).
 * - REASONING_EXCLUSIVE: reasoning is counted beside outputTokens (Google, xAI chat
 *   completions, Perplexity Sonar). So are output_citation_tokens, and
 *   input_tool_tokens beside inputTokens.
 */
export type TokenConvention = "INCLUSIVE" | "EXCLUSIVE" | "REASONING_EXCLUSIVE";

/** Quantities that one AI call used. Zero and undefined differ: undefined is unknown. */
export interface Usage {
  /** Input (prompt) tokens; tokenConvention says which. */
  inputTokens?: Count;
  /** Output (completion) tokens; tokenConvention says which. */
  outputTokens?: Count;
  /** Input tokens read from the provider's prompt cache. */
  cacheReadTokens?: Count;
  /** Input tokens written to the provider's prompt cache, of any lifetime. */
  cacheWriteTokens?: Count;
  /** Those written for one hour; part of cacheWriteTokens. */
  cacheWrite1hTokens?: Count;
  /** Output tokens spent on reasoning. */
  outputReasoningTokens?: Count;
  /** Input tokens that encode audio. */
  inputAudioTokens?: Count;
  /** Output tokens that encode audio. */
  outputAudioTokens?: Count;
  /** Audio tokens read from the provider's prompt cache. */
  cacheAudioReadTokens?: Count;
  /** Input tokens that encode images. */
  inputImageTokens?: Count;
  /** Output tokens that encode images. */
  outputImageTokens?: Count;
  /** Web searches that the model made. */
  webSearches?: Count;
  /** Every other meter by its key, as a decimal string, such as {audio_seconds: "12.5"}. */
  otherMeters?: Readonly<Record<string, string>>;
  /** What inputTokens and outputTokens contain. Without it, INCLUSIVE. */
  tokenConvention?: TokenConvention;
  /** The provider's own usage object, as it came. Kept beside the counts, never priced from. */
  rawUsage?: JsonObject;
}

/** One AI call, as the application saw it. The proto message says more of each field. */
export interface UsageRecord {
  /** Who caused the call, in the caller's own ids. */
  userId: string;
  /**
   * A UUIDv7 from `newRecordId()`. Without one the client makes it for its own
   * retries; give one to be able to send the record again later.
   */
  recordId?: string;
  /** When the call was made. Without it, the time inside recordId. */
  eventTime?: Date;
  /** What part of the product made the call, such as "chat". */
  feature?: string;
  /** The function or code path inside the feature. */
  functionName?: string;
  /** The user's session or conversation. */
  sessionId?: string;
  /** The background job that the call belongs to. */
  jobId?: string;
  /** OpenTelemetry trace id: 32 hexadecimal digits. */
  traceId?: string;
  /** OpenTelemetry span id: 16 hexadecimal digits. */
  spanId?: string;
  /** Such as "openai". Without it, found from the model's name where that is unambiguous. */
  provider?: string;
  /** The requested model. This or responseModel is required. */
  model?: string;
  /** The model that answered. It decides the price when it has one. */
  responseModel?: string;
  /** The provider's id of the response. */
  responseId?: string;
  /** What kind of call it was, such as "chat" or "embeddings". */
  operation?: string;
  /** Base address of the provider's API; helps to find the provider. */
  apiUrl?: string;
  /** What the call used. */
  usage?: Usage;
  /** Milliseconds from request to the complete response. */
  latencyMs?: number;
  /** Milliseconds from request to the first token of a streamed response. */
  timeToFirstTokenMs?: number;
  /** "success" (the default), "error", "timeout", "rate_limited", "cancelled" or your own word. */
  status?: string;
  /** Why the call failed. */
  errorMessage?: string;
  /** True when the application's own cache answered: the cost is 0. */
  cachedResponse?: boolean;
  /** The terms the price depends on, such as {service_tier: "flex"}. */
  priceContext?: Readonly<Record<string, string>>;
  /** Free labels for breakdowns. */
  tags?: Readonly<Record<string, string>>;
  /** Anything worth keeping about the request, as JSON. No prompts. */
  requestMetadata?: JsonObject;
  /** Anything worth keeping about the response, as JSON. */
  responseMetadata?: JsonObject;
  /** What the provider says the call cost. Kept beside the service's own figure. */
  reportedCost?: Amount;
  /** The reservation that this call was made under; the record takes its place. */
  reservationId?: string;
}

/**
 * A call that is about to be made, as far as budgets tell calls apart. Give the same
 * values as the record will have.
 */
export interface PlannedCall {
  /** Who causes the call. */
  userId: string;
  /** What part of the product makes it. */
  feature?: string;
  /** Such as "openai". */
  provider?: string;
  /** The requested model. */
  model?: string;
  /** The background job that it belongs to. */
  jobId?: string;
  /** Free labels. */
  tags?: Readonly<Record<string, string>>;
  /** What it is expected to use at most; priced as a record of now would be. */
  expectedUsage?: Usage;
  /** The terms the price depends on. */
  priceContext?: Readonly<Record<string, string>>;
}
