/** The client of `@mistralai/mistralai`. */
import { text } from "../responses/fields.js";
import type { Method, Sdk } from "./methods.js";

/** An agent has a model of its own; calls name the agent. */
function called(operation: string): Method {
  return (args) => {
    const model = text(args[0], "model") || text(args[0], "agent_id");
    return { args, known: { operation, model } };
  };
}

export const mistral: Sdk = {
  methods: {
    "chat.complete": called("chat"),
    "chat.stream": called("chat"),
    "chat.parse": called("chat"),
    "chat.parseStream": called("chat"),
    "fim.complete": called("text_completion"),
    "fim.stream": called("text_completion"),
    "agents.complete": called("chat"),
    "agents.stream": called("chat"),
    "embeddings.create": called("embeddings"),
    "ocr.process": called("ocr"),
  },
  helpers: [],
  references: {},
  describe: () => ({ provider: "mistral" }),
};
