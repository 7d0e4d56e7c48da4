/** OpenAI's Responses API: whole responses, and the events of a stream that carry one. */
import type { Usage } from "../records.js";
import { known, type ResponseFacts } from "./facts.js";
import { count, type Fields, list, part, rawJson, text } from "./fields.js";

export function readOpenAIResponse(body: Fields): ResponseFacts | undefined {
  const response = text(body, "object") === "response" ? body : inEvent(body);
  if (!response) return undefined;
  const usage = part(response, "usage");
  const output = list(response, "output");
  return known({
    responseModel: text(response, "model"),
    responseId: text(response, "id"),
    operation: "chat",
    usage: usage && readUsage(usage, output),
    priceContext: known({ service_tier: text(response, "service_tier") ?? "" }),
    responseMetadata: known({
      status: text(response, "status") ?? "",
      incomplete_reason: text(part(response, "incomplete_details"), "reason") ?? "",
    }),
  });
}

function inEvent(body: Fields): Fields | undefined {
  return text(body, "type")?.startsWith("response.") ? part(body, "response") : undefined;
}

function readUsage(usage: Fields, output: readonly unknown[]): Usage {
  const input = part(usage, "input_tokens_details");
  const details = part(usage, "output_tokens_details");
  const fileSearches = callsOf(output, "file_search_call");
  return known({
    inputTokens: count(usage, "input_tokens"),
    outputTokens: count(usage, "output_tokens"),
    cacheReadTokens: count(input, "cached_tokens"),
    cacheWriteTokens: count(input, "cache_write_tokens"),
    outputReasoningTokens: count(details, "reasoning_tokens"),
    webSearches: webSearches(output) || undefined,
    otherMeters: known({ storage_searches: fileSearches ? String(fileSearches) : "" }),
    tokenConvention: "INCLUSIVE",
    rawUsage: rawJson(usage),
  });
}

/** Opening a page and looking in it are actions of the same tool, and no searches. */
function webSearches(output: readonly unknown[]): number {
  const searches = output.filter((item) => {
    const action = text(part(item, "action"), "type");
    return action === undefined || action === "search";
  });
  return callsOf(searches, "web_search_call");
}

function callsOf(output: readonly unknown[], type: string): number {
  return output.filter((item) => text(item, "type") === type).length;
}
