/** Calls of an instrumented client of the `@mistralai/mistralai` package. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { Mistral } from "@mistralai/mistralai";
import { flush, instrument, track } from "aiusage";
import { z } from "zod";

import { asEvents, asJson, silence, startAnswering } from "./answering.js";
import { newUser, testClient, usd } from "./fixtures.js";
import { recorded } from "./recorded.js";

const provider = await startAnswering();
const original = new Mistral({ apiKey: "key", serverURL: provider.url });
const mistral = instrument(original, { userId: "user-1" });
const model = "mistral-large-latest";
const question = { model, messages: [{ role: "user" as const, content: "Hi" }] };

const usage = { prompt_tokens: 1000, completion_tokens: 500, total_tokens: 1500 };
const head = { model, created: 1763800000 };
const message = { role: "assistant", content: '{"hour": 12}' };
const whole = {
  ...head,
  id: "mis-1",
  object: "chat.completion",
  choices: [{ index: 0, finish_reason: "stop", message }],
  usage,
};

function chunk(content: string, finish_reason: string | null = null) {
  const choices = [{ index: 0, delta: { content }, finish_reason }];
  return { ...head, id: "mis-2", object: "chat.completion.chunk", choices };
}

const chunks = [chunk("H"), { ...chunk("i", "stop"), usage }];

test("what reaches the service costs what it should", async () => {
  const userId = newUser();
  provider.answer(asJson(whole));
  const client = instrument(original, { userId });
  await client.chat.complete({ ...question, model: "mistral-large-2512" });
  assert.ok(await flush());
  const { totals } = await testClient().getUserCost(userId);
  // 1,000 at 0.5 and 500 at 1.5.
  assert.deepEqual(totals.cost, usd("0.00125"));
});

test("calls of every kind are recorded with all that they tell", async () => {
  const embedding = { ...head, id: "mis-3", object: "list", data: [] };
  const told = { prompt_tokens: 3, total_tokens: 3 };
  const page = { index: 0, markdown: "Hi", images: [], dimensions: null };
  const read = { model: "mistral-ocr-latest", pages: [page], usage_info: { pages_processed: 1 } };
  provider.answer(
    ...[whole, whole].map((body) => asJson(body)),
    asJson({ ...embedding, usage: told }),
    asJson(read),
  );
  const records = await recorded(async () => {
    assert.equal((await mistral.chat.complete(question)).id, "mis-1");
    await mistral.agents.complete({ agentId: "ag-1", messages: question.messages });
    await mistral.embeddings.create({ model: "mistral-embed", inputs: ["Hi"] });
    const document = { type: "document_url" as const, documentUrl: "https://example.com/a.pdf" };
    await mistral.ocr.process({ model: "mistral-ocr-latest", document });
  });
  assert.deepEqual(
    records.map(({ operation, model, usage }) => [operation, model, usage?.inputTokens]),
    [
      ["chat", model, 1000n],
      ["chat", "ag-1", 1000n],
      ["embeddings", "mistral-embed", 3n],
      ["ocr", "mistral-ocr-latest", undefined],
    ],
  );
  assert.ok(records.every(({ provider }) => provider === "mistral"));
  assert.deepEqual(records[3]?.usage?.otherMeters, { input_document_pages: "1" });
});

test("structured answers are recorded, whole and streamed", async () => {
  const responseFormat = z.object({ hour: z.number() });
  provider.answer(asJson(whole), asEvents(chunks));
  const records = await recorded(async () => {
    const answer = await mistral.chat.parse({ ...question, responseFormat });
    assert.deepEqual(answer.choices?.[0]?.message?.parsed, { hour: 12 });
    for await (const _ of await mistral.chat.parseStream({ ...question, responseFormat }));
  });
  assert.deepEqual(
    records.map(({ usage }) => usage?.outputTokens),
    [500n, 500n],
  );
});

test("a stream is recorded when it has been read, left or aborted", async () => {
  const records = await recorded(async () => {
    provider.answer(asEvents(chunks));
    let text = "";
    for await (const { data } of await mistral.chat.stream(question)) {
      text += data.choices[0]?.delta.content;
    }
    assert.equal(text, "Hi");
    provider.answer(asEvents(chunks.slice(0, 1), false));
    for await (const _ of await mistral.chat.stream(question)) break;
    const aborting = new AbortController();
    const options = { fetchOptions: { signal: aborting.signal } };
    const aborted = await mistral.chat.stream(question, options);
    await assert.rejects(async () => {
      for await (const _ of aborted) aborting.abort();
    });
  });
  const [read] = records;
  assert.equal(read?.responseId, "mis-2");
  assert.equal(read?.usage?.inputTokens, 1000n);
  assert.ok((read?.timeToFirstTokenMs ?? 0) > 0);
  assert.deepEqual(
    records.map(({ status }) => status),
    [undefined, "cancelled", "cancelled"],
  );
});

test("a failed call is recorded as what it was", async () => {
  const records = await recorded(async () => {
    provider.answer(asJson({ message: "slow down" }, 429));
    await assert.rejects(mistral.chat.complete(question));
    provider.answer(silence);
    await assert.rejects(mistral.chat.complete(question, { timeoutMs: 50 }));
    const fetchOptions = { signal: AbortSignal.abort() };
    await assert.rejects(mistral.chat.complete(question, { fetchOptions }));
  });
  assert.deepEqual(
    records.map(({ status }) => status),
    ["rate_limited", "timeout", "cancelled"],
  );
});

test("inside of track, a call is counted once", async () => {
  provider.answer(asJson(whole));
  const records = await recorded(() =>
    track({ feature: "search" }, () => mistral.chat.complete(question)),
  );
  assert.equal(records.length, 1);
  assert.equal(records[0]?.feature, "search");
  assert.equal(records[0]?.model, model);
});

test("the client is of the same class, and the one that was given stays as it was", async () => {
  assert.ok(mistral instanceof Mistral);
  assert.equal(mistral.chat, mistral.chat);
  provider.answer(asJson(whole));
  assert.deepEqual(await recorded(() => original.chat.complete(question)), []);
});
