/** Amazon Bedrock's Converse; in a stream, the events that end it. */
import type { Count, Usage } from "../records.js";
import { known, type ResponseFacts, sum } from "./facts.js";
import { count, field, type Fields, list, part, rawJson, text } from "./fields.js";

export function readBedrock(body: Fields): ResponseFacts | undefined {
  const stopped = part(body, "message_stop");
  const answer = stopped ?? part(body, "metadata") ?? body;
  const usage = part(answer, "usage");
  const isWhole = part(part(body, "output"), "message") !== undefined;
  const isEnd = stopped ? text(stopped, "stop_reason") : part(answer, "metrics") && usage;
  if (!isWhole && !isEnd) return undefined;
  const stopReason = text(answer, "stop_reason");
  return known({
    provider: "aws",
    responseId: text(part(body, "$metadata"), "request_id"),
    operation: "chat",
    usage: usage && readUsage(usage),
    priceContext: known({ service_tier: text(part(answer, "service_tier"), "type") ?? "" }),
    responseMetadata: known({ finish_reasons: stopReason ? [stopReason] : [] }),
  });
}

function readUsage(usage: Fields): Usage {
  return known({
    inputTokens: count(usage, "input_tokens"),
    outputTokens: count(usage, "output_tokens"),
    cacheReadTokens: count(usage, "cache_read_input_tokens"),
    cacheWriteTokens: count(usage, "cache_write_input_tokens"),
    cacheWrite1hTokens: writtenForAnHour(usage),
    tokenConvention: "EXCLUSIVE",
    rawUsage: rawJson(usage),
  });
}

function writtenForAnHour(usage: Fields): Count | undefined {
  const details = list(usage, "cache_details").filter((detail) => field(detail, "ttl") === "1h");
  return sum(...details.map((detail) => count(detail, "input_tokens")));
}
