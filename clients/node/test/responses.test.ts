/** Reading responses where Node differs from the cases that all clients share. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { readResponse, ResponseReader } from "aiusage";

/** The counts of a response without the usage as it came. */
function counts(response: unknown) {
  const { rawUsage: _, ...read } = readResponse(response)?.usage ?? {};
  return read;
}

describe("the spelling of SDKs", () => {
  test("Mistral's, whose stream has its chunks in events", () => {
    const usage = { promptTokens: 12, completionTokens: 4, totalTokens: 16 };
    const whole = {
      id: "m-1",
      object: "chat.completion",
      choices: [{ finishReason: "stop" }],
      usage,
    };
    const read = { inputTokens: 12, outputTokens: 4, tokenConvention: "INCLUSIVE" };
    assert.deepEqual(counts(whole), read);
    assert.deepEqual(readResponse(whole)?.responseMetadata, { finish_reasons: ["stop"] });
    assert.deepEqual(counts({ data: { ...whole, object: "chat.completion.chunk" } }), read);
  });

  test("Cohere's", () => {
    const usage = { billedUnits: { inputTokens: 5, outputTokens: 418 } };
    const read = { inputTokens: 5, outputTokens: 418, tokenConvention: "INCLUSIVE" };
    assert.deepEqual(counts({ id: "c-1", finishReason: "COMPLETE", message: {}, usage }), read);
    const delta = { finishReason: "COMPLETE", usage };
    assert.deepEqual(counts({ type: "message-end", delta }), read);
  });
});

describe("the Vercel AI SDK", () => {
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
  const finishReason = { unified: "stop", raw: "end" };

  test("what a model answers, whole and in parts", () => {
    assert.deepEqual(counts({ content: [], finishReason, usage }), read);
    const reader = new ResponseReader();
    assert.equal(reader.add({ type: "stream-start", warnings: [] }), false);
    assert.equal(reader.add({ type: "response-metadata", id: "r-1", modelId: "gpt-4o" }), false);
    assert.equal(reader.add({ type: "text-delta", id: "1", delta: "Hi" }), true);
    assert.equal(reader.facts()?.usage, undefined);
    reader.add({ type: "finish", finishReason, usage });
    const facts = reader.facts();
    assert.equal(facts?.responseModel, "gpt-4o");
    assert.equal(facts?.usage?.cacheReadTokens, 16);
    assert.deepEqual(facts?.responseMetadata, { finish_reasons: ["stop"] });
  });

  test("what generateText returns: the sum of all steps", () => {
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
  });

  test("embeddings", () => {
    assert.equal(counts({ embeddings: [[0.1]], usage: { tokens: 8 } }).inputTokens, 8);
  });

  test("a streamed result is left alone: asked for its usage, it would begin to read itself", () => {
    const result = {
      fullStream: {},
      get usage(): never {
        throw new Error("asked");
      },
    };
    assert.equal(readResponse(result), undefined);
  });
});

describe("what is no response tells nothing", () => {
  for (const odd of [undefined, null, "text", 7, [], {}, { usage: {} }, { data: {} }, new Date()]) {
    test(`${JSON.stringify(odd)}`, () => assert.equal(readResponse(odd), undefined));
  }

  test("an object that throws when it is looked into", () => {
    const trap = {
      get choices(): never {
        throw new Error("no");
      },
    };
    assert.equal(readResponse(trap), undefined);
  });
});

test("counts are exact whole numbers or unknown", () => {
  const usage = { prompt_tokens: 12n, completion_tokens: 1.5, total_tokens: Number.MAX_VALUE };
  const body = { object: "chat.completion", choices: [], usage };
  assert.deepEqual(counts(body), { inputTokens: 12, tokenConvention: "INCLUSIVE" });
});

test("a very small cost is written without an exponent", () => {
  const usage = { prompt_tokens: 1, cost: 1.5e-7 };
  const body = { object: "chat.completion", provider: "Azure", choices: [], usage };
  assert.equal(readResponse(body)?.reportedCost, "0.00000015");
});

test("of a usage that is longer than the service keeps, its numbers stay", () => {
  const usage = { prompt_tokens: 1, notes: "a".repeat(9000) };
  const facts = readResponse({ object: "chat.completion", choices: [], usage });
  assert.deepEqual(facts?.usage?.rawUsage, { prompt_tokens: 1 });
});
