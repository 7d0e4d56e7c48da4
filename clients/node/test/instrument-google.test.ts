/** Calls of an instrumented client of the `@google/genai` package. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { ApiError, GoogleGenAI } from "@google/genai";
import { flush, instrument, track } from "aiusage";

import { newUser, testClient, usd } from "./fixtures.js";
import { startProvider } from "./provider.js";
import { recorded } from "./recorded.js";

const provider = await startProvider();
const original = new GoogleGenAI({ apiKey: "key", httpOptions: { baseUrl: provider.url } });
const google = instrument(original, { userId: "user-1" });
const question = { model: "gemini-2.5-flash", contents: "Hi" };

test("what reaches the service costs what it should: thoughts are counted beside", async () => {
  const userId = newUser();
  const client = instrument(original, { userId });
  await client.models.generateContent(question);
  assert.ok(await flush());
  const { totals } = await testClient().getUserCost(userId);
  // 1,000 at 0.3, and 60 and 200 thoughts at 2.5.
  assert.deepEqual(totals.cost, usd("0.00095"));
  assert.equal(totals.outputReasoningTokens, 200n);
});

test("content is recorded with all that it tells", async () => {
  const [record] = await recorded(async () => {
    const response = await google.models.generateContent(question);
    assert.equal(response.text, "lo");
  });
  assert.equal(record?.provider, "gcp.gemini");
  assert.equal(record?.model, "gemini-2.5-flash");
  assert.equal(record?.operation, "generate_content");
  assert.equal(record?.usage?.tokenConvention, "REASONING_EXCLUSIVE");
});

test("a stream is recorded when it has been read", async () => {
  const records = await recorded(async () => {
    let text = "";
    const stream = await google.models.generateContentStream(question);
    for await (const chunk of stream) text += chunk.text;
    assert.equal(text, "Hello");
    // A generator may be read by hand, too, and left.
    const left = await google.models.generateContentStream(question);
    assert.equal((await left.next()).value?.text, "Hel");
    await left.return(undefined);
  });
  const [read, left] = records;
  assert.equal(records.length, 2);
  assert.equal(read?.usage?.outputTokens, 60n);
  assert.equal(read?.status, undefined);
  assert.ok((read?.timeToFirstTokenMs ?? 0) > 0);
  assert.equal(left?.status, "cancelled");
  assert.equal(left?.usage?.inputTokens, 1000n);
});

test("a chat makes calls that are recorded, within a tracked call as well", async () => {
  const records = await recorded(async () => {
    const chat = google.chats.create({ model: "gemini-2.5-flash" });
    assert.equal((await chat.sendMessage({ message: "Hi" })).text, "lo");
    for await (const _ of await chat.sendMessageStream({ message: "Hi" }));
    await track({ feature: "chat" }, () => chat.sendMessage({ message: "Hi" }));
  });
  assert.deepEqual(
    records.map(({ usage, feature }) => [usage?.outputTokens, feature]),
    [
      [60n, undefined],
      [60n, undefined],
      [60n, "chat"],
    ],
  );
});

test("each request is recorded where the client calls tools by itself", async () => {
  const clock = {
    tool: async () => ({ functionDeclarations: [{ name: "clock" }] }),
    callTool: async () => [{ functionResponse: { name: "clock", response: { hour: 12 } } }],
  };
  // The client adds to what it is given.
  const asking = () => ({ ...question, model: "asking", config: { tools: [clock] } });
  const records = await recorded(async () => {
    assert.equal((await google.models.generateContent(asking())).text, "lo");
    for await (const _ of await google.models.generateContentStream(asking()));
    await track({ userId: "user-2" }, () => google.models.generateContent(asking()));
    assert.equal((await original.models.generateContent(asking())).text, "lo");
  });
  const counts = [20n, 60n];
  assert.deepEqual(
    records.map(({ usage }) => usage?.outputTokens),
    [...counts, ...counts, ...[...counts].reverse()],
  );
  assert.ok(
    records.every(({ model, provider }) => model === "asking" && provider === "gcp.gemini"),
  );
});

test("a failed call is recorded as what it was", async () => {
  const [record] = await recorded(async () => {
    const config = {
      httpOptions: { baseUrl: `${provider.url}/nowhere`, retryOptions: { attempts: 1 } },
    };
    const missing = google.models.embedContent({ ...question, config });
    await assert.rejects(missing, ApiError);
  });
  assert.equal(record?.status, "error");
  assert.equal(record?.operation, "embeddings");
});

test("the client is of the same class", () => {
  assert.ok(google instanceof GoogleGenAI);
  assert.equal(google.models, google.models);
});
