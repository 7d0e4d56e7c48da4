import { get } from "../responses/fields.js";
import { anthropic } from "./anthropic.js";
import { bedrock, isBedrock } from "./bedrock.js";
import { cohere } from "./cohere.js";
import { google } from "./google.js";
import { InstrumentedClient, isInstrumented } from "./instrumented-client.js";
import type { Sdk } from "./methods.js";
import { mistral } from "./mistral.js";
import { openai } from "./openai.js";
import type { InstrumentOptions } from "./options.js";

/**
 * An SDK's client whose every AI call is recorded: its time, what it used and how it went.
 *
 * Takes clients of `openai`, `@anthropic-ai/sdk`, `@google/genai`, `cohere-ai`,
 * `@mistralai/mistralai` and `@aws-sdk/client-bedrock-runtime`, and returns one of the same
 * type that does the same; the client that was given stays as it was. `options` are fields
 * that every record gets. To instrument twice changes nothing.
 */
export function instrument<Client extends object>(
  client: Client,
  options: InstrumentOptions = {},
): Client {
  if (isInstrumented(client)) return client;
  const sdk = sdkOf(client);
  if (sdk) return new InstrumentedClient(client, sdk, options).client;
  throw new TypeError(
    `cannot instrument a ${client?.constructor?.name ?? typeof client}: pass a client of ` +
      "openai, @anthropic-ai/sdk, @google/genai, cohere-ai, @mistralai/mistralai or " +
      "@aws-sdk/client-bedrock-runtime, or make its calls inside track()",
  );
}

/** SDKs are told apart by what they can do, so that none of them has to be there. */
function sdkOf(client: object): Sdk | undefined {
  const can = (...path: string[]) => typeof path.reduce<unknown>(get, client) === "function";
  if (can("models", "generateContent")) return google;
  if (can("chat", "completions", "create")) return openai;
  if (can("messages", "create")) return anthropic;
  if (can("chat", "complete")) return mistral;
  if (can("chat") && can("chatStream")) return cohere;
  return isBedrock(client) ? bedrock : undefined;
}
