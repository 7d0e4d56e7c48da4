/** OpenAI's Responses API with its compactions, and the responses of its Realtime API. */
import type { Usage } from "../records.js";
import {
  type Form,
  known,
  type ResponseFacts,
  type StreamedBody,
  type StreamForm,
} from "./facts.js";
import { get, isObject, list, text } from "./fields.js";
import { readUsage, reportedCost } from "./openai-usage.js";
import { metadata, terms } from "./terms.js";

const OBJECTS: ReadonlySet<string> = new Set([
  "response",
  "response.compaction",
  "realtime.response",
]);

const UNDER_WAY: ReadonlySet<string> = new Set(["in_progress", "queued"]);

function read(body: object): ResponseFacts {
  const usage = get(body, "usage");
  const counted = readUsage(usage);
  const status = text(body, "status");
  const reason = text(get(body, "incomplete_details"), "reason") || status;
  return known({
    responseModel: text(body, "model"),
    responseId: text(body, "id"),
    operation: "chat",
    usage: counted.usage && withTools(counted.usage, list(body, "output")),
    priceContext: terms(text(body, "service_tier")),
    reportedCost: reportedCost(usage),
    // The SDK throws nothing then. What the response says of its failure is put over this.
    ...(status === "failed" && {
      status: "error",
      errorMessage: text(get(body, "error"), "message") || "the response failed",
    }),
    responseMetadata: metadata(counted, [UNDER_WAY.has(reason) ? "" : reason]),
  });
}

/** Tools that the provider ran are items of the output, and no part of its usage. */
function withTools(usage: Usage, output: readonly unknown[]): Usage {
  const calls = (kind: string) => output.filter((item) => text(item, "type") === kind);
  const webSearches = calls("web_search_call").filter(isSearch).length;
  const fileSearches = calls("file_search_call").length;
  return known({
    ...usage,
    webSearches: webSearches || usage.webSearches,
    otherMeters: {
      ...usage.otherMeters,
      ...(fileSearches > 0 && { storage_searches: String(fileSearches) }),
    },
  });
}

/** To open a page and to look into it are steps of a search that was counted. */
function isSearch(call: unknown): boolean {
  return ["", "search"].includes(text(get(call, "action"), "type"));
}

const recognises = (body: object) => OBJECTS.has(text(body, "object"));

export const openaiResponse: Form = { recognises, read };

/** Events of a response: the last one that has it has it whole. */
class ResponseStream implements StreamedBody {
  #response: object = { object: "response" };

  feed(event: object): boolean {
    const response = get(event, "response");
    if (isObject(response) && recognises(response)) this.#response = response;
    return text(event, "type").endsWith(".delta");
  }

  body(): object {
    return this.#response;
  }
}

export const openaiResponseStream: StreamForm = {
  recognises: (event) => text(event, "type").startsWith("response."),
  begin: () => new ResponseStream(),
  read,
};
