/**
 * The Vercel AI SDK: what its language and embedding models answer, the parts of their
 * streams, and what generateText and its kin return.
 */
import { fitted } from "./counts.js";
import {
  type Form,
  known,
  type ResponseFacts,
  type StreamedBody,
  type StreamForm,
} from "./facts.js";
import { count, get, isObject, list, rawUsage, text } from "./fields.js";
import { metadata, terms } from "./terms.js";

// A result of several steps has the sum of all here.
const usageOf = (body: object) => get(body, "total_usage") ?? get(body, "usage");

function read(body: object): ResponseFacts {
  return isEmbedding(body) ? readEmbedding(body) : readText(body);
}

function readText(body: object): ResponseFacts {
  const usage = usageOf(body);
  const counted = fitted(countsOf(usage), "INCLUSIVE", rawUsage(get(usage, "raw") ?? usage));
  const finishReason = get(body, "finish_reason");
  const reason = text(finishReason, "unified") || text({ finishReason }, "finish_reason");
  const response = get(body, "response");
  return known({
    responseModel: text(response, "model_id"),
    responseId: text(response, "id"),
    operation: "chat",
    usage: counted.usage,
    priceContext: terms(serviceTier(get(body, "provider_metadata"))),
    responseMetadata: metadata(counted, [reason]),
  });
}

/** Each provider tells of itself under its own name. */
function serviceTier(providers: unknown): string {
  const told = isObject(providers) ? Object.values(providers) : [];
  return told.map((metadata) => text(metadata, "service_tier")).find(Boolean) ?? "";
}

/** Models say {inputTokens: {total, cacheRead}}, results {inputTokens, inputTokenDetails}. */
function countsOf(usage: unknown) {
  const [input, inputDetails] = [get(usage, "input_tokens"), get(usage, "input_token_details")];
  const [output, outputDetails] = [get(usage, "output_tokens"), get(usage, "output_token_details")];
  return {
    input_tokens: count(input, "total") ?? count(usage, "input_tokens"),
    output_tokens: count(output, "total") ?? count(usage, "output_tokens"),
    cache_read_tokens:
      count(input, "cache_read") ??
      count(inputDetails, "cache_read_tokens") ??
      count(usage, "cached_input_tokens"),
    cache_write_tokens: count(input, "cache_write") ?? count(inputDetails, "cache_write_tokens"),
    output_reasoning_tokens:
      count(output, "reasoning") ??
      count(outputDetails, "reasoning_tokens") ??
      count(usage, "reasoning_tokens"),
  };
}

function isEmbedding(body: object): boolean {
  const vectors = [...list(body, "embeddings"), ...list(body, "embedding")];
  return vectors.length > 0 && count(get(body, "usage"), "tokens") !== undefined;
}

function readEmbedding(body: object): ResponseFacts {
  const usage = get(body, "usage");
  const counted = fitted({ input_tokens: count(usage, "tokens") }, "INCLUSIVE", rawUsage(usage));
  return known({ operation: "embeddings", usage: counted.usage });
}

export const aiSdk: Form = {
  recognises(body) {
    if (isEmbedding(body)) return true;
    return (
      get(body, "finish_reason") !== undefined && get(usageOf(body), "input_tokens") !== undefined
    );
  },
  read,
};

const PARTS =
  /^(stream-start|response-metadata|finish|(text|reasoning|tool-input)-(start|delta|end)|tool-call)$/;

/** Parts of a model's stream; the last one has the usage. */
class ModelStream implements StreamedBody {
  #response: object | undefined;
  #end: object = {};

  feed(part: object): boolean {
    const type = text(part, "type");
    if (type === "response-metadata") this.#response = part;
    if (type === "finish") this.#end = part;
    return type.endsWith("-delta") || type === "tool-call";
  }

  body(): object {
    return { ...this.#end, response: this.#response };
  }
}

export const aiSdkStream: StreamForm = {
  recognises: (part) => PARTS.test(text(part, "type")),
  begin: () => new ModelStream(),
  read,
};
