/** Tracked calls and their context, without a connection. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { PassThrough, Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";

import {
  bindContext,
  currentCall,
  currentContext,
  record,
  startCall,
  track,
  trackStream,
  withContext,
} from "aiusage";

import { recorded } from "./recorded.js";

const answer = {
  id: "chatcmpl-1",
  object: "chat.completion",
  choices: [],
  model: "gpt-4o-2024-08-06",
  usage: { prompt_tokens: 1000, completion_tokens: 500 },
};
const options = { userId: "user-1", provider: "openai", model: "gpt-4o" };

async function* stream(chunks: readonly unknown[] = ["a", answer]) {
  yield* chunks;
}

test("a response is read by itself, and returned", async () => {
  const [record] = await recorded(async () => {
    assert.equal(await track(options, async () => answer), answer);
  });
  assert.equal(record?.model, "gpt-4o");
  assert.equal(record?.responseModel, "gpt-4o-2024-08-06");
  assert.equal(record?.responseId, "chatcmpl-1");
  assert.deepEqual([record?.usage?.inputTokens, record?.usage?.outputTokens], [1000n, 500n]);
  assert.ok((record?.latencyMs ?? 0) > 0);
  assert.equal(record?.status, undefined);
});

test("what is told counts more than what is read", async () => {
  const [record] = await recorded(() =>
    track({ ...options, tags: { a: "1" } }, (call) => {
      call.setTokens({ inputTokens: 1 }).setTokens({ outputTokens: 2 });
      call.setModel("gpt-4o-mini").setTags({ b: "2" }).firstToken();
      call.setMetadata({ request: { temperature: 1 }, response: { finish_reason: "stop" } });
      return answer;
    }),
  );
  assert.deepEqual([record?.usage?.inputTokens, record?.usage?.outputTokens], [1n, 2n]);
  assert.equal(record?.model, "gpt-4o-mini");
  assert.equal(record?.responseModel, undefined);
  assert.deepEqual(record?.tags, { a: "1", b: "2" });
  assert.deepEqual(record?.requestMetadata, { temperature: 1 });
  assert.deepEqual(record?.responseMetadata, { finish_reason: "stop" });
  assert.ok((record?.timeToFirstTokenMs ?? -1) >= 0);
});

test("usage of a stream is merged from its chunks", async () => {
  const usage = { prompt_tokens: 7, completion_tokens: 3 };
  const chunks = ["a", { object: "chat.completion.chunk", choices: [], usage }];
  const [record] = await recorded(async () => {
    const seen = [];
    for await (const chunk of await trackStream(options, async () => stream(chunks))) {
      seen.push(chunk);
    }
    assert.deepEqual(seen, chunks);
  });
  assert.deepEqual([record?.usage?.inputTokens, record?.usage?.outputTokens], [7n, 3n]);
  assert.ok(record?.timeToFirstTokenMs! <= record?.latencyMs!);
});

test("a generator is part of its call, and can be read step by step", async () => {
  const records = await recorded(async () => {
    const calls: unknown[] = [];
    const generator = trackStream(options, async function* (call) {
      calls.push(currentCall() === call);
      yield 1;
      calls.push(currentCall() === call);
      yield 2;
    });
    assert.deepEqual(await generator.next(), { done: false, value: 1 });
    assert.equal(currentCall(), undefined);
    assert.deepEqual(await generator.next(), { done: false, value: 2 });
    assert.deepEqual(await generator.next(), { done: true, value: undefined });
    assert.deepEqual(calls, [true, true]);
  });
  assert.equal(records.length, 1);
});

test("a stream that is left is cancelled, and one that fails has its error", async () => {
  const records = await recorded(async () => {
    for await (const _ of trackStream(options, () => stream())) break;
    const failing = trackStream(options, async function* () {
      yield 1;
      throw Object.assign(new Error("slow down"), { status: 429 });
    });
    await assert.rejects(async () => {
      for await (const _ of failing);
    }, /slow down/);
  });
  assert.deepEqual(
    records.map(({ status, errorMessage }) => [status, errorMessage]),
    [
      ["cancelled", "the stream was left before its end"],
      ["rate_limited", "slow down"],
    ],
  );
});

const lastChunk = { object: "chat.completion.chunk", choices: [], usage: answer.usage };

test("a web stream is watched, whichever way it is read", async () => {
  const web = () => trackStream(options, () => ReadableStream.from([lastChunk]));
  const records = await recorded(async () => {
    for await (const chunk of web()) assert.equal(chunk, lastChunk);
    const reader = web().getReader();
    assert.deepEqual(await reader.read(), { done: false, value: lastChunk });
    assert.ok((await reader.read()).done);
    const bytes = trackStream(options, async () => ReadableStream.from([Buffer.from("text")]));
    assert.equal(await new Response(await bytes).text(), "text");
    await web().cancel();
  });
  assert.deepEqual(
    records.map(({ usage, status }) => [usage?.outputTokens, status]),
    [
      [500n, undefined],
      [500n, undefined],
      [undefined, undefined],
      [undefined, "cancelled"],
    ],
  );
});

test("a stream of Node is watched, whichever way it is read", async () => {
  const node = (chunks: Iterable<unknown> = [lastChunk]) =>
    trackStream(options, () => Readable.from(chunks));
  const records = await recorded(async () => {
    for await (const chunk of node()) assert.equal(chunk, lastChunk);
    await pipeline(node(), new PassThrough({ objectMode: true }).resume());
    await once(node().resume(), "end");
    for await (const _ of node([lastChunk, "more"])) break;
    const broken = node().destroy(new Error("broken"));
    await assert.rejects(once(broken, "close"), /broken/);
  });
  assert.deepEqual(
    records.map(({ usage, status }) => [usage?.outputTokens, status]),
    [
      [500n, undefined],
      [500n, undefined],
      [500n, undefined],
      [500n, "cancelled"],
      [undefined, "error"],
    ],
  );
});

test("what is no stream is returned, and ends the call", async () => {
  const [nothing, whole] = await recorded(async () => {
    assert.equal(
      trackStream(options, () => undefined as unknown as AsyncIterable<unknown>),
      undefined,
    );
    const asked = async () => answer as unknown as AsyncIterable<unknown>;
    assert.equal(await trackStream(options, asked), answer);
  });
  assert.equal(nothing?.usage?.outputTokens, undefined);
  assert.equal(whole?.usage?.outputTokens, 500n);
});

test("a generator that is disposed of has been left", async () => {
  const [record] = await recorded(async () => {
    const generator = Object.assign(stream(), {
      [Symbol.asyncDispose]: () => assert.fail("its return is enough"),
    });
    const tracked = trackStream(options, () => generator);
    await tracked.next();
    await tracked[Symbol.asyncDispose]();
  });
  assert.equal(record?.status, "cancelled");
});

test("a stream keeps what else it can do", async () => {
  class SdkStream {
    readonly controller = new AbortController();
    #closed = false;
    close() {
      this.#closed = true;
      return this.#closed;
    }
    [Symbol.asyncIterator]() {
      return stream();
    }
  }
  await recorded(async () => {
    const original = new SdkStream();
    const tracked = trackStream(options, () => original);
    assert.equal(tracked.controller, original.controller);
    assert.ok(tracked.close());
    assert.ok(tracked instanceof SdkStream);
    for await (const _ of tracked);
  });
});

test("errors go on unchanged, and their status is told apart", async () => {
  class APIConnectionTimeoutError extends Error {}
  const aborted = AbortSignal.abort();
  const wrapped = new Error("failed after 3 attempts", {
    cause: Object.assign(new Error("429"), { statusCode: 429 }),
  });
  const unreadable = Object.defineProperty({}, "cause", { get: () => assert.fail("unreadable") });
  const errors: [unknown, string][] = [
    [new Error("broken"), "error"],
    ["a text", "error"],
    [undefined, "error"],
    [unreadable, "error"],
    [new APIConnectionTimeoutError("Request timed out."), "timeout"],
    [Object.assign(new Error("connect"), { code: "ETIMEDOUT" }), "timeout"],
    [new DOMException("too slow", "TimeoutError"), "timeout"],
    [aborted.reason, "cancelled"],
    [Object.assign(new Error("slow down"), { status: 429 }), "rate_limited"],
    [wrapped, "rate_limited"],
  ];
  const records = await recorded(async () => {
    for (const [error] of errors) {
      const same = (thrown: unknown) => thrown === error;
      await assert.rejects(
        track(options, () => Promise.reject(error)),
        same,
      );
      const throwing = () =>
        track(options, () => {
          throw error;
        });
      assert.throws(throwing, same);
    }
  });
  const expected = errors.flatMap(([, status]) => [status, status]);
  assert.deepEqual(
    records.map(({ status }) => status),
    expected,
  );
  assert.equal(records[0]?.errorMessage, "broken");
});

test("an abort of the call's own signal is a cancellation, a timeout is one", async () => {
  const controller = new AbortController();
  const wait = (signal: AbortSignal) => sleep(60_000, undefined, { signal, ref: false });
  const records = await recorded(async () => {
    const aborted = track(options, () => wait(controller.signal));
    controller.abort();
    await assert.rejects(aborted, { name: "AbortError" });
    const late = track(options, () => wait(AbortSignal.timeout(1)));
    const keepAlive = setTimeout(() => {}, 60_000);
    await assert.rejects(late);
    clearTimeout(keepAlive);
  });
  assert.deepEqual(
    records.map(({ status }) => status),
    ["cancelled", "timeout"],
  );
});

test("calls nest, each with its own record", async () => {
  const records = await recorded(() =>
    track({ ...options, feature: "outer" }, async (outer) => {
      await track({ ...options, feature: "inner" }, async (inner) => {
        assert.equal(currentCall(), inner);
        inner.setTokens({ inputTokens: 1 });
      });
      assert.equal(currentCall(), outer);
      outer.setTokens({ inputTokens: 2 });
    }),
  );
  assert.deepEqual(
    records.map(({ feature, usage }) => [feature, usage?.inputTokens]),
    [
      ["inner", 1n],
      ["outer", 2n],
    ],
  );
});

test("contexts nest and reach what is awaited, at once in many tasks", async () => {
  const records = await recorded(() =>
    withContext({ feature: "chat", tags: { team: "a", tier: "1" } }, async () => {
      const users = Array.from({ length: 50 }, (_, index) => `user-${index}`);
      await Promise.all(
        users.map((userId, index) =>
          withContext({ userId, tags: { tier: "2" } }, async () => {
            await sleep(index % 3);
            await track({ model: "gpt-4o" }, async () => sleep(1));
          }),
        ),
      );
      assert.deepEqual(currentContext(), { feature: "chat", tags: { team: "a", tier: "1" } });
    }),
  );
  assert.equal(new Set(records.map(({ userId }) => userId)).size, 50);
  for (const { feature, tags } of records) {
    assert.deepEqual([feature, tags], ["chat", { team: "a", tier: "2" }]);
  }
  assert.deepEqual(currentContext(), {});
});

test("a record says otherwise than its context", async () => {
  const [record] = await recorded(() =>
    withContext({ userId: "user-1", feature: "chat", jobId: "job-1" }, () =>
      track({ model: "gpt-4o", feature: "search" }, () => answer),
    ),
  );
  assert.deepEqual([record?.userId, record?.feature, record?.jobId], ["user-1", "search", "job-1"]);
});

test("a bound function carries its context along", () => {
  const bound = withContext({ userId: "user-1" }, () =>
    bindContext((more: string) => [currentContext().userId, more]),
  );
  assert.deepEqual(
    withContext({ userId: "user-2" }, () => bound("x")),
    ["user-1", "x"],
  );
});

test("a call can be ended by hand, once", async () => {
  const records = await recorded(() => {
    const call = startCall(options);
    call.run(() => assert.equal(currentCall(), call));
    call.set({ userId: "user-2" }).markCached();
    call.end();
    call.fail(new Error("too late"));
    {
      using disposed = startCall(options);
      disposed.markError("no more credit", "out_of_credit");
    }
    startCall(options).discard();
  });
  assert.deepEqual(
    records.map(({ userId, cachedResponse, status }) => [userId, cachedResponse, status]),
    [
      ["user-2", true, undefined],
      ["user-1", undefined, "out_of_credit"],
    ],
  );
});

test("the two totals may be told in their order, and what is neither is said", async () => {
  const warnings: string[] = [];
  const make = () =>
    track(options, (call) => {
      call.setTokens(1000, 500).setTokens({ cacheReadTokens: 100, inputTokens: undefined });
      call.setTokens("1000" as never);
    });
  const [record] = await recorded(make, {}, warnings);
  const { inputTokens, outputTokens, cacheReadTokens } = record?.usage ?? {};
  assert.deepEqual([inputTokens, outputTokens, cacheReadTokens], [1000n, 500n, 100n]);
  assert.match(warnings.join("\n"), /setTokens takes counts by their names/);
});

test("what an outer call names holds inside", async () => {
  const outer = { model: "outer", userId: "gen", feature: "outer", tags: { a: "1" } };
  const records = await recorded(() =>
    track(outer, () => {
      track({ model: "inner", feature: "inner", tags: { b: "2" } }, () => {});
      withContext({ userId: "other" }, () => track({ model: "innermost" }, () => {}));
    }),
  );
  assert.deepEqual(
    records.map(({ model, userId, feature, tags }) => [model, userId, feature, tags]),
    [
      ["inner", "gen", "inner", { a: "1", b: "2" }],
      ["innermost", "other", "outer", { a: "1" }],
      ["outer", "gen", "outer", { a: "1" }],
    ],
  );
});

test("a record of nothing throws nothing", async () => {
  const [made] = await recorded(() => record(undefined as never));
  assert.deepEqual([made?.userId, made?.model], ["unknown", "unknown"]);
});
