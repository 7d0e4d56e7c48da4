/** The client of `@google/genai`, for Gemini and for Vertex AI. */
import { get, text } from "../responses/fields.js";
import type { Method, Requesting, Sdk } from "./methods.js";

export const google: Sdk = {
  methods: {
    "models.generateContent": called("generate_content"),
    "models.generateContentStream": called("generate_content"),
    "models.embedContent": called("embeddings"),
  },
  another: (part, path) => (path === "models" ? anotherModels(part) : undefined),
  // A chat makes its calls by the models.
  helpers: ["chats"],
  references: { modelsModule: "models" },
  describe: (client) => ({
    provider: get(client, "vertexai") === true ? "gcp.vertex_ai" : "gcp.gemini",
  }),
};

function called(operation: string): Method {
  return (args) => ({ args, known: { operation, model: text(args[0], "model") } });
}

/** Models call the application's tools by themselves, and then ask once more with the results. */
function anotherModels(models: object): Requesting | undefined {
  const apiClient = get(models, "apiClient");
  if (apiClient === undefined) return undefined;
  const Models = models.constructor as new (apiClient: unknown) => object;
  return {
    part: new Models(apiClient),
    requests: {
      generateContent: "generateContentInternal",
      generateContentStream: "generateContentStreamInternal",
      embedContent: "embedContentInternal",
    },
  };
}
