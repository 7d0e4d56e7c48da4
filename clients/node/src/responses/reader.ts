import { aiSdk, aiSdkStream } from "./ai-sdk.js";
import { anthropic, anthropicStream } from "./anthropic.js";
import { answerIn, BATCH_TERMS } from "./batch.js";
import { bedrock, bedrockStream } from "./bedrock.js";
import { chatCompletion, chatStream } from "./chat-completions.js";
import { cohere, cohereStream } from "./cohere.js";
import type { Form, ResponseFacts, StreamedBody, StreamForm } from "./facts.js";
import { type Failed, failureOf } from "./failure.js";
import { get, isObject } from "./fields.js";
import { google, googleStream } from "./google.js";
import { openaiMedia, openaiMediaStream } from "./openai-media.js";
import { openaiResponse, openaiResponseStream } from "./openai-responses.js";

// Those that say who they are come first.
const FORMS: readonly Form[] = [
  openaiResponse,
  anthropic,
  bedrock,
  chatCompletion,
  google,
  cohere,
  aiSdk,
  openaiMedia,
];

const STREAMS: readonly StreamForm[] = [
  openaiResponseStream,
  anthropicStream,
  cohereStream,
  openaiMediaStream,
  bedrockStream,
  chatStream,
  googleStream,
  aiSdkStream,
];

/**
 * What a provider's response says of its call: an object of an SDK, or the JSON of its API.
 * Nothing where its form is not known. It never throws.
 */
export function readResponse(response: unknown): ResponseFacts | undefined {
  const reader = new ResponseReader();
  reader.add(response);
  return reader.facts();
}

/**
 * Reads one answer: whole, or the chunks of its stream one after the other. It keeps what
 * tells of the call and not the text, so a long stream takes no more memory than a short one.
 */
export class ResponseReader {
  #form: StreamForm | undefined;
  #stream: StreamedBody | undefined;
  #whole: ResponseFacts | undefined;
  #failed: Failed | undefined;

  /** Takes a response or the next chunk. True if a chunk carries output, such as a first token. */
  add(response: unknown): boolean {
    try {
      const body = opened(response);
      return body !== undefined && this.#take(body);
    } catch {
      // A getter of somebody's object may throw; then it does not say.
      return false;
    }
  }

  /** Whether anything that was taken has a known form. */
  get isKnown(): boolean {
    return this.#stream !== undefined || this.#whole !== undefined || this.#failed !== undefined;
  }

  /** What was told until now; nothing if no form was known. */
  facts(): ResponseFacts | undefined {
    try {
      if (!this.#stream || !this.#form)
        return this.#failed ? { ...this.#whole, ...this.#failed } : this.#whole;
      const body = this.#stream.body();
      return { ...this.#form.read(body), ...(this.#failed ?? failureOf(body)) };
    } catch {
      return undefined;
    }
  }

  #take(body: object): boolean {
    this.#failed ??= failureOf(body);
    if (this.#stream) return this.#stream.feed(body);
    this.#form = STREAMS.find((form) => form.recognises(body));
    this.#stream = this.#form?.begin();
    if (this.#stream) return this.#stream.feed(body);
    this.#whole = whole(body) ?? batched(body) ?? this.#whole;
    return false;
  }
}

function whole(body: object): ResponseFacts | undefined {
  return FORMS.find((each) => each.recognises(body))?.read(body);
}

function batched(line: object): ResponseFacts | undefined {
  const answer = answerIn(line);
  const facts = answer && readResponse(answer);
  return facts && { ...facts, priceContext: { ...facts.priceContext, ...BATCH_TERMS } };
}

/** The body in what an SDK hands out. */
function opened(response: unknown): object | undefined {
  if (!isObject(response)) return undefined;
  // The AI SDK's streamed results begin to read themselves when they are asked for usage.
  if ("fullStream" in response) return undefined;
  // Mistral's SDK puts each chunk of a stream into an event.
  const data = get(response, "data");
  // Bedrock puts the JSON of each chunk of a model that it invokes into bytes.
  const bytes = get(get(response, "chunk"), "bytes");
  if (bytes instanceof Uint8Array) return JSON.parse(new TextDecoder().decode(bytes));
  return isObject(data) && Array.isArray(get(data, "choices")) ? data : response;
}
