/** The client of `@google/genai`, for Gemini and for Vertex AI. */
import { get, text } from "../responses/fields.js";
import type { Method, Sdk } from "./methods.js";

export const google: Sdk = {
  methods: {
    "models.generateContent": called("generate_content"),
    "models.generateContentStream": called("generate_content"),
    "models.embedContent": called("embeddings"),
  },
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
