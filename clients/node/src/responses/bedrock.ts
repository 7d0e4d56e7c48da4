/** Amazon Bedrock's Converse, and the headers that its InvokeModel counts in. */
import { type Counts, fitted, type FittedUsage, NO_USAGE } from "./counts.js";
import {
  type Form,
  known,
  type ResponseFacts,
  type StreamedBody,
  type StreamForm,
} from "./facts.js";
import { count, get, list, rawUsage, text } from "./fields.js";
import { metadata, terms } from "./terms.js";

const HEADER = "x-amzn-bedrock-";
const HEADERS: Readonly<Record<string, string>> = {
  input_tokens: "input-token-count",
  output_tokens: "output-token-count",
  cache_read_tokens: "cache-read-input-token-count",
  cache_write_tokens: "cache-write-input-token-count",
};

const headersOf = (body: object) => get(get(body, "ResponseMetadata"), "HTTPHeaders");

function read(body: object): ResponseFacts {
  const usage = get(body, "usage");
  const counted = usage === undefined ? countedInHeaders(headersOf(body)) : readUsage(usage);
  const latency = text(get(body, "performanceConfig"), "latency");
  return known({
    provider: "aws",
    // A prompt router says which model it chose.
    responseModel: text(get(get(body, "trace"), "promptRouter"), "invokedModelId"),
    // The SDK for JavaScript writes it here, that for Python there.
    responseId:
      text(get(body, "$metadata"), "requestId") || text(get(body, "ResponseMetadata"), "RequestId"),
    operation: "chat",
    usage: counted.usage,
    priceContext: terms(text(get(body, "serviceTier"), "type"), {
      latency: latency === "standard" ? "" : latency,
    }),
    responseMetadata: metadata(counted, [text(body, "stopReason")]),
  });
}

function readUsage(usage: unknown): FittedUsage {
  const counts = {
    input_tokens: count(usage, "inputTokens"),
    output_tokens: count(usage, "outputTokens"),
    cache_read_tokens: count(usage, "cacheReadInputTokens"),
    cache_write_tokens: count(usage, "cacheWriteInputTokens"),
    cache_write_1h_tokens: writtenForAnHour(usage),
  };
  return fitted(counts, "EXCLUSIVE", rawUsage(usage));
}

function countedInHeaders(headers: unknown): FittedUsage {
  const told: Record<string, string> = {};
  const counts: Counts = {};
  for (const [meter, header] of Object.entries(HEADERS)) {
    const value = text(headers, HEADER + header);
    if (!/^\d+$/.test(value)) continue;
    told[HEADER + header] = value;
    counts[meter] = count({ value: Number(value) }, "value");
  }
  return Object.keys(told).length > 0 ? fitted(counts, "EXCLUSIVE", told) : NO_USAGE;
}

function writtenForAnHour(usage: unknown): number | undefined {
  const details = list(usage, "cacheDetails");
  if (details.length === 0) return undefined;
  return details
    .filter((detail) => text(detail, "ttl") === "1h")
    .reduce<number>((sum, detail) => sum + (count(detail, "inputTokens") ?? 0), 0);
}

export const bedrock: Form = {
  recognises(body) {
    if (text(body, "stopReason")) return true;
    if (text(headersOf(body), `${HEADER}input-token-count`)) return true;
    const usage = get(body, "usage");
    return count(usage, "inputTokens") !== undefined && !get(body, "finishReason");
  },
  read,
};

const EVENTS = [
  "messageStart",
  "contentBlockStart",
  "contentBlockDelta",
  "contentBlockStop",
  "messageStop",
  "metadata",
];

/** Events of a conversation, each an object with the event's name as its only key. */
class ConverseStream implements StreamedBody {
  #body: Record<string, unknown> = {};

  feed(event: object): boolean {
    const stopReason = text(get(event, "messageStop"), "stopReason");
    if (stopReason) this.#body["stopReason"] = stopReason;
    Object.assign(this.#body, get(event, "metadata"));
    return get(event, "contentBlockDelta") !== undefined;
  }

  body(): object {
    return this.#body;
  }
}

export const bedrockStream: StreamForm = {
  recognises(event) {
    const names = Object.keys(event);
    return names.length === 1 && EVENTS.includes(names[0] ?? "");
  },
  begin: () => new ConverseStream(),
  read,
};
