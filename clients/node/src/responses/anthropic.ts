/** Anthropic's messages, and the events of a stream that carry usage. */
import type { Usage } from "../records.js";
import { known, type ResponseFacts } from "./facts.js";
import { count, decimal, type Fields, part, rawJson, text } from "./fields.js";

export function readAnthropic(body: Fields): ResponseFacts | undefined {
  switch (text(body, "type")) {
    case "message":
      return readMessage(body);
    case "message_start":
      return readMessage(part(body, "message") ?? {});
    case "message_delta":
      // Its counts are the sums so far, so they take the place of those at the start.
      return { ...readMessage({ ...part(body, "delta"), usage: part(body, "usage") }) };
    default:
      return undefined;
  }
}

function readMessage(message: Fields): ResponseFacts {
  const usage = part(message, "usage");
  const stopReason = text(message, "stop_reason");
  return known({
    provider: "anthropic",
    responseModel: text(message, "model"),
    responseId: text(message, "id"),
    operation: "chat",
    usage: usage && readUsage(usage),
    priceContext: priceContext(usage),
    responseMetadata: known({ finish_reasons: stopReason ? [stopReason] : [] }),
  });
}

function readUsage(usage: Fields): Usage {
  const writes = part(usage, "cache_creation");
  const tools = part(usage, "server_tool_use");
  return known({
    inputTokens: count(usage, "input_tokens"),
    outputTokens: count(usage, "output_tokens"),
    cacheReadTokens: count(usage, "cache_read_input_tokens"),
    cacheWriteTokens: count(usage, "cache_creation_input_tokens"),
    cacheWrite1hTokens: count(writes, "ephemeral_1h_input_tokens"),
    outputReasoningTokens: count(part(usage, "output_tokens_details"), "thinking_tokens"),
    webSearches: count(tools, "web_search_requests"),
    otherMeters: known({ code_executions: decimal(tools, "code_execution_requests") ?? "" }),
    tokenConvention: "EXCLUSIVE",
    rawUsage: rawJson(usage),
  });
}

function priceContext(usage: Fields | undefined): Record<string, string> {
  const tier = text(usage, "service_tier");
  return known({
    // A batch is a way of processing to the price lists, and not a tier.
    service_tier: tier === "batch" ? "" : (tier ?? ""),
    processing: tier === "batch" ? "batch" : "",
    speed: text(usage, "speed") ?? "",
    inference_geo: text(usage, "inference_geo") ?? "",
  });
}
