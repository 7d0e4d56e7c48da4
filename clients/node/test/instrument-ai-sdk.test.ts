/** Models of the Vercel AI SDK with our middleware. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { createOpenAI } from "@ai-sdk/openai";
import { aiusageMiddleware, flush, track, withContext } from "aiusage";
import {
  APICallError,
  embed,
  generateText,
  stepCountIs,
  streamText,
  tool,
  wrapEmbeddingModel,
  wrapLanguageModel,
} from "ai";
import { z } from "zod";

import { newUser, testClient, usd } from "./fixtures.js";
import { startProvider } from "./provider.js";
import { recorded } from "./recorded.js";

const provider = await startProvider();
const openai = createOpenAI({ baseURL: `${provider.url}/v1`, apiKey: "key" });
const middleware = aiusageMiddleware({ userId: "user-1" });
const chat = (modelId: string, with_ = middleware) =>
  wrapLanguageModel({ model: openai.chat(modelId), middleware: with_ });
const model = chat("gpt-4o");
const prompt = "Hi";

test("what reaches the service costs what it should", async () => {
  const userId = newUser();
  await withContext({ userId, feature: "chat" }, async () => {
    const plain = chat("gpt-4o", aiusageMiddleware());
    await generateText({ model: plain, prompt });
    await streamText({ model: plain, prompt }).text;
  });
  assert.ok(await flush());
  const { totals } = await testClient().getUserCost(userId);
  // Twice 600 tokens at 2.5, 400 cached at 1.25 and 500 at 10.
  assert.deepEqual(totals.cost, usd("0.014"));
  assert.equal(totals.requestCount, 2n);
});

describe("generateText", () => {
  test("is recorded with all that the model tells", async () => {
    const [record, ...others] = await recorded(async () => {
      const { text } = await generateText({ model, prompt });
      assert.equal(text, "Hello");
    });
    assert.equal(others.length, 0);
    assert.equal(record?.userId, "user-1");
    assert.equal(record?.provider, "openai");
    assert.equal(record?.model, "gpt-4o");
    assert.equal(record?.responseModel, "gpt-4o-2024-08-06");
    assert.equal(record?.responseId, "chatcmpl-1");
    assert.equal(record?.usage?.inputTokens, 1000n);
    assert.equal(record?.usage?.cacheReadTokens, 400n);
    assert.equal(record?.usage?.outputReasoningTokens, 100n);
    assert.equal(record?.usage?.rawUsage?.["prompt_tokens"], 1000);
  });

  test("is recorded by OpenAI's Responses API, too, with its tier", async () => {
    const responses = wrapLanguageModel({ model: openai.responses("gpt-4o"), middleware });
    const [record] = await recorded(() => generateText({ model: responses, prompt }));
    assert.equal(record?.usage?.outputTokens, 500n);
    assert.equal(record?.provider, "openai");
    assert.deepEqual(record?.priceContext, { service_tier: "default" });
  });

  test("of several steps is a record for each", async () => {
    const tools = { clock: tool({ inputSchema: z.object({}), execute: () => "noon" }) };
    const calling = chat("calling");
    const records = await recorded(() =>
      generateText({ model: calling, prompt, tools, stopWhen: stepCountIs(2) }),
    );
    assert.deepEqual(
      records.map(({ responseMetadata }) => responseMetadata?.["finish_reasons"]),
      [["tool-calls"], ["tool-calls"]],
    );
  });

  test("inside of track is counted once", async () => {
    const records = await recorded(() =>
      track({ feature: "search" }, () => generateText({ model, prompt })),
    );
    assert.deepEqual(
      records.map(({ feature, usage }) => [feature, usage?.inputTokens]),
      [["search", 1000n]],
    );
  });

  test("without the middleware is read by track", async () => {
    const records = await recorded(() =>
      track({ userId: "user-1" }, () => generateText({ model: openai.chat("gpt-4o"), prompt })),
    );
    assert.deepEqual(
      records.map(({ usage }) => usage?.cacheReadTokens),
      [400n],
    );
  });

  test("that fails is recorded as what it was", async () => {
    const [record] = await recorded(async () => {
      const call = generateText({ model: chat("limited"), prompt, maxRetries: 0 });
      await assert.rejects(call, APICallError);
    });
    assert.equal(record?.status, "rate_limited");
  });
});

describe("streamText", () => {
  test("is recorded when it has been read", async () => {
    const [record, ...others] = await recorded(async () => {
      const result = streamText({ model, prompt });
      let text = "";
      for await (const part of result.textStream) text += part;
      assert.equal(text, "Hello");
      assert.equal((await result.usage).outputTokens, 500);
    });
    assert.equal(others.length, 0);
    assert.equal(record?.usage?.outputTokens, 500n);
    assert.equal(record?.responseModel, "gpt-4o-2024-08-06");
    assert.ok((record?.timeToFirstTokenMs ?? 0) > 0);
    assert.equal(record?.status, undefined);
  });

  test("that is aborted or breaks is recorded as what it was", async () => {
    const records = await recorded(async () => {
      const aborting = new AbortController();
      const signal = { abortSignal: aborting.signal };
      const aborted = streamText({ model: chat("endless"), prompt, ...signal });
      for await (const part of aborted.fullStream) if (part.type === "text-delta") aborting.abort();
      const onError = () => {};
      await streamText({ model: chat("broken"), prompt, onError }).consumeStream();
    });
    assert.deepEqual(
      records.map(({ status }) => status),
      ["cancelled", "error"],
    );
  });
});

test("embeddings are recorded", async () => {
  const embedding = wrapEmbeddingModel({
    model: openai.embedding("text-embedding-3-small"),
    middleware,
  });
  const [record] = await recorded(async () => {
    const result = await embed({ model: embedding, value: "Hi" });
    assert.deepEqual(result.embedding, [0.25, -0.5]);
  });
  assert.equal(record?.operation, "embeddings");
  assert.equal(record?.model, "text-embedding-3-small");
  assert.equal(record?.usage?.inputTokens, 1000n);
});
