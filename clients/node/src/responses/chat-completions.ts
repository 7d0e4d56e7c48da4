/**
 * Chat completions and text completions, of OpenAI and of everyone who took over the form:
 * Azure, OpenRouter, Groq, DeepSeek, Mistral, xAI and Perplexity among them.
 */
import {
  type Form,
  known,
  type ResponseFacts,
  type StreamedBody,
  type StreamForm,
} from "./facts.js";
import { get, list, text } from "./fields.js";
import { isPerplexity, readUsage, reportedCost } from "./openai-usage.js";
import { metadata, terms } from "./terms.js";

const CHUNK = "chat.completion.chunk";
const OPERATIONS: Readonly<Record<string, string>> = {
  "chat.completion": "chat",
  [CHUNK]: "chat",
  text_completion: "text_completion",
};
const HEAD = ["id", "model", "provider", "service_tier"];
const OUTPUT = [
  "content",
  "reasoning_content",
  "reasoning",
  "refusal",
  "tool_calls",
  "function_call",
  "audio",
];

function read(body: object): ResponseFacts {
  const usage = get(body, "usage");
  const counted = readUsage(usage);
  const reasons = list(body, "choices").map((choice) => text(choice, "finish_reason"));
  return known({
    provider: provider(body, usage),
    responseModel: text(body, "model"),
    responseId: text(body, "id"),
    operation: OPERATIONS[text(body, "object")] ?? "chat",
    usage: counted.usage,
    priceContext: terms(text(body, "service_tier") || text(usage, "service_tier"), {
      search_context_size: text(usage, "search_context_size"),
    }),
    reportedCost: reportedCost(usage),
    responseMetadata: metadata(counted, reasons, { upstream_provider: text(body, "provider") }),
  });
}

function provider(body: object, usage: unknown): string {
  if (text(body, "provider") && get(usage, "cost") !== undefined) return "openrouter";
  return isPerplexity(usage) ? "perplexity" : "";
}

export const chatCompletion: Form = {
  recognises(body) {
    if (text(body, "object") in OPERATIONS) return true;
    return text(body, "object") === "" && list(body, "choices").length > 0;
  },
  read,
};

/** Chunks of a completion, put together. */
class ChatStream implements StreamedBody {
  readonly #body: Record<string, unknown> = { object: "chat.completion" };
  readonly #reasons = new Map<unknown, string>();

  feed(chunk: object): boolean {
    if (text(chunk, "object") === "text_completion") this.#body["object"] = "text_completion";
    for (const name of HEAD) {
      const value = text(chunk, name);
      if (value) this.#body[name] = value;
    }
    // Some send it with each chunk, growing; Groq puts it into a field of its own.
    const usage = get(chunk, "usage") ?? get(get(chunk, "x_groq"), "usage");
    if (usage !== undefined) this.#body["usage"] = usage;
    return list(chunk, "choices")
      .map((choice) => this.#take(choice))
      .includes(true);
  }

  body(): object {
    const choices = [...this.#reasons.values()].map((reason) => ({ finish_reason: reason }));
    return { ...this.#body, choices };
  }

  #take(choice: unknown): boolean {
    const reason = text(choice, "finish_reason");
    if (reason) this.#reasons.set(get(choice, "index") ?? 0, reason);
    const delta = get(choice, "delta");
    return text(choice, "text") !== "" || OUTPUT.some((name) => Boolean(get(delta, name)));
  }
}

export const chatStream: StreamForm = {
  recognises(chunk) {
    const kind = text(chunk, "object");
    const hasChoices = Array.isArray(get(chunk, "choices"));
    return kind === CHUNK || (hasChoices && (kind === "" || kind === "text_completion"));
  },
  begin: () => new ChatStream(),
  read,
};
