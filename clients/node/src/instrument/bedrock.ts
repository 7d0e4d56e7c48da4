/** The clients of `@aws-sdk/client-bedrock-runtime`. */
import { get, isObject, text } from "../responses/fields.js";
import { readResponse } from "../responses/index.js";
import type { Callback, Invocation, Sdk } from "./methods.js";

export const bedrock: Sdk = {
  methods: { send },
  helpers: [],
  references: {},
  callsItself: true,
  describe: () => ({ provider: "aws" }),
};

export function isBedrock(client: object): boolean {
  return text(get(client, "config"), "serviceId") === "Bedrock Runtime";
}

/** What a command's input holds: its class may have lost its name in a bundle. */
interface Input {
  readonly modelId: string;
  readonly body?: unknown;
}

/** `send(command, options?, callback?)`; either of the last two may be left out. */
function send(args: readonly unknown[]): Invocation | undefined {
  const [command, ...rest] = args;
  const input = get(command, "input");
  if (!isObject(command) || !asksModel(input)) return undefined;
  const callback = rest.find((each): each is Callback => typeof each === "function");
  const options = rest.filter((each) => typeof each !== "function");
  const isInvoked = input.body !== undefined;
  return {
    args: [isInvoked ? keepingHeaders(command) : command, ...options],
    known: { operation: operation(input), model: input.modelId },
    streamIn: isInvoked ? "body" : "stream",
    ...(isInvoked && { told: toldByInvoked }),
    ...(callback && { callback }),
  };
}

/** Conversations and invocations; other commands count tokens, or begin what ends elsewhere. */
function asksModel(input: unknown): input is Input {
  if (!isObject(input) || typeof input["modelId"] !== "string") return false;
  const isTwoWay = isObject(input["body"]) && Symbol.asyncIterator in input["body"];
  return !("input" in input) && !("modelInput" in input) && !isTwoWay;
}

/** A conversation says what it is; the body of an invocation is each model's own. */
function operation({ modelId, body }: Input): string {
  return body !== undefined && /embed/i.test(modelId) ? "embeddings" : "chat";
}

/** What a command can be given, of what the SDK's have. */
interface Stack {
  clone(): Stack;
  add(middleware: (next: Handler) => Handler, options: object): void;
}
type Handler = (args: unknown) => Promise<{ response?: unknown; output: unknown }>;

/** The headers that each answer came with, which the SDK does not hand out. */
const headers = new WeakMap<object, unknown>();

/** A command like this one, which stays as it was. */
function keepingHeaders(command: object): object {
  const stack = get(command, "middlewareStack") as Stack;
  const middlewareStack = stack.clone();
  middlewareStack.add(keepHeaders, { step: "initialize", name: "aiusage", override: true });
  const prototype: unknown = Object.getPrototypeOf(command);
  return Object.assign(Object.create(prototype as object), command, { middlewareStack });
}

const keepHeaders = (next: Handler): Handler => {
  return async (args) => {
    const result = await next(args);
    if (isObject(result.output)) headers.set(result.output, get(result.response, "headers"));
    return result;
  };
};

// Longer bodies are images; what they cost is not in them.
const MAX_BODY_BYTES = 1_000_000;

/** The body, where its form is known; it tells more than the headers, which are always there. */
function toldByInvoked(answer: unknown): unknown {
  const body = parsed(get(answer, "body"));
  if (readResponse(body)?.usage) return body;
  const ResponseMetadata = {
    HTTPHeaders: isObject(answer) ? headers.get(answer) : undefined,
    RequestId: text(get(answer, "$metadata"), "requestId"),
  };
  return { ResponseMetadata };
}

function parsed(body: unknown): unknown {
  if (!(body instanceof Uint8Array) || body.length > MAX_BODY_BYTES) return undefined;
  try {
    return JSON.parse(new TextDecoder().decode(body));
  } catch {
    return undefined;
  }
}
