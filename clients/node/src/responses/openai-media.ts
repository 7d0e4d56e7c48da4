/** OpenAI's embeddings, transcriptions, speech and images; Mistral's reading of documents. */
import { fitted, type FittedUsage, NO_USAGE } from "./counts.js";
import {
  type Form,
  known,
  type ResponseFacts,
  type StreamedBody,
  type StreamForm,
} from "./facts.js";
import { count, get, list, rawUsage, seconds, text } from "./fields.js";
import { readUsage, reportedCost } from "./openai-usage.js";
import { metadata } from "./terms.js";

type Read = (body: object) => ResponseFacts;

const EVENTS: readonly (readonly [string, string])[] = [
  ["transcript.text.", "transcription"],
  ["speech.audio.", "speech"],
  ["image_generation.", "image_generation"],
  ["image_edit.", "image_generation"],
];

export const openaiMedia: Form = {
  recognises: (body) => reader(body) !== undefined,
  read: (body) => reader(body)?.(body) ?? {},
};

function reader(body: object): Read | undefined {
  const usage = get(body, "usage");
  if (text(body, "object") === "list" && count(usage, "prompt_tokens") !== undefined) {
    return (embeddings) => facts(embeddings, "embeddings", readUsage(usage));
  }
  if (["tokens", "duration"].includes(text(usage, "type")) || isVerbose(body)) return transcription;
  if (typeof get(body, "created") === "number" && isImages(body)) return images;
  return count(get(body, "usage_info"), "pages_processed") === undefined ? undefined : pages;
}

/** A transcription in long form tells its length, some of them without a usage. */
function isVerbose(body: object): boolean {
  return seconds(body, "duration") !== undefined && typeof get(body, "text") === "string";
}

function isImages(body: object): boolean {
  const [first] = list(body, "data");
  return text(first, "url") !== "" || typeof get(first, "b64_json") === "string";
}

function transcription(body: object): ResponseFacts {
  const usage = get(body, "usage");
  const length = { audio_seconds: seconds(body, "duration") };
  const counted = usage === undefined ? fitted(length, "INCLUSIVE", undefined) : readUsage(usage);
  return facts(body, "transcription", counted);
}

function images(body: object): ResponseFacts {
  const usage = get(body, "usage");
  // Models that tell no tokens are paid by the image.
  const number = { output_images: list(body, "data").length };
  const counted = usage === undefined ? fitted(number, "INCLUSIVE", undefined) : readUsage(usage);
  return facts(body, "image_generation", counted);
}

function pages(body: object): ResponseFacts {
  const info = get(body, "usage_info");
  const counts = { input_document_pages: count(info, "pages_processed") };
  const counted = fitted(counts, "INCLUSIVE", rawUsage(info));
  return { provider: "mistral", ...facts(body, "ocr", counted) };
}

function facts(body: object, operation: string, counted: FittedUsage): ResponseFacts {
  return known({
    responseModel: text(body, "model"),
    responseId: text(body, "id"),
    operation,
    usage: counted.usage,
    reportedCost: reportedCost(get(body, "usage")),
    responseMetadata: metadata(counted, []),
  });
}

/** Events of a transcription, of speech or of an image; the last one has the usage. */
class MediaStream implements StreamedBody {
  #kind = "";
  #usage: unknown;

  feed(event: object): boolean {
    this.#kind = operationOf(event) ?? this.#kind;
    this.#usage = get(event, "usage") ?? this.#usage;
    return !text(event, "type").endsWith(".done");
  }

  body(): object {
    return { kind: this.#kind, usage: this.#usage };
  }
}

function operationOf(event: object): string | undefined {
  const type = text(event, "type");
  return EVENTS.find(([start]) => type.startsWith(start))?.[1];
}

export const openaiMediaStream: StreamForm = {
  recognises: (event) => operationOf(event) !== undefined,
  begin: () => new MediaStream(),
  read(body) {
    const usage = get(body, "usage");
    return facts(body, text(body, "kind"), usage === undefined ? NO_USAGE : readUsage(usage));
  },
};
