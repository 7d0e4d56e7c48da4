/** Calls of an instrumented client of the `@anthropic-ai/sdk` package. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";

import Anthropic from "@anthropic-ai/sdk";
import { flush, instrument } from "aiusage";

import { newUser, testClient, usd } from "./fixtures.js";
import { startProvider } from "./provider.js";
import { recorded } from "./recorded.js";

const provider = await startProvider();
const original = new Anthropic({ baseURL: provider.url, apiKey: "key", maxRetries: 0 });
const anthropic = instrument(original, { userId: "user-1" });
const messages = [{ role: "user" as const, content: "Hi" }];
const question = { model: "claude-sonnet-4-5", max_tokens: 100, messages };
const streamed = { ...question, stream: true as const };

async function read(stream: AsyncIterable<Anthropic.MessageStreamEvent>): Promise<string> {
  let text = "";
  for await (const event of stream) {
    if (event.type === "content_block_delta" && event.delta.type === "text_delta") {
      text += event.delta.text;
    }
  }
  return text;
}

test("what reaches the service costs what it should: caches are counted beside", async () => {
  const userId = newUser();
  const client = instrument(original, { userId });
  await client.messages.create(question);
  await read(await client.messages.create(streamed));
  assert.ok(await flush());
  const { totals } = await testClient().getUserCost(userId);
  // Twice 100 at 3, 200 written at 3.75, 1,000 read at 0.3 and 50 at 15.
  assert.deepEqual(totals.cost, usd("0.0042"));
  assert.equal(totals.inputTokens, 2600n);
});

test("a message is recorded with all that it tells", async () => {
  const [record] = await recorded(async () => {
    const promise = anthropic.messages.create(question);
    const { data, request_id } = await promise.withResponse();
    assert.equal(data.id, "msg_1");
    assert.equal(request_id, "req_1");
  });
  assert.equal(record?.provider, "anthropic");
  assert.equal(record?.model, "claude-sonnet-4-5");
  assert.equal(record?.responseModel, "claude-sonnet-4-5-20250929");
  assert.equal(record?.usage?.tokenConvention, "EXCLUSIVE");
  assert.equal(record?.usage?.cacheReadTokens, 1000n);
  assert.deepEqual(record?.priceContext, { service_tier: "standard" });
});

describe("a stream", () => {
  test("of create tells its usage in its first and last events", async () => {
    const [record] = await recorded(async () => {
      const stream = await anthropic.messages.create(streamed);
      assert.equal(await read(stream), "Hello");
    });
    assert.equal(record?.usage?.inputTokens, 100n);
    assert.equal(record?.usage?.outputTokens, 50n);
    assert.ok((record?.timeToFirstTokenMs ?? 0) > 0);
  });

  test("of messages.stream() keeps its events and its final message", async () => {
    const records = await recorded(async () => {
      const texts: string[] = [];
      const stream = anthropic.messages.stream(question).on("text", (text) => texts.push(text));
      const message = await stream.finalMessage();
      assert.deepEqual(texts, ["Hello"]);
      assert.equal(message.usage.output_tokens, 50);
      assert.equal(await read(anthropic.messages.stream(question)), "Hello");
      assert.equal(await anthropic.beta.messages.stream(question).finalText(), "Hello");
    });
    assert.deepEqual(
      records.map(({ usage }) => usage?.outputTokens),
      [50n, 50n, 50n],
    );
  });

  test("that is aborted or left is recorded as cancelled, with the input that was told", async () => {
    const endless = { ...question, model: "endless" };
    const records = await recorded(async () => {
      const aborted = anthropic.messages.stream(endless);
      aborted.on("streamEvent", () => aborted.abort());
      await assert.rejects(aborted.finalMessage(), Anthropic.APIUserAbortError);
      const left = await anthropic.messages.create({ ...endless, stream: true });
      for await (const _ of left) break;
    });
    assert.deepEqual(
      records.map(({ status, usage }) => [status, usage?.inputTokens, usage?.outputTokens]),
      [
        ["cancelled", 100n, undefined],
        ["cancelled", 100n, undefined],
      ],
    );
    assert.equal(records[0]?.responseMetadata?.["usage_reported"], false);
  });
});

test("helpers make calls that are recorded", async () => {
  const records = await recorded(async () => {
    await anthropic.messages.parse(question);
    const message = await anthropic.beta.messages.toolRunner({ ...question, tools: [] });
    assert.equal(message.id, "msg_1");
  });
  assert.deepEqual(
    records.map(({ usage }) => usage?.inputTokens),
    [100n, 100n],
  );
});

test("a failed call is recorded as what it was", async () => {
  const [record] = await recorded(async () => {
    const limited = anthropic.messages.create({ ...question, model: "limited" });
    await assert.rejects(limited, Anthropic.RateLimitError);
  });
  assert.equal(record?.status, "rate_limited");
});
