/** Calls of instrumented clients of the `cohere-ai` package. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { flush, instrument, track } from "aiusage";
import { CohereClient, CohereClientV2, CohereError } from "cohere-ai";

import { asEvents, asJson, caseOf, silence, startAnswering } from "./answering.js";
import { newUser, testClient, usd } from "./fixtures.js";
import { recorded } from "./recorded.js";

const provider = await startAnswering();
const original = new CohereClientV2({ token: "key", environment: provider.url });
const cohere = instrument(original, { userId: "user-1" });
const model = "command-a-03-2025";
const messages = [{ role: "user" as const, content: "Hi" }];
const once = { maxRetries: 0 };
const whole = asJson(caseOf("cohere", "billed units count").body);
const { events } = caseOf("cohere", "a stream: the last");

test("what reaches the service costs what it should", async () => {
  const userId = newUser();
  provider.answer(whole);
  await instrument(original, { userId }).chat({ model, messages });
  assert.ok(await flush());
  const { totals } = await testClient().getUserCost(userId);
  // 5 at 2.5 and 418 at 10.
  assert.deepEqual(totals.cost, usd("0.0041925"));
});

test("calls of every kind are recorded with all that they tell", async () => {
  provider.answer(
    whole,
    asEvents(events),
    asJson(caseOf("cohere", "embeddings of texts").body),
    asJson(caseOf("cohere", "reranking").body),
  );
  const records = await recorded(async () => {
    assert.equal((await cohere.chat({ model, messages })).finishReason, "COMPLETE");
    const types: string[] = [];
    for await (const { type } of await cohere.chatStream({ model, messages })) types.push(type);
    assert.equal(types.at(-1), "message-end");
    await cohere.embed({ model: "embed-v4.0", inputType: "search_query", texts: ["hello"] });
    await cohere.rerank({ model: "rerank-v3.5", query: "hello", documents: ["a", "b"] });
  });
  assert.deepEqual(
    records.map(({ operation, usage }) => [operation, usage?.inputTokens, usage?.outputTokens]),
    [
      ["chat", 5n, 418n],
      ["chat", 3n, 9n],
      ["embeddings", 2n, undefined],
      ["rerank", undefined, undefined],
    ],
  );
  assert.ok(records.every(({ provider }) => provider === "cohere"));
  assert.equal(records[0]?.model, model);
  assert.equal(records[1]?.responseId, "chat-3");
  assert.ok((records[1]?.timeToFirstTokenMs ?? 0) > 0);
  assert.deepEqual(records[3]?.usage?.otherMeters, { rerank_searches: "1" });
});

test("the promise of a call is the SDK's own", async () => {
  provider.answer(whole);
  const records = await recorded(async () => {
    const promise = cohere.chat({ model, messages });
    const { data, rawResponse } = await promise.withRawResponse();
    assert.equal(rawResponse.status, 200);
    assert.equal(await promise, data);
  });
  assert.deepEqual(
    records.map(({ responseId }) => responseId),
    ["chat-1"],
  );
});

test("the older client is recorded, and its v2", async () => {
  const client = new CohereClient({ token: "key", environment: provider.url });
  const older = instrument(client, { userId: "user-1" });
  const { billed_units } = caseOf("cohere", "billed units count").body["usage"];
  provider.answer(asJson({ text: "Hello", response_id: "old-1", meta: { billed_units } }), whole);
  const records = await recorded(async () => {
    assert.equal((await older.chat({ message: "Hi" })).text, "Hello");
    await older.v2.chat({ model, messages });
  });
  assert.deepEqual(
    records.map(({ responseId, usage }) => [responseId, usage?.outputTokens]),
    [
      ["old-1", 418n],
      ["chat-1", 418n],
    ],
  );
});

test("a stream that is left, aborted or fails is recorded as what it was", async () => {
  const aborting = new AbortController();
  provider.answer(asEvents(events.slice(0, 3), false));
  const records = await recorded(async () => {
    for await (const _ of await cohere.chatStream({ model, messages })) break;
    const options = { abortSignal: aborting.signal, ...once };
    const aborted = await cohere.chatStream({ model, messages }, options);
    await assert.rejects(async () => {
      for await (const _ of aborted) aborting.abort();
    });
    provider.answer(asJson({ message: "slow down" }, 429));
    await assert.rejects(async () => cohere.chat({ model, messages }, once), CohereError);
    provider.answer(silence);
    const soon = { timeoutInSeconds: 0.05, ...once };
    await assert.rejects(async () => cohere.chat({ model, messages }, soon), /timeout/);
  });
  assert.deepEqual(
    records.map(({ status }) => status),
    ["cancelled", "cancelled", "rate_limited", "timeout"],
  );
});

test("a stream that is left after its last event was read to its end", async () => {
  provider.answer(asEvents(events, false));
  const [record] = await recorded(async () => {
    for await (const { type } of await cohere.chatStream({ model, messages })) {
      if (type === "message-end") break;
    }
  });
  assert.equal(record?.status, undefined);
  assert.equal(record?.usage?.outputTokens, 9n);
});

test("inside of track, a call is counted once", async () => {
  provider.answer(whole);
  const records = await recorded(() =>
    track({ feature: "search" }, () => cohere.chat({ model, messages })),
  );
  assert.equal(records.length, 1);
  assert.equal(records[0]?.feature, "search");
  assert.equal(records[0]?.usage?.outputTokens, 418n);
});

test("the client is of the same class, and the one that was given stays as it was", async () => {
  assert.ok(cohere instanceof CohereClientV2);
  provider.answer(whole);
  assert.deepEqual(await recorded(() => original.chat({ model, messages })), []);
});
