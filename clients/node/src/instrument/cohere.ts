/** The clients of `cohere-ai`: `CohereClientV2`, and `CohereClient` with its `v2`. */
import { text } from "../responses/fields.js";
import type { Method, Sdk } from "./methods.js";

const OPERATIONS: Readonly<Record<string, string>> = {
  chat: "chat",
  chatStream: "chat",
  embed: "embeddings",
  rerank: "rerank",
};

const called = (operation: string): Method => {
  return (args) => ({ args, known: { operation, model: text(args[0], "model") } });
};

export const cohere: Sdk = {
  methods: Object.fromEntries(
    Object.entries(OPERATIONS).flatMap(([name, operation]) => [
      [name, called(operation)],
      [`v2.${name}`, called(operation)],
    ]),
  ),
  helpers: [],
  references: {},
  describe: () => ({ provider: "cohere" }),
};
