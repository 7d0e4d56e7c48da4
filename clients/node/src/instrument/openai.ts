/** The clients of the `openai` package, and all that are reached by it. */
import { get, list, text } from "../responses/fields.js";
import type { TrackOptions } from "../tracking/call.js";
import { take } from "./background.js";
import type { Invocation, Method, Sdk } from "./methods.js";

// Hosts of a region have it in front: eu.api.openai.com.
const HOSTS: readonly (readonly [RegExp, string])[] = [
  [/(^|\.)api\.openai\.com$/, "openai"],
  [/\.azure\.(com|us|cn)$/, "azure"],
  [/(^|\.)openrouter\.ai$/, "openrouter"],
];

export const openai: Sdk = {
  methods: {
    "chat.completions.create": streamable("chat"),
    "completions.create": streamable("text_completion"),
    "responses.create": response,
    "responses.retrieve": askedAgain,
    "responses.cancel": askedAgain,
    "responses.compact": called("chat"),
    "beta.responses.create": response,
    "beta.responses.retrieve": askedAgain,
    "beta.responses.cancel": askedAgain,
    "beta.responses.compact": called("chat"),
    "embeddings.create": called("embeddings"),
    "audio.transcriptions.create": called("transcription"),
    "audio.translations.create": called("transcription"),
    "audio.speech.create": speech,
    "images.generate": called("image_generation"),
    "images.edit": called("image_generation"),
    "images.createVariation": called("image_generation"),
  },
  helpers: ["beta.chat.completions"],
  references: { _client: "" },
  describe(client) {
    const apiUrl = text(client, "baseURL");
    return { apiUrl, provider: providerAt(apiUrl) };
  },
};

/** Others may refuse a question that they do not know, and a call must not break. */
const TELL_USAGE_IF_ASKED = new Set(["openai", "openrouter"]);

/** Empty for a host that is not known here: the service looks at address and model then. */
function providerAt(address: string): string {
  if (!URL.canParse(address)) return "";
  const { hostname } = new URL(address);
  return HOSTS.find(([host]) => host.test(hostname))?.[1] ?? "";
}

function called(operation: string): (args: readonly unknown[]) => Invocation {
  return (args) => ({ args, known: { operation, model: text(args[0], "model") } });
}

function response(args: readonly unknown[]): Invocation {
  return { ...called("chat")(args), isResumable: get(args[0], "background") === true };
}

/** Asks for a response that was made before; a call of its own it is not. */
function askedAgain(args: readonly unknown[]): Invocation | undefined {
  const resumes = take(args[0]);
  if (!resumes) return undefined;
  // As an event, it is read also where a stream was begun before.
  const told = (answer: unknown) => ({ type: "response.retrieved", response: answer });
  return { args, known: {}, isResumable: true, resumes, told };
}

/** A method whose stream tells its usage only if it is asked to. */
function streamable(operation: string): Method {
  return (args, options, client) => {
    const [body, ...rest] = args;
    const invocation = called(operation)(args);
    const tellsIfAsked = TELL_USAGE_IF_ASKED.has(providerAt(client.apiUrl ?? ""));
    const includeUsage = options.includeUsage ?? tellsIfAsked;
    const asked = get(body, "stream_options");
    const isAsked = get(asked, "include_usage") !== undefined;
    if (!includeUsage || isAsked || get(body, "stream") !== true) return invocation;
    const stream_options = Object.assign({ include_usage: true }, asked);
    const withUsage = Object.assign({}, body, { stream_options });
    return { ...invocation, args: [withUsage, ...rest], isOurs: hasUsageAlone };
  };
}

/** The extra chunk tells the usage, and has no choices. */
function hasUsageAlone(chunk: unknown): boolean {
  return get(chunk, "usage") !== undefined && list(chunk, "choices").length === 0;
}

/** Speech comes as bytes alone. Where its price is by the character, the request tells it. */
function speech(args: readonly unknown[]) {
  const [body] = args;
  const known: TrackOptions = { operation: "speech", model: text(body, "model") };
  const characters = [...text(body, "input")].length;
  if (known.model?.startsWith("tts-1")) {
    known.usage = { otherMeters: { input_characters: String(characters) } };
  }
  return { args, known };
}
