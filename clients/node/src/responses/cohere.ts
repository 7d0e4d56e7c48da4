/** Cohere's chat, embed and rerank; in a stream, the event that ends it. */
import type { Usage } from "../records.js";
import { known, type ResponseFacts } from "./facts.js";
import { count, decimal, field, type Fields, list, part, rawJson, text } from "./fields.js";

export function readCohere(body: Fields): ResponseFacts | undefined {
  const delta = text(body, "type") === "message-end" ? part(body, "delta") : undefined;
  if (text(body, "type") === "message-start") return known(chat({ id: text(body, "id") }));
  const answer = delta ?? body;
  const usage = part(answer, "usage") ?? part(answer, "meta");
  const units = part(usage, "billed_units");
  if (!usage || !units) return undefined;
  return known({
    ...(isChat(answer) ? chat(answer) : { provider: "cohere", responseId: text(answer, "id") }),
    operation: operation(answer),
    usage: readUsage(usage, units),
  });
}

function chat(answer: Fields): ResponseFacts {
  const finishReason = text(answer, "finish_reason");
  return {
    provider: "cohere",
    responseId: text(answer, "id"),
    operation: "chat",
    responseMetadata: known({ finish_reasons: finishReason ? [finishReason] : [] }),
  };
}

function isChat(answer: Fields): boolean {
  return text(answer, "finish_reason") !== undefined;
}

function operation(answer: Fields): string | undefined {
  if (isChat(answer)) return "chat";
  if (field(answer, "embeddings") !== undefined) return "embeddings";
  return list(answer, "results").length > 0 ? "rerank" : undefined;
}

/** What is billed counts: the other tokens hold what Cohere adds to a prompt for itself. */
function readUsage(usage: Fields, units: Fields): Usage {
  return known({
    inputTokens: count(units, "input_tokens"),
    outputTokens: count(units, "output_tokens"),
    cacheReadTokens: count(usage, "cached_tokens"),
    otherMeters: known({
      rerank_searches: decimal(units, "search_units") ?? "",
      input_images: decimal(units, "images") ?? "",
    }),
    tokenConvention: "INCLUSIVE",
    rawUsage: rawJson(usage),
  });
}
