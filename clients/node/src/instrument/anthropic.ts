/** The clients of `@anthropic-ai/sdk`, and those for Bedrock and Vertex AI. */
import { text } from "../responses/fields.js";
import type { Method, Sdk } from "./methods.js";

const CLOUDS: readonly (readonly [RegExp, string])[] = [
  [/bedrock/i, "aws"],
  [/vertex/i, "google"],
];

const message: Method = (args) => ({
  args,
  known: { operation: "chat", model: text(args[0], "model") },
});

export const anthropic: Sdk = {
  methods: { "messages.create": message, "beta.messages.create": message },
  helpers: [],
  references: { _client: "" },
  describe(client) {
    const cloud = CLOUDS.find(([name]) => name.test(client.constructor.name));
    return { apiUrl: text(client, "baseURL"), provider: cloud?.[1] ?? "anthropic" };
  },
};
