import { get } from "../responses/fields.js";
import { anthropic } from "./anthropic.js";
import { google } from "./google.js";
import { InstrumentedClient, isInstrumented } from "./instrumented-client.js";
import type { Sdk } from "./methods.js";
import { openai } from "./openai.js";
import type { InstrumentOptions } from "./options.js";

/**
 * An SDK's client whose every AI call is recorded: its time, what it used and how it went.
 *
 * Takes clients of `openai`, `@anthropic-ai/sdk` and `@google/genai`, and returns one of
 * the same type that does the same; the client that was given stays as it was. `options`
 * are fields that every record gets. To instrument twice changes nothing.
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
      "openai, @anthropic-ai/sdk or @google/genai, or make its calls inside track()",
  );
}

/** SDKs are told apart by what they can do, so that none of them has to be there. */
function sdkOf(client: object): Sdk | undefined {
  const can = (...path: string[]) => typeof path.reduce<unknown>(get, client) === "function";
  if (can("models", "generateContent")) return google;
  if (can("chat", "completions", "create")) return openai;
  return can("messages", "create") ? anthropic : undefined;
}
