/** Anthropic's messages: from itself, Bedrock and Vertex. */
import { type Counts, fitted, type FittedUsage, NO_USAGE } from "./counts.js";
import {
  type Form,
  known,
  type ResponseFacts,
  type StreamedBody,
  type StreamForm,
} from "./facts.js";
import { count, get, list, plain, rawUsage, text } from "./fields.js";
import { metadata, terms } from "./terms.js";

// The start of an id says which cloud answered; any other id may be anyone's.
const CLOUDS: readonly (readonly [string, string])[] = [
  ["msg_bdrk_", "aws"],
  ["msg_vrtx_", "google"],
];

// Parts of a call that the counts of its usage are without. An advisor may be another
// model, at other prices: such a part is named as left out.
const BESIDE: ReadonlySet<string> = new Set(["compaction", "advisor_message"]);

function read(body: object): ResponseFacts {
  const usage = get(body, "usage");
  const model = modelOf(body);
  const counted = readUsage(usage, model);
  const id = text(body, "id");
  // A stream that was left has told its input alone.
  const isWhole = get(usage, "output_tokens") !== undefined;
  return known({
    provider: CLOUDS.find(([start]) => id.startsWith(start))?.[1],
    responseModel: model,
    responseId: id,
    operation: "chat",
    usage: counted.usage,
    priceContext: termsOf(usage),
    responseMetadata: metadata(counted, [text(body, "stop_reason")], { isWhole }),
  });
}

/** The model that answered; a stream begins before it is known that another one does. */
function modelOf(body: object): string {
  const served = list(get(body, "usage"), "iterations")
    .filter((each) => text(each, "type") === "fallback_message")
    .map((each) => text(each, "model"));
  return served.filter(Boolean).at(-1) ?? text(body, "model");
}

function readUsage(usage: unknown, model: string): FittedUsage {
  if (usage === undefined) return NO_USAGE;
  const counts: Counts = {
    ...tokens(usage),
    output_reasoning_tokens: count(get(usage, "output_tokens_details"), "thinking_tokens"),
    web_searches: count(get(usage, "server_tool_use"), "web_search_requests"),
  };
  const others = list(usage, "iterations").filter((each) => BESIDE.has(text(each, "type")));
  const isOurs = (each: unknown) => ["", model].includes(text(each, "model"));
  for (const each of others.filter(isOurs)) add(counts, tokens(each));
  const { usage: fit, leftOut } = fitted(counts, "EXCLUSIVE", rawUsage(usage));
  const unpriced = others.filter((each) => !isOurs(each)).map((each) => text(each, "type"));
  return { usage: fit, leftOut: [...leftOut, ...new Set(unpriced)] };
}

/** What the usage of a message and that of each of its parts have in the same way. */
function tokens(usage: unknown) {
  return {
    input_tokens: count(usage, "input_tokens"),
    output_tokens: count(usage, "output_tokens"),
    cache_read_tokens: count(usage, "cache_read_input_tokens"),
    cache_write_tokens: count(usage, "cache_creation_input_tokens"),
    cache_write_1h_tokens: count(get(usage, "cache_creation"), "ephemeral_1h_input_tokens"),
  };
}

function add(counts: Counts, more: ReturnType<typeof tokens>): void {
  for (const [meter, number] of Object.entries(more)) {
    if (number) counts[meter] = Number(counts[meter] ?? 0) + number;
  }
}

function termsOf(usage: unknown): Record<string, string> {
  const tier = text(usage, "service_tier");
  const place = text(usage, "inference_geo");
  // A batch is a way of processing to price lists, whoever the provider is.
  const isBatch = tier === "batch";
  return terms(isBatch ? "" : tier, {
    processing: isBatch ? "batch" : "",
    speed: text(usage, "speed"),
    inference_geo: place === "not_available" ? "" : place,
  });
}

export const anthropic: Form = {
  recognises(body) {
    if (text(body, "type") !== "message") return false;
    return get(body, "usage") !== undefined || text(body, "role") === "assistant";
  },
  read,
};

/** Events of a message. The first has the input, later ones all that was used so far. */
class MessageStream implements StreamedBody {
  #body: Record<string, unknown> = {};
  #usage: Record<string, unknown> | undefined;

  feed(event: object): boolean {
    const type = text(event, "type");
    if (type === "message_start") this.#start(get(event, "message"));
    if (type === "message_delta") this.#go(event);
    return type === "content_block_delta";
  }

  body(): object {
    return { ...this.#body, usage: this.#usage };
  }

  #start(message: unknown): void {
    this.#body = { id: text(message, "id"), model: text(message, "model") };
    // What it says of the output is a beginning, and no count.
    const { output_tokens: _, ...begun } = fields(get(message, "usage"));
    this.#usage = begun;
  }

  #go(event: object): void {
    const reason = text(get(event, "delta"), "stop_reason");
    if (reason) this.#body["stop_reason"] = reason;
    this.#usage = { ...this.#usage, ...fields(get(event, "usage")) };
  }
}

function fields(usage: unknown): Record<string, unknown> {
  return Object.fromEntries(Object.entries(plain(usage, 8) ?? {}));
}

export const anthropicStream: StreamForm = {
  recognises: (event) => /^(message_(start|delta|stop)|content_block_)/.test(text(event, "type")),
  begin: () => new MessageStream(),
  read,
};
