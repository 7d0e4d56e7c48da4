/** A server on this machine that answers as OpenAI, Anthropic and Google do. */
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { after } from "node:test";

type Json = Record<string, any>;

export interface Provider {
  /** "http://127.0.0.1:port", without a path. */
  readonly url: string;
  /** The body of the last request. */
  lastRequest(): Json;
}

/** Starts the server; it is stopped when the test file is done. */
export async function startProvider(): Promise<Provider> {
  let last: Json = {};
  const server = createServer(async (request, response) => {
    const sent = await text(request);
    last = request.headers["content-type"]?.includes("json") ? JSON.parse(sent) : {};
    answer(request, last, response);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  after(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, lastRequest: () => last };
}

function answer(request: IncomingMessage, body: Json, response: ServerResponse): void {
  const path = request.url ?? "";
  const model = String(body["model"] ?? "");
  if (model === "limited") return json(response, { error: { message: "slow down" } }, 429);
  if (model === "missing") return json(response, { error: { message: "no such model" } }, 404);
  if (model === "silent") return;
  if (path.endsWith("/chat/completions")) return chat(body, response);
  if (path.endsWith("/responses")) return openaiResponse(body, response);
  // How it goes on with a response that was made in the background.
  if (path.includes("/responses/resp_")) {
    return openaiResponse({ stream: path.includes("stream=true") }, response);
  }
  if (path.endsWith("/messages")) return message(body, response);
  if (path.includes("/models/asking:") && !JSON.stringify(body).includes("functionResponse")) {
    if (path.includes(":generateContent")) return json(response, GOOGLE_ASKING);
    return events(response, [GOOGLE_ASKING]);
  }
  if (path.includes(":streamGenerateContent")) return events(response, GOOGLE_CHUNKS);
  if (path.includes(":generateContent")) return json(response, GOOGLE_CHUNKS.at(-1));
  if (path.endsWith("/audio/speech")) {
    response.writeHead(200, { "content-type": "audio/mpeg" });
    response.end(Buffer.from([1, 2, 3]));
    return;
  }
  const whole = WHOLE[path.split("/").slice(-2).join("/")];
  return whole ? json(response, whole) : json(response, { error: { message: path } }, 404);
}

function json(response: ServerResponse, body: unknown, status = 200): void {
  const headers = {
    "content-type": "application/json",
    "x-request-id": "req_1",
    "request-id": "req_1",
  };
  // Retries would be waited for.
  response.writeHead(status, { ...headers, "x-should-retry": "false" });
  response.end(JSON.stringify(body));
}

/** Events as a stream sends them. "endless": the stream stays open; "broken": it breaks. */
function events(response: ServerResponse, items: readonly Json[], model = "", last = ""): void {
  response.writeHead(200, { "content-type": "text/event-stream", "x-request-id": "req_1" });
  const written = items.map((item) => {
    const name = typeof item["type"] === "string" ? `event: ${item["type"]}\n` : "";
    return `${name}data: ${JSON.stringify(item)}\n\n`;
  });
  if (model !== "endless" && model !== "broken") {
    response.end(written.join("") + last);
    return;
  }
  response.write(written.slice(0, 2).join(""), () => {
    if (model === "broken") response.destroy();
  });
}

const CHAT_USAGE = {
  prompt_tokens: 1000,
  completion_tokens: 500,
  total_tokens: 1500,
  prompt_tokens_details: { cached_tokens: 400, audio_tokens: 0 },
  completion_tokens_details: { reasoning_tokens: 100, audio_tokens: 0 },
};

function chat(body: Json, response: ServerResponse): void {
  const head = { id: "chatcmpl-1", created: 1763800000, model: "gpt-4o-2024-08-06" };
  if (!body["stream"]) {
    const call = { id: "call_1", type: "function", function: { name: "clock", arguments: "{}" } };
    const isCalling = body["model"] === "calling";
    const content = isCalling ? { content: null, tool_calls: [call] } : { content: "Hello" };
    const message = { role: "assistant", refusal: null, ...content };
    const finish_reason = isCalling ? "tool_calls" : "stop";
    const choices = [{ index: 0, message, finish_reason, logprobs: null }];
    json(response, { ...head, object: "chat.completion", choices, usage: CHAT_USAGE });
    return;
  }
  const asked = body["stream_options"]?.include_usage === true;
  const chunk = (delta: Json, finish_reason: string | null = null) => ({
    ...head,
    object: "chat.completion.chunk",
    choices: [{ index: 0, delta, finish_reason }],
    ...(asked && { usage: null }),
  });
  const chunks: Json[] = [
    chunk({ role: "assistant", content: "" }),
    chunk({ content: "Hel" }),
    chunk({ content: "lo" }),
    chunk({}, "stop"),
  ];
  if (asked) {
    chunks.push({ ...head, object: "chat.completion.chunk", choices: [], usage: CHAT_USAGE });
  }
  events(response, chunks, body["model"], "data: [DONE]\n\n");
}

function openaiResponse(body: Json, response: ServerResponse): void {
  const part = { type: "output_text", text: "Hello", annotations: [] };
  const item = { id: "msg_1", type: "message", role: "assistant", status: "completed" };
  const whole = {
    id: "resp_1",
    object: "response",
    created_at: 1763800000,
    status: "completed",
    model: "gpt-4o-2024-08-06",
    service_tier: "default",
    output: [{ ...item, content: [part] }],
    usage: {
      input_tokens: 1000,
      input_tokens_details: { cached_tokens: 0 },
      output_tokens: 500,
      output_tokens_details: { reasoning_tokens: 0 },
      total_tokens: 1500,
    },
  };
  if (body["model"] === "failing") {
    const error = { code: "server_error", message: "something broke" };
    return json(response, { ...whole, status: "failed", error, output: [] });
  }
  if (body["background"] && !body["stream"]) {
    return json(response, { ...whole, status: "queued", output: [], usage: null });
  }
  if (!body["stream"]) return json(response, whole);
  const begun = { ...whole, status: "in_progress", output: [], usage: null };
  const at = { output_index: 0, content_index: 0, item_id: "msg_1" };
  events(
    response,
    [
      { type: "response.created", sequence_number: 0, response: begun },
      { type: "response.output_item.added", output_index: 0, item: { ...item, content: [] } },
      { type: "response.content_part.added", ...at, part: { ...part, text: "" } },
      { type: "response.output_text.delta", ...at, delta: "Hello" },
      { type: "response.output_text.done", ...at, text: "Hello" },
      { type: "response.completed", sequence_number: 5, response: whole },
    ],
    body["model"],
  );
}

function message(body: Json, response: ServerResponse): void {
  const usage = {
    input_tokens: 100,
    cache_creation_input_tokens: 200,
    cache_read_input_tokens: 1000,
    output_tokens: 50,
    service_tier: "standard",
  };
  const head = {
    id: "msg_1",
    type: "message",
    role: "assistant",
    model: "claude-sonnet-4-5-20250929",
  };
  const block = { type: "text", text: "Hello" };
  if (!body["stream"]) {
    const end = { stop_reason: "end_turn", stop_sequence: null };
    return json(response, { ...head, ...end, content: [block], usage });
  }
  const begun = { ...head, content: [], stop_reason: null, usage: { ...usage, output_tokens: 1 } };
  events(
    response,
    [
      { type: "message_start", message: begun },
      { type: "content_block_start", index: 0, content_block: { ...block, text: "" } },
      { type: "content_block_delta", index: 0, delta: { type: "text_delta", text: "Hello" } },
      { type: "content_block_stop", index: 0 },
      {
        type: "message_delta",
        delta: { stop_reason: "end_turn", stop_sequence: null },
        usage: { output_tokens: 50 },
      },
      { type: "message_stop" },
    ],
    body["model"],
  );
}

const GOOGLE_CHUNKS = [
  {
    candidates: [{ content: { role: "model", parts: [{ text: "Hel" }] }, index: 0 }],
    usageMetadata: { promptTokenCount: 1000, totalTokenCount: 1000 },
    modelVersion: "gemini-2.5-flash",
    responseId: "g-1",
  },
  {
    candidates: [
      { content: { role: "model", parts: [{ text: "lo" }] }, finishReason: "STOP", index: 0 },
    ],
    usageMetadata: {
      promptTokenCount: 1000,
      candidatesTokenCount: 60,
      thoughtsTokenCount: 200,
      totalTokenCount: 1260,
    },
    modelVersion: "gemini-2.5-flash",
    responseId: "g-1",
  },
];

/** It asks for a tool first, and answers when it has its result. */
const GOOGLE_ASKING = {
  ...GOOGLE_CHUNKS.at(-1),
  candidates: [
    { content: { role: "model", parts: [{ functionCall: { name: "clock", args: {} } }] } },
  ],
  usageMetadata: { promptTokenCount: 500, candidatesTokenCount: 20, totalTokenCount: 520 },
};

const WHOLE: Readonly<Record<string, Json>> = {
  "v1/embeddings": {
    object: "list",
    data: [{ object: "embedding", index: 0, embedding: [0.25, -0.5] }],
    model: "text-embedding-3-small",
    usage: { prompt_tokens: 1000, total_tokens: 1000 },
  },
  "responses/compact": {
    id: "resp_2",
    object: "response.compaction",
    created_at: 1763800000,
    output: [{ id: "cmp_1", type: "compaction", encrypted_content: "AAAA" }],
    usage: {
      input_tokens: 100_000,
      input_tokens_details: { cached_tokens: 0 },
      output_tokens: 400,
      output_tokens_details: { reasoning_tokens: 0 },
      total_tokens: 100_400,
    },
  },
  "audio/transcriptions": {
    text: "Hello",
    usage: {
      type: "tokens",
      input_tokens: 14,
      input_token_details: { text_tokens: 0, audio_tokens: 14 },
      output_tokens: 5,
      total_tokens: 19,
    },
  },
  "images/generations": {
    created: 1763800000,
    data: [{ b64_json: "AAAA" }],
    usage: {
      input_tokens: 50,
      input_tokens_details: { text_tokens: 10, image_tokens: 40 },
      output_tokens: 4160,
      total_tokens: 4210,
    },
  },
};
