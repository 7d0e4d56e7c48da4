/** Lines of the results of OpenAI's and Anthropic's batches: each holds a response. */
import { get, isObject, text } from "./fields.js";

/** How prices say that a batch answered. */
export const BATCH_TERMS = { processing: "batch" };

/** The response in a line. One that failed holds none. */
export function answerIn(line: object): object | undefined {
  if (!text(line, "custom_id")) return undefined;
  const body = get(get(line, "response"), "body") ?? get(get(line, "result"), "message");
  return isObject(body) ? body : undefined;
}
