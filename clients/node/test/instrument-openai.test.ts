/** Calls of an instrumented client of the `openai` package. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { flush, instrument, track, trackStream, withContext } from "aiusage";
import OpenAI, { AzureOpenAI } from "openai";
import type { ChatCompletionChunk } from "openai/resources/chat/completions";

import { newUser, testClient, usd } from "./fixtures.js";
import { startProvider } from "./provider.js";
import { recorded } from "./recorded.js";

const provider = await startProvider();
const original = new OpenAI({ baseURL: `${provider.url}/v1`, apiKey: "key", maxRetries: 0 });
const openai = instrument(original, { userId: "user-1", provider: "openai", includeUsage: true });
const messages = [{ role: "user" as const, content: "Hi" }];
const question = { model: "gpt-4o", messages };
const streamed = { ...question, stream: true as const };

/** What a stream brought, and how often it told its usage. */
async function read(stream: AsyncIterable<ChatCompletionChunk>) {
  let content = "";
  let usages = 0;
  for await (const chunk of stream) {
    content += chunk.choices[0]?.delta.content ?? "";
    if (chunk.usage) usages += 1;
  }
  return { content, usages };
}

test("what reaches the service costs what it should", async () => {
  const userId = newUser();
  await withContext({ userId, feature: "chat" }, async () => {
    const client = instrument(original, { provider: "openai", includeUsage: true });
    const completion = await client.chat.completions.create(question);
    assert.equal(completion.choices[0]?.message.content, "Hello");
    await read(await client.chat.completions.create(streamed));
    await client.responses.create({ model: "gpt-4o", input: "Hi" });
  });
  assert.ok(await flush());
  const { totals, byFeature } = await testClient().getUserCost(userId);
  // Twice 600 tokens at 2.5, 400 cached at 1.25 and 500 at 10; once 1,000 and 500.
  assert.deepEqual(totals.cost, usd("0.0215"));
  assert.equal(totals.requestCount, 3n);
  assert.equal(byFeature[0]?.key, "chat");
});

describe("a call", () => {
  test("is recorded with all that the answer tells", async () => {
    const [record, ...others] = await recorded(() => openai.chat.completions.create(question));
    assert.equal(others.length, 0);
    assert.equal(record?.userId, "user-1");
    assert.equal(record?.model, "gpt-4o");
    assert.equal(record?.responseModel, "gpt-4o-2024-08-06");
    assert.equal(record?.responseId, "chatcmpl-1");
    assert.equal(record?.operation, "chat");
    assert.equal(record?.apiUrl, `${provider.url}/v1`);
    assert.equal(record?.usage?.inputTokens, 1000n);
    assert.equal(record?.usage?.cacheReadTokens, 400n);
    assert.equal(record?.usage?.outputReasoningTokens, 100n);
    assert.ok((record?.latencyMs ?? 0) > 0);
    assert.equal(record?.timeToFirstTokenMs, undefined);
  });

  test("of every kind is recorded", async () => {
    const file = new File([new Uint8Array(4)], "a.wav");
    const records = await recorded(async () => {
      await openai.embeddings.create({ model: "text-embedding-3-small", input: "Hi" });
      await openai.responses.compact({ model: "gpt-5", input: "Hi" });
      await openai.audio.transcriptions.create({ model: "gpt-4o-transcribe", file });
      await openai.images.generate({ model: "gpt-image-1", prompt: "a cat" });
      const input = "Olá 👋";
      const speech = await openai.audio.speech.create({ model: "tts-1", voice: "alloy", input });
      assert.equal((await speech.arrayBuffer()).byteLength, 3);
    });
    const [embeddings, compaction, transcription, image, speech] = records;
    assert.equal(embeddings?.usage?.inputTokens, 1000n);
    assert.equal(compaction?.model, "gpt-5");
    assert.equal(compaction?.usage?.inputTokens, 100_000n);
    assert.equal(transcription?.usage?.inputAudioTokens, 14n);
    assert.equal(image?.usage?.inputImageTokens, 40n);
    assert.equal(speech?.operation, "speech");
    assert.deepEqual(speech?.usage?.otherMeters, { input_characters: "5" });
  });

  test("that fails is recorded as what it was, and fails as before", async () => {
    const slow = instrument(original.withOptions({ timeout: 50 }), { userId: "user-1" });
    const aborting = new AbortController();
    const options = { signal: aborting.signal };
    const records = await recorded(async () => {
      const create = (model: string) => openai.chat.completions.create({ ...question, model });
      await assert.rejects(create("limited"), OpenAI.RateLimitError);
      await assert.rejects(create("missing"), OpenAI.NotFoundError);
      const body = { ...question, model: "silent" };
      await assert.rejects(slow.chat.completions.create(body), OpenAI.APIConnectionTimeoutError);
      const aborted = openai.chat.completions.create(body, options);
      aborting.abort();
      await assert.rejects(aborted, OpenAI.APIUserAbortError);
    });
    const statuses = records.map(({ status }) => status);
    assert.deepEqual(statuses, ["rate_limited", "error", "timeout", "cancelled"]);
    assert.match(records[1]?.errorMessage ?? "", /404 no such model/);
    assert.equal(records[0]?.usage?.inputTokens, undefined);
  });
});

test("a response that says it failed is recorded as failed, with what it used", async () => {
  const [record] = await recorded(() => openai.responses.create({ model: "failing", input: "Hi" }));
  assert.equal(record?.status, "error");
  assert.equal(record?.errorMessage, "server_error: something broke");
  assert.equal(record?.usage?.inputTokens, 1000n);
});

describe("the promise of a call is the SDK's own", () => {
  test("withResponse() gives data and response", async () => {
    const records = await recorded(async () => {
      const promise = openai.chat.completions.create(question);
      const { data, response, request_id } = await promise.withResponse();
      assert.equal(data.id, "chatcmpl-1");
      assert.equal(response.status, 200);
      assert.equal(request_id, "req_1");
      assert.equal(await promise, data);
    });
    assert.deepEqual(
      records.map(({ responseId }) => responseId),
      ["chatcmpl-1"],
    );
  });

  test("asResponse() gives the raw response; JSON is read beside it", async () => {
    const records = await recorded(async () => {
      const response = await openai.chat.completions.create(question).asResponse();
      assert.equal(((await response.json()) as { id: string }).id, "chatcmpl-1");
    });
    assert.equal(records[0]?.usage?.inputTokens, 1000n);
  });

  test("asResponse() of a stream is left alone: its usage is unknown", async () => {
    const records = await recorded(async () => {
      const response = await openai.chat.completions.create(streamed).asResponse();
      assert.match(await response.text(), /\[DONE\]/);
    });
    assert.equal(records[0]?.usage?.inputTokens, undefined);
    assert.deepEqual(records[0]?.responseMetadata, { usage_reported: false });
  });
});

describe("a response that is made in the background", () => {
  const asked = { model: "gpt-4o", input: "Hi", background: true };

  test("is recorded once, when it has ended", async () => {
    const records = await recorded(async () => {
      await withContext({ feature: "report" }, () => openai.responses.create(asked));
      assert.equal((await openai.responses.retrieve("resp_1")).status, "completed");
      await openai.responses.retrieve("resp_1");
    });
    assert.equal(records.length, 1);
    const [record] = records;
    assert.equal(record?.feature, "report");
    assert.equal(record?.model, "gpt-4o");
    assert.equal(record?.usage?.inputTokens, 1000n);
    assert.equal(record?.status ?? "", "");
  });

  test("goes on where its stream was left", async () => {
    const records = await recorded(async () => {
      for await (const _ of await openai.responses.create({ ...asked, stream: true })) break;
      for await (const _ of await openai.responses.retrieve("resp_1", { stream: true }));
    });
    assert.equal(records.length, 1);
    assert.equal(records[0]?.usage?.outputTokens, 500n);
    assert.equal(records[0]?.status ?? "", "");
  });

  test("goes on where asking for it fails", async () => {
    const records = await recorded(async () => {
      await openai.responses.create(asked);
      const aborting = new AbortController();
      const first = openai.responses.retrieve("resp_1", {}, { signal: aborting.signal });
      aborting.abort();
      await assert.rejects(first, OpenAI.APIUserAbortError);
      await openai.responses.cancel("resp_1");
    });
    assert.equal(records.length, 1);
    assert.equal(records[0]?.usage?.inputTokens, 1000n);
    assert.equal(records[0]?.status ?? "", "");
  });
});

describe("a stream", () => {
  test("is asked for its usage, and the application does not see that", async () => {
    const [record] = await recorded(async () => {
      const stream = await openai.chat.completions.create(streamed);
      assert.ok(stream.controller instanceof AbortController);
      assert.deepEqual(await read(stream), { content: "Hello", usages: 0 });
    });
    assert.deepEqual(provider.lastRequest()["stream_options"], { include_usage: true });
    assert.equal(record?.usage?.inputTokens, 1000n);
    assert.equal(record?.status, undefined);
    assert.ok((record?.timeToFirstTokenMs ?? 0) > 0);
  });

  test("has its usage in it where the application asks", async () => {
    const [record] = await recorded(async () => {
      const stream_options = { include_usage: true };
      const stream = await openai.chat.completions.create({ ...streamed, stream_options });
      assert.equal((await read(stream)).usages, 1);
    });
    assert.equal(record?.usage?.outputTokens, 500n);
  });

  test("is not asked where we must not", async () => {
    const plain = instrument(original, { userId: "user-1", includeUsage: false });
    const [record] = await recorded(async () => {
      await read(await plain.chat.completions.create(streamed));
    });
    assert.equal(provider.lastRequest()["stream_options"], undefined);
    assert.equal(record?.usage?.inputTokens, undefined);
    assert.equal(record?.responseMetadata?.["usage_reported"], false);
  });

  for (const [baseURL, provider] of [
    ["https://api.openai.com/v1", "openai"],
    ["https://eu.api.openai.com/v1", "openai"],
    ["https://openrouter.ai/api/v1", "openrouter"],
    ["https://eu.openrouter.ai/api/v1", "openrouter"],
    ["https://models.example/v1", ""],
    ["https://notopenrouter.ai/v1", ""],
  ] as const) {
    test(`is ${provider ? "" : "not "}asked by itself at ${baseURL}`, async () => {
      const asked: unknown[] = [];
      const fetch = async (_: unknown, init?: RequestInit) => {
        asked.push(JSON.parse(String(init?.body)).stream_options);
        return new Response("data: [DONE]\n\n");
      };
      const client = instrument(new OpenAI({ baseURL, apiKey: "key", fetch }), {
        userId: "user-1",
      });
      const records = await recorded(async () => {
        await read(await client.chat.completions.create(streamed));
        const stream_options = { include_usage: false };
        await read(await client.chat.completions.create({ ...streamed, stream_options }));
      });
      for (const record of records) assert.equal(record.provider ?? "", provider);
      assert.deepEqual(asked, [
        provider ? { include_usage: true } : undefined,
        { include_usage: false },
      ]);
    });
  }

  test("can be split", async () => {
    const records = await recorded(async () => {
      const [left, right] = (await openai.chat.completions.create(streamed)).tee();
      const both = await Promise.all([read(left), read(right)]);
      assert.deepEqual(
        both.map(({ content }) => content),
        ["Hello", "Hello"],
      );
    });
    assert.deepEqual(
      records.map(({ usage }) => usage?.inputTokens),
      [1000n],
    );
  });

  test("can be handed on as a readable stream", async () => {
    const [record] = await recorded(async () => {
      const stream = await openai.chat.completions.create(streamed);
      const lines = await new Response(stream.toReadableStream() as ReadableStream).text();
      assert.equal(lines.trim().split("\n").length, 4);
    });
    assert.equal(record?.usage?.inputTokens, 1000n);
  });

  test("that is left, aborted or broken is recorded once, as what it was", async () => {
    const endless = { ...streamed, model: "endless" };
    const records = await recorded(async () => {
      for await (const _ of await openai.chat.completions.create(endless)) break;
      const aborted = await openai.chat.completions.create(endless);
      for await (const _ of aborted) aborted.controller.abort();
      (await openai.chat.completions.create(endless)).controller.abort();
      const broken = await openai.chat.completions.create({ ...streamed, model: "broken" });
      await assert.rejects(read(broken));
    });
    const statuses = records.map(({ status }) => status);
    assert.deepEqual(statuses, ["cancelled", "cancelled", "cancelled", "error"]);
    assert.equal(records[0]?.responseModel, "gpt-4o-2024-08-06");
  });
});

describe("helpers of the SDK make calls that are recorded", () => {
  test("parse, stream and runTools of chat completions", async () => {
    const records = await recorded(async () => {
      const parsed = await openai.chat.completions.parse(question);
      assert.equal(parsed.choices[0]?.message.content, "Hello");
      const runner = openai.chat.completions.stream(question);
      const completion = await runner.finalChatCompletion();
      assert.equal(completion.choices[0]?.message.content, "Hello");
      const tools = openai.chat.completions.runTools({ ...question, tools: [] });
      assert.equal(await tools.finalContent(), "Hello");
    });
    assert.deepEqual(
      records.map(({ usage }) => usage?.inputTokens),
      [1000n, 1000n, 1000n],
    );
  });

  test("parse and stream of responses", async () => {
    const body = { model: "gpt-4o", input: "Hi" };
    const records = await recorded(async () => {
      assert.equal((await openai.responses.parse(body)).output_text, "Hello");
      const response = await openai.responses.stream(body).finalResponse();
      assert.equal(response.id, "resp_1");
    });
    assert.deepEqual(
      records.map(({ usage }) => usage?.inputTokens),
      [1000n, 1000n],
    );
    assert.ok((records[1]?.timeToFirstTokenMs ?? 0) > 0);
  });
});

describe("inside of track", () => {
  const options = { userId: "user-2", feature: "search" };

  test("a call is counted once, with what track was told", async () => {
    const records = await recorded(async () => {
      const content = await track(options, async () => {
        const completion = await openai.chat.completions.create(question);
        return completion.choices[0]?.message.content;
      });
      assert.equal(content, "Hello");
    });
    assert.equal(records.length, 1);
    assert.equal(records[0]?.userId, "user-2");
    assert.equal(records[0]?.feature, "search");
    assert.equal(records[0]?.model, "gpt-4o");
    assert.equal(records[0]?.usage?.inputTokens, 1000n);
  });

  test("a stream is counted when it has been read", async () => {
    const records = await recorded(async () => {
      const begin = () => openai.chat.completions.create(streamed);
      await read(await track(options, begin));
      await read(await trackStream(options, begin));
    });
    assert.deepEqual(
      records.map(({ usage }) => usage?.inputTokens),
      [1000n, 1000n],
    );
    assert.deepEqual(
      records.map(({ status }) => status),
      [undefined, undefined],
    );
    assert.ok((records[0]?.timeToFirstTokenMs ?? 0) > 0);
  });

  test("a second call is one of its own, and a failed one may be tried again", async () => {
    const records = await recorded(() =>
      track(options, async () => {
        const failing = openai.chat.completions.create({ ...question, model: "limited" });
        await failing.catch(() => undefined);
        await openai.chat.completions.create(question);
        await openai.embeddings.create({ model: "text-embedding-3-small", input: "Hi" });
      }),
    );
    assert.deepEqual(
      records.map(({ model, status, userId }) => [model, status, userId]),
      [
        ["text-embedding-3-small", undefined, "user-1"],
        ["gpt-4o", undefined, "user-2"],
      ],
    );
  });
});

describe("the client", () => {
  test("is of the same class, and the one that was given stays as it was", async () => {
    assert.ok(openai instanceof OpenAI);
    assert.equal(openai.baseURL, original.baseURL);
    assert.equal(openai.chat.completions, openai.chat.completions);
    assert.deepEqual(await recorded(() => original.chat.completions.create(question)), []);
  });

  test("instrumented twice counts once, also where it is made anew", async () => {
    const twice = instrument(openai).withOptions({ maxRetries: 0 });
    assert.ok(twice instanceof OpenAI);
    const records = await recorded(() => twice.chat.completions.create(question));
    assert.equal(records.length, 1);
    assert.equal(records[0]?.userId, "user-1");
  });

  test("of Azure says so", async () => {
    const endpoint = "https://example.openai.azure.com";
    const fetch = (_: unknown, init?: RequestInit) =>
      globalThis.fetch(`${provider.url}/v1/chat/completions`, init);
    const azure = new AzureOpenAI({ endpoint, fetch, apiKey: "key", apiVersion: "2024-10-21" });
    const client = instrument(azure, { userId: "user-1" });
    const [record] = await recorded(() => client.chat.completions.create(question));
    assert.equal(record?.provider, "azure");
  });

  test("of something else is refused with what to do", () => {
    const message =
      /cannot instrument a Map: pass a client of openai, @anthropic-ai\/sdk, .* track\(\)$/;
    assert.throws(() => instrument(new Map()), message);
  });
});
