/**
 * The Vercel AI SDK: results of its language and embedding models, the parts of their
 * streams, and what generateText and its kin return.
 */
import type { Usage } from "../records.js";
import { known, type ResponseFacts } from "./facts.js";
import { count, field, type Fields, list, part, rawJson, text } from "./fields.js";

export function readAiSdk(body: Fields): ResponseFacts | undefined {
  return readPart(body) ?? readEmbedding(body) ?? readResult(body);
}

function readPart(body: Fields): ResponseFacts | undefined {
  if (text(body, "type") === "response-metadata") return response(body);
  return text(body, "type") === "finish" ? readResult(body) : undefined;
}

function readResult(body: Fields): ResponseFacts | undefined {
  // A result of several steps has the sum of them all here.
  const usage = part(body, "total_usage") ?? part(body, "usage");
  if (!usage || field(body, "finish_reason") === undefined) return undefined;
  if (!("inputTokens" in usage)) return undefined;
  const finishReason = text(part(body, "finish_reason"), "unified") ?? text(body, "finish_reason");
  return known({
    ...response(part(body, "response")),
    usage: readUsage(usage),
    responseMetadata: known({ finish_reasons: finishReason ? [finishReason] : [] }),
  });
}

function response(metadata: Fields | undefined): ResponseFacts {
  return known({
    responseModel: text(metadata, "model_id"),
    responseId: text(metadata, "id"),
    operation: "chat",
  });
}

/** Models say {inputTokens: {total, cacheRead}}; results say {inputTokens, inputTokenDetails}. */
function readUsage(usage: Fields): Usage {
  const input = part(usage, "input_tokens");
  const output = part(usage, "output_tokens");
  const inputDetails = part(usage, "input_token_details");
  const outputDetails = part(usage, "output_token_details");
  return known({
    inputTokens: count(input, "total") ?? count(usage, "input_tokens"),
    outputTokens: count(output, "total") ?? count(usage, "output_tokens"),
    cacheReadTokens:
      count(input, "cache_read") ??
      count(inputDetails, "cache_read_tokens") ??
      count(usage, "cached_input_tokens"),
    cacheWriteTokens: count(input, "cache_write") ?? count(inputDetails, "cache_write_tokens"),
    outputReasoningTokens:
      count(output, "reasoning") ??
      count(outputDetails, "reasoning_tokens") ??
      count(usage, "reasoning_tokens"),
    tokenConvention: "INCLUSIVE",
    rawUsage: rawJson(field(usage, "raw") ?? usage),
  });
}

function readEmbedding(body: Fields): ResponseFacts | undefined {
  const usage = part(body, "usage");
  const inputTokens = count(usage, "tokens");
  const hasVectors = list(body, "embeddings").length + list(body, "embedding").length > 0;
  if (!hasVectors || inputTokens === undefined) return undefined;
  const counts: Usage = { inputTokens, tokenConvention: "INCLUSIVE", rawUsage: rawJson(usage) };
  return { operation: "embeddings", usage: known(counts) };
}
