/** Cohere's chat, embeddings and reranking. */
import { fitted } from "./counts.js";
import {
  type Form,
  known,
  type ResponseFacts,
  type StreamedBody,
  type StreamForm,
} from "./facts.js";
import { count, get, list, rawUsage, text } from "./fields.js";
import { metadata } from "./terms.js";

/** Chat has a usage, everything else a meta. */
const usageOf = (body: object) => get(body, "meta") ?? get(body, "usage");
const billedIn = (body: object) => get(usageOf(body), "billed_units");

function read(body: object): ResponseFacts {
  const usage = usageOf(body);
  const counts = { ...billed(billedIn(body)), cache_read_tokens: count(usage, "cached_tokens") };
  const counted = fitted(counts, "INCLUSIVE", rawUsage(usage));
  return known({
    provider: "cohere",
    // The older chat has the id of the response beside one of its text.
    responseId: text(body, "response_id") || text(body, "id"),
    operation: operation(body),
    usage: counted.usage,
    responseMetadata: metadata(counted, [text(body, "finish_reason")]),
  });
}

/** What is billed counts: the other tokens hold what Cohere adds to a prompt by itself. */
function billed(units: unknown) {
  const images = count(units, "image_tokens");
  const allTokens = images === undefined ? undefined : images + (count(units, "text_tokens") ?? 0);
  return {
    input_tokens: count(units, "input_tokens") ?? allTokens,
    output_tokens: count(units, "output_tokens"),
    input_image_tokens: images,
    input_images: count(units, "images"),
    rerank_searches: count(units, "search_units"),
  };
}

function operation(body: object): string {
  const searches = get(billedIn(body), "search_units");
  if (list(body, "results").length > 0 || searches !== undefined) return "rerank";
  return get(body, "embeddings") === undefined ? "chat" : "embeddings";
}

export const cohere: Form = {
  recognises(body) {
    if (billedIn(body) !== undefined) return true;
    const isAnswer = text(get(body, "message"), "role") === "assistant";
    return isAnswer && typeof get(body, "finish_reason") === "string";
  },
  read,
};

const OUTPUT = ["content-delta", "tool-plan-delta", "tool-call-start", "tool-call-delta"];
const EVENTS = [...OUTPUT, "message-start", "message-end", "content-start", "content-end"];

/** Events of a chat; the last one has the usage. */
class ChatStream implements StreamedBody {
  #body: object = {};

  feed(event: object): boolean {
    const type = text(event, "type");
    if (type === "message-start") this.#body = { id: text(event, "id") };
    if (type === "message-end") {
      const delta = get(event, "delta");
      const finish_reason = text(delta, "finish_reason");
      this.#body = { ...this.#body, finish_reason, usage: get(delta, "usage") };
    }
    return OUTPUT.includes(type);
  }

  body(): object {
    return this.#body;
  }
}

export const cohereStream: StreamForm = {
  recognises: (event) => EVENTS.includes(text(event, "type")),
  begin: () => new ChatStream(),
  read,
};
