/** Calls of instrumented clients of the `@aws-sdk/client-bedrock-runtime` package. */
import assert from "node:assert/strict";
import { test } from "node:test";

import {
  BedrockRuntime,
  BedrockRuntimeClient,
  ConverseCommand,
  ConverseStreamCommand,
  CountTokensCommand,
  InvokeModelCommand,
  InvokeModelWithResponseStreamCommand,
  ThrottlingException,
} from "@aws-sdk/client-bedrock-runtime";
import { NodeHttpHandler } from "@smithy/node-http-handler";
import { flush, instrument, track } from "aiusage";

import { asAmazonEvents, asJson, caseOf, silence, startAnswering } from "./answering.js";
import { newUser, testClient, usd } from "./fixtures.js";
import { recorded } from "./recorded.js";

const provider = await startAnswering();
const config = {
  region: "us-east-1",
  endpoint: provider.url,
  credentials: { accessKeyId: "key", secretAccessKey: "secret" },
  maxAttempts: 1,
  // The default one speaks HTTP/2 alone.
  requestHandler: new NodeHttpHandler(),
};
const original = new BedrockRuntimeClient(config);
const bedrock = instrument(original, { userId: "user-1" });
const modelId = "anthropic.claude-3-5-haiku-20241022-v1:0";
const question = { modelId, messages: [{ role: "user" as const, content: [{ text: "Hi" }] }] };
const { ResponseMetadata: _, ...conversation } = caseOf("bedrock", "the cache is beside").body;
const whole = asJson(conversation, 200, { "x-amzn-requestid": "8f4c" });
const { events } = caseOf("bedrock", "a stream: the last");

/** Events of a model that is invoked, in the form of its own. */
function invoked(...items: readonly unknown[]) {
  const bytes = items.map((item) => Buffer.from(JSON.stringify(item)).toString("base64"));
  return asAmazonEvents(bytes.map((each) => ({ chunk: { bytes: each } })));
}

test("what reaches the service costs what it should", async () => {
  const userId = newUser();
  provider.answer(asJson({ ...conversation, usage: { inputTokens: 1000, outputTokens: 500 } }));
  await instrument(original, { userId }).send(new ConverseCommand(question));
  assert.ok(await flush());
  const { totals } = await testClient().getUserCost(userId);
  // 1,000 at 0.8 and 500 at 4.
  assert.deepEqual(totals.cost, usd("0.0028"));
});

test("a conversation is recorded with all that it tells", async () => {
  provider.answer(whole);
  const [record, ...others] = await recorded(async () => {
    const answer = await bedrock.send(new ConverseCommand(question));
    assert.equal(answer.output?.message?.content?.[0]?.text, "Hello");
  });
  assert.equal(others.length, 0);
  assert.equal(record?.provider, "aws");
  assert.equal(record?.model, modelId);
  assert.equal(record?.responseId, "8f4c");
  assert.equal(record?.operation, "chat");
  assert.equal(record?.usage?.tokenConvention, "EXCLUSIVE");
  assert.equal(record?.usage?.inputTokens, 100n);
  assert.equal(record?.usage?.cacheWrite1hTokens, 2000n);
});

test("a stream is recorded when it has been read, left or has failed", async () => {
  const command = new ConverseStreamCommand(question);
  const records = await recorded(async () => {
    provider.answer(asAmazonEvents(events));
    const names: string[] = [];
    for await (const event of (await bedrock.send(command)).stream ?? []) {
      names.push(...Object.keys(event));
    }
    assert.deepEqual(names, events.flatMap(Object.keys));
    for await (const _ of (await bedrock.send(command)).stream ?? []) break;
    const throttled = { throttlingException: { message: "slow down" } };
    provider.answer(asAmazonEvents([...events.slice(0, 2), throttled]));
    await assert.rejects(async () => {
      for await (const _ of (await bedrock.send(command)).stream ?? []);
    }, ThrottlingException);
  });
  assert.deepEqual(
    records.map(({ status, usage }) => [status, usage?.outputTokens]),
    [
      [undefined, 7n],
      ["cancelled", undefined],
      ["rate_limited", undefined],
    ],
  );
  assert.ok((records[0]?.timeToFirstTokenMs ?? 0) > 0);
});

test("models that are invoked tell their usage in the body, or in the headers", async () => {
  const body = { id: "msg_1", type: "message", role: "assistant", model: "claude", content: [] };
  const usage = { input_tokens: 10, output_tokens: 5 };
  const counts = { "x-amzn-bedrock-input-token-count": "17" };
  provider.answer(asJson({ ...body, usage }), asJson({ embedding: [0.25] }, 200, counts));
  const records = await recorded(async () => {
    const { body } = await bedrock.send(new InvokeModelCommand({ modelId, body: "{}" }));
    assert.equal(JSON.parse(body.transformToString()).id, "msg_1");
    const embed = new InvokeModelCommand({ modelId: "amazon.titan-embed-text-v2:0", body: "{}" });
    await bedrock.send(embed);
    await original.send(embed);
  });
  assert.deepEqual(
    records.map(({ operation, usage }) => [operation, usage?.inputTokens, usage?.outputTokens]),
    [
      ["chat", 10n, 5n],
      ["embeddings", 17n, undefined],
    ],
  );
  assert.ok(records.every(({ provider }) => provider === "aws"));
});

test("streams of models that are invoked are read", async () => {
  const message = { id: "msg_1", role: "assistant", model: "claude", content: [] };
  const begun = { ...message, usage: { input_tokens: 10, output_tokens: 1 } };
  const delta = { stop_reason: "end_turn" };
  provider.answer(
    invoked(
      { type: "message_start", message: begun },
      { type: "content_block_delta", index: 0, delta: { type: "text_delta", text: "Hello" } },
      { type: "message_delta", delta, usage: { output_tokens: 5 } },
      { type: "message_stop" },
    ),
  );
  const [record] = await recorded(async () => {
    const command = new InvokeModelWithResponseStreamCommand({ modelId, body: "{}" });
    const { body } = await bedrock.send(command);
    for await (const { chunk } of body ?? []) assert.ok(chunk?.bytes);
  });
  assert.equal(record?.responseId, "msg_1");
  assert.equal(record?.usage?.inputTokens, 10n);
  assert.equal(record?.usage?.outputTokens, 5n);
});

test("callbacks are called as before, and methods of the older style are recorded", async () => {
  provider.answer(whole);
  const older = instrument(new BedrockRuntime(config), { userId: "user-1" });
  const records = await recorded(async () => {
    const answer = await new Promise((resolve, reject) => {
      const given = (error: unknown, answer: unknown) => (error ? reject(error) : resolve(answer));
      assert.equal(bedrock.send(new ConverseCommand(question), given), undefined);
    });
    assert.equal((answer as { stopReason: string }).stopReason, "end_turn");
    assert.equal((await older.converse(question)).stopReason, "end_turn");
  });
  assert.deepEqual(
    records.map(({ usage }) => usage?.inputTokens),
    [100n, 100n],
  );
});

test("a failed call is recorded as what it was", async () => {
  const aborting = new AbortController();
  const records = await recorded(async () => {
    const headers = { "x-amzn-errortype": "ThrottlingException" };
    provider.answer(asJson({ message: "Slow down" }, 429, headers));
    await assert.rejects(bedrock.send(new ConverseCommand(question)), ThrottlingException);
    provider.answer(silence);
    const options = { abortSignal: aborting.signal };
    const aborted = bedrock.send(new ConverseCommand(question), options);
    aborting.abort();
    await assert.rejects(aborted);
  });
  assert.deepEqual(
    records.map(({ status }) => status),
    ["rate_limited", "cancelled"],
  );
});

test("inside of track, a call is counted once; what asks no model is not counted", async () => {
  provider.answer(whole, asJson({ inputTokens: 5 }));
  const records = await recorded(async () => {
    await track({ feature: "search" }, () => bedrock.send(new ConverseCommand(question)));
    const input = { converse: { messages: question.messages } };
    const counted = await bedrock.send(new CountTokensCommand({ modelId, input }));
    assert.equal(counted.inputTokens, 5);
  });
  assert.equal(records.length, 1);
  assert.equal(records[0]?.feature, "search");
  assert.equal(records[0]?.usage?.outputTokens, 50n);
});

test("the client is of the same class, and no other of Amazon's is taken", async () => {
  assert.ok(bedrock instanceof BedrockRuntimeClient);
  assert.equal(bedrock.config, original.config);
  provider.answer(whole);
  assert.deepEqual(await recorded(() => original.send(new ConverseCommand(question))), []);
  const s3 = { send: () => {}, config: { serviceId: "S3" } };
  assert.throws(() => instrument(s3), /@aws-sdk\/client-bedrock-runtime/);
});
