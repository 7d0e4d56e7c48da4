/** What is read from the responses of providers, in the shapes that they document. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { joinedFacts, readResponse, type ResponseFacts } from "../src/responses/index.js";

/** What the chunks or events of one stream say together. */
function readAll(chunks: readonly unknown[]): ResponseFacts | undefined {
  const facts = chunks.map((chunk) => readResponse(chunk)).filter((each) => each !== undefined);
  return facts.length > 0 ? facts.reduce(joinedFacts) : undefined;
}

/** The counts of a response without what is kept of it as it came. */
function counts(response: unknown) {
  const { rawUsage: _, ...read } = readResponse(response)?.usage ?? {};
  return read;
}

describe("chat completions", () => {
  const usage = {
    prompt_tokens: 1000,
    completion_tokens: 500,
    total_tokens: 1500,
    prompt_tokens_details: { cached_tokens: 600, cache_write_tokens: 100, audio_tokens: 50 },
    completion_tokens_details: { reasoning_tokens: 300, audio_tokens: 20 },
  };
  const body = {
    id: "chatcmpl-1",
    object: "chat.completion",
    model: "gpt-4o-2024-08-06",
    service_tier: "flex",
    choices: [{ index: 0, finish_reason: "stop", message: { role: "assistant", content: "Hi" } }],
    usage,
  };

  test("of OpenAI", () => {
    assert.deepEqual(readResponse(body), {
      responseModel: "gpt-4o-2024-08-06",
      responseId: "chatcmpl-1",
      operation: "chat",
      usage: {
        inputTokens: 1000,
        outputTokens: 500,
        cacheReadTokens: 600,
        cacheWriteTokens: 100,
        outputReasoningTokens: 300,
        inputAudioTokens: 50,
        outputAudioTokens: 20,
        tokenConvention: "INCLUSIVE",
        rawUsage: usage,
      },
      priceContext: { service_tier: "flex" },
      responseMetadata: { finish_reasons: ["stop"] },
    });
  });

  test("in chunks, the last of which has the usage", () => {
    const chunk = { id: "chatcmpl-1", object: "chat.completion.chunk", model: "gpt-4o" };
    const chunks = [
      { ...chunk, choices: [{ delta: { content: "Hi" }, finish_reason: null }], usage: null },
      { ...chunk, choices: [{ delta: {}, finish_reason: "stop" }], usage: null },
      { ...chunk, choices: [], usage: { prompt_tokens: 7, completion_tokens: 2 } },
    ];
    assert.equal(readAll(chunks.slice(0, 2))?.usage, undefined);
    const facts = readAll(chunks);
    assert.equal(facts?.usage?.inputTokens, 7);
    assert.deepEqual(facts?.responseMetadata, { finish_reasons: ["stop"] });
  });

  test("of xAI, whose total says that reasoning is counted beside", () => {
    const grok = {
      prompt_tokens: 32,
      completion_tokens: 9,
      total_tokens: 135,
      completion_tokens_details: { reasoning_tokens: 94 },
      cost_in_usd_ticks: 12_345_678n,
    };
    const facts = readResponse({ ...body, model: "grok-4", usage: grok });
    assert.equal(facts?.usage?.tokenConvention, "REASONING_EXCLUSIVE");
    assert.equal(facts?.reportedCost, "0.0012345678");
  });

  test("of DeepSeek, Groq, OpenRouter and Perplexity", () => {
    const deepseek = { prompt_tokens: 10, completion_tokens: 1, prompt_cache_hit_tokens: 8 };
    assert.equal(counts({ ...body, usage: deepseek }).cacheReadTokens, 8);
    const groq = {
      ...body,
      usage: undefined,
      choices: [],
      x_groq: { usage: { prompt_tokens: 3 } },
    };
    assert.equal(readResponse(groq)?.provider, "groq");
    assert.equal(counts(groq).inputTokens, 3);
    const routed = readResponse({ ...body, provider: "Azure", usage: { ...usage, cost: 1.5e-7 } });
    assert.equal(routed?.provider, "openrouter");
    assert.equal(routed?.reportedCost, "0.00000015");
    const sonar = {
      prompt_tokens: 14,
      completion_tokens: 300,
      total_tokens: 314,
      search_context_size: "low",
      citation_tokens: 20,
      num_search_queries: 3,
      reasoning_tokens: 95,
      cost: { total_cost: 0.006 },
    };
    const perplexity = readResponse({ ...body, model: "sonar-deep-research", usage: sonar });
    assert.equal(perplexity?.usage?.tokenConvention, "REASONING_EXCLUSIVE");
    assert.deepEqual(perplexity?.usage?.otherMeters, { output_citation_tokens: "20" });
    assert.equal(perplexity?.usage?.webSearches, 3);
    assert.equal(perplexity?.reportedCost, "0.006");
  });

  test("of the Mistral SDK, in its spelling", () => {
    const whole = {
      id: "m-1",
      object: "chat.completion",
      model: "mistral-small-latest",
      choices: [{ finishReason: "stop" }],
      usage: { promptTokens: 12, completionTokens: 4, promptAudioSeconds: 3 },
    };
    const read = { inputTokens: 12, outputTokens: 4, otherMeters: { input_audio_seconds: "3" } };
    assert.deepEqual(counts(whole), { ...read, tokenConvention: "INCLUSIVE" });
    assert.equal(readResponse({ data: whole })?.responseId, "m-1");
  });

  test("a count that is not exact is unknown", () => {
    const odd = { prompt_tokens: 1.5, completion_tokens: -1, total_tokens: Number.MAX_VALUE };
    assert.deepEqual(counts({ ...body, usage: odd }), { tokenConvention: "INCLUSIVE" });
  });
});

describe("OpenAI's other APIs", () => {
  const response = {
    id: "resp_1",
    object: "response",
    status: "completed",
    model: "gpt-5-2025-08-07",
    service_tier: "default",
    output: [
      { type: "web_search_call", status: "completed", action: { type: "search", query: "q" } },
      { type: "web_search_call", status: "completed", action: { type: "open_page" } },
      { type: "file_search_call", status: "completed" },
      { type: "message", content: [] },
    ],
    usage: {
      input_tokens: 200,
      input_tokens_details: { cached_tokens: 128 },
      output_tokens: 90,
      output_tokens_details: { reasoning_tokens: 64 },
      total_tokens: 290,
    },
  };
  const read = {
    inputTokens: 200,
    outputTokens: 90,
    cacheReadTokens: 128,
    outputReasoningTokens: 64,
    webSearches: 1,
    otherMeters: { storage_searches: "1" },
    tokenConvention: "INCLUSIVE",
  };

  test("responses", () => {
    assert.deepEqual(counts(response), read);
    const event = { type: "response.completed", sequence_number: 9, response };
    assert.deepEqual(counts(event), read);
    assert.equal(readResponse({ type: "response.output_text.delta", delta: "a" }), undefined);
  });

  test("embeddings", () => {
    const usage = { prompt_tokens: 8, total_tokens: 8 };
    const data = [{ object: "embedding", index: 0, embedding: [0.1] }];
    const facts = readResponse({ object: "list", data, model: "text-embedding-3-small", usage });
    assert.equal(facts?.operation, "embeddings");
    assert.equal(facts?.usage?.inputTokens, 8);
  });

  test("transcriptions, by tokens and by time", () => {
    const tokens = {
      type: "tokens",
      input_tokens: 14,
      input_token_details: { text_tokens: 4, audio_tokens: 10 },
      output_tokens: 45,
      total_tokens: 59,
    };
    assert.equal(counts({ text: "Hello", usage: tokens }).inputAudioTokens, 10);
    const seconds = { input_audio_seconds: "9.5" };
    const timed = { text: "Hello", usage: { type: "duration", seconds: 9.5 } };
    assert.deepEqual(counts(timed).otherMeters, seconds);
    assert.deepEqual(counts({ text: "Hello", duration: 9.5 }).otherMeters, seconds);
    assert.equal(
      counts({ type: "transcript.text.done", text: "", usage: tokens }).outputTokens,
      45,
    );
  });

  test("images", () => {
    const usage = {
      input_tokens: 50,
      input_tokens_details: { text_tokens: 10, image_tokens: 40 },
      output_tokens: 4160,
      output_tokens_details: { image_tokens: 4160, text_tokens: 0 },
      total_tokens: 4210,
    };
    assert.deepEqual(counts({ created: 1, data: [{ b64_json: "" }], usage }), {
      inputTokens: 50,
      outputTokens: 4160,
      inputImageTokens: 40,
      outputImageTokens: 4160,
      tokenConvention: "INCLUSIVE",
    });
  });
});

describe("Anthropic", () => {
  const usage = {
    input_tokens: 100,
    cache_creation_input_tokens: 300,
    cache_read_input_tokens: 2000,
    cache_creation: { ephemeral_5m_input_tokens: 100, ephemeral_1h_input_tokens: 200 },
    output_tokens: 50,
    server_tool_use: { web_search_requests: 2, web_fetch_requests: 0 },
    service_tier: "batch",
  };
  const message = { id: "msg_1", type: "message", model: "claude-sonnet-4-5", usage };

  test("messages", () => {
    const facts = readResponse({ ...message, stop_reason: "end_turn" });
    assert.deepEqual(facts?.usage, {
      inputTokens: 100,
      outputTokens: 50,
      cacheReadTokens: 2000,
      cacheWriteTokens: 300,
      cacheWrite1hTokens: 200,
      webSearches: 2,
      tokenConvention: "EXCLUSIVE",
      rawUsage: usage,
    });
    assert.equal(facts.provider, "anthropic");
    assert.deepEqual(facts.priceContext, { processing: "batch" });
    assert.deepEqual(facts.responseMetadata, { finish_reasons: ["end_turn"] });
  });

  test("events: the counts at the end take the place of those at the start", () => {
    const facts = readAll([
      { type: "message_start", message: { ...message, usage: { ...usage, output_tokens: 1 } } },
      { type: "content_block_delta", delta: { type: "text_delta", text: "Hi" } },
      { type: "message_delta", delta: { stop_reason: "end_turn" }, usage: { output_tokens: 77 } },
      { type: "message_stop" },
    ]);
    assert.equal(facts?.usage?.inputTokens, 100);
    assert.equal(facts?.usage?.outputTokens, 77);
    assert.equal(facts?.usage?.cacheReadTokens, 2000);
    assert.equal(facts?.usage?.rawUsage?.["output_tokens"], 77);
    assert.equal(facts?.responseModel, "claude-sonnet-4-5");
  });
});

test("Google counts thoughts and tools beside, and parts by modality", () => {
  const facts = readResponse({
    candidates: [
      {
        content: { parts: [{ text: "Hi" }] },
        finishReason: "STOP",
        groundingMetadata: { webSearchQueries: ["a", "b"] },
      },
    ],
    modelVersion: "gemini-2.5-flash",
    responseId: "r-1",
    usageMetadata: {
      promptTokenCount: 1000,
      cachedContentTokenCount: 400,
      candidatesTokenCount: 60,
      thoughtsTokenCount: 200,
      toolUsePromptTokenCount: 30,
      totalTokenCount: 1290,
      promptTokensDetails: [
        { modality: "TEXT", tokenCount: 700 },
        { modality: "AUDIO", tokenCount: 200 },
        { modality: "VIDEO", tokenCount: 100 },
      ],
      cacheTokensDetails: [{ modality: "AUDIO", tokenCount: 50 }],
      trafficType: "ON_DEMAND_FLEX",
    },
  });
  const { rawUsage: _, ...usage } = facts?.usage ?? {};
  assert.deepEqual(usage, {
    inputTokens: 1000,
    outputTokens: 60,
    cacheReadTokens: 400,
    outputReasoningTokens: 200,
    inputAudioTokens: 200n,
    cacheAudioReadTokens: 50n,
    webSearches: 2,
    otherMeters: { input_tool_tokens: "30", input_video_tokens: "100" },
    tokenConvention: "REASONING_EXCLUSIVE",
  });
  assert.deepEqual(facts?.priceContext, { service_tier: "flex" });
});

test("Cohere: what is billed counts", () => {
  const usage = {
    billed_units: { input_tokens: 5, output_tokens: 418 },
    tokens: { input_tokens: 71, output_tokens: 418 },
  };
  const read = { inputTokens: 5, outputTokens: 418, tokenConvention: "INCLUSIVE" };
  assert.deepEqual(counts({ id: "c-1", finish_reason: "COMPLETE", message: {}, usage }), read);
  const end = { type: "message-end", delta: { finish_reason: "COMPLETE", usage } };
  assert.deepEqual(counts(end), read);
  assert.equal(readResponse(end)?.operation, "chat");
  const results = [{ index: 0, relevanceScore: 0.9 }];
  const ranked = readResponse({ id: "r-1", results, meta: { billedUnits: { searchUnits: 1 } } });
  assert.equal(ranked?.operation, "rerank");
  assert.deepEqual(ranked?.usage?.otherMeters, { rerank_searches: "1" });
});

test("Bedrock Converse", () => {
  const usage = {
    inputTokens: 30,
    outputTokens: 12,
    totalTokens: 1342,
    cacheReadInputTokens: 1000,
    cacheWriteInputTokens: 300,
    cacheDetails: [{ ttl: "1h", inputTokens: 250 }],
  };
  const read = {
    inputTokens: 30,
    outputTokens: 12,
    cacheReadTokens: 1000,
    cacheWriteTokens: 300,
    cacheWrite1hTokens: 250n,
    tokenConvention: "EXCLUSIVE",
  };
  const metrics = { latencyMs: 551 };
  const whole = {
    output: { message: { role: "assistant" } },
    stopReason: "end_turn",
    usage,
    metrics,
  };
  assert.deepEqual(counts(whole), read);
  const facts = readAll([
    { contentBlockDelta: { delta: { text: "Hi" } } },
    { messageStop: { stopReason: "end_turn" } },
    { metadata: { usage, metrics } },
  ]);
  assert.deepEqual(facts?.responseMetadata, { finish_reasons: ["end_turn"] });
  assert.equal(facts?.usage?.cacheReadTokens, 1000);
});

test("the Vercel AI SDK: models, results, embeddings", () => {
  const read = {
    inputTokens: 20,
    outputTokens: 9,
    cacheReadTokens: 16,
    outputReasoningTokens: 5,
    tokenConvention: "INCLUSIVE",
  };
  const usage = {
    inputTokens: { total: 20, noCache: 4, cacheRead: 16, cacheWrite: undefined },
    outputTokens: { total: 9, text: 4, reasoning: 5 },
  };
  const finishReason = { unified: "stop", raw: "stop" };
  assert.deepEqual(counts({ content: [], finishReason, usage }), read);
  assert.deepEqual(counts({ type: "finish", finishReason, usage }), read);
  const result = {
    text: "Hi",
    finishReason: "stop",
    usage: { inputTokens: 1, outputTokens: 1 },
    totalUsage: {
      inputTokens: 20,
      inputTokenDetails: { cacheReadTokens: 16 },
      outputTokens: 9,
      outputTokenDetails: { reasoningTokens: 5 },
    },
    response: { id: "r-1", modelId: "gpt-4o-2024-08-06" },
  };
  assert.deepEqual(counts(result), read);
  assert.equal(readResponse(result)?.responseModel, "gpt-4o-2024-08-06");
  assert.equal(counts({ embeddings: [[0.1]], usage: { tokens: 8 } }).inputTokens, 8);
});

describe("what is not known", () => {
  for (const odd of [undefined, null, "text", 7, [], {}, { usage: {} }, { data: {} }, new Date()]) {
    test(`tells nothing: ${JSON.stringify(odd)}`, () => {
      assert.equal(readResponse(odd), undefined);
    });
  }

  test("a foreign object that throws does not throw here", () => {
    const trap = Object.defineProperty({}, "choices", {
      get: () => {
        throw new Error("no");
      },
    });
    assert.equal(readResponse(trap), undefined);
  });

  test("usage that is longer than the service keeps is not kept as it came", () => {
    const usage = { prompt_tokens: 1, notes: "a".repeat(9000) };
    const facts = readResponse({ object: "chat.completion", choices: [], usage });
    assert.deepEqual(facts?.usage, { inputTokens: 1, tokenConvention: "INCLUSIVE" });
  });
});
