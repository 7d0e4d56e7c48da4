/** Whatever an application says, the service takes the record. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, test } from "node:test";

import { close, configure, flush, record, senderStats, type UsageRecord } from "aiusage";

import { fitJson } from "../src/sending/fit-json.js";
import { fitLines, fitPairs, fitText } from "../src/sending/fit-text.js";
import { isEnabled } from "../src/sending/settings.js";
import { newUser, testClient } from "./fixtures.js";
import { recorded } from "./recorded.js";

const client = testClient();
after(() => close());

test("texts are cut by characters, and cleaned", () => {
  assert.equal(fitText("😀".repeat(300), 256), "😀".repeat(256));
  assert.equal(fitText("a\0b\nc\u0085d", 256), "a b c d");
  assert.equal(fitLines("a\0b\n\tc", 256), "a b\n\tc");
  assert.equal(fitText(17n, 256), "17");
  assert.equal(fitText(undefined, 256), "");
});

test("pairs are as many as may be, without empty keys", () => {
  const limits = { pairs: 2, key: 3, value: 4 };
  const pairs = { " ": "x", longkey: "longvalue", no: undefined, n: 7, more: "x" };
  assert.deepEqual(fitPairs(pairs, limits), { lon: "long", n: "7" });
});

test("metadata is cut where it is too large, and says so", () => {
  const small = { a: 1, nested: { list: [1, "x", null, true] } };
  assert.deepEqual(fitJson(small), small);
  const large = fitJson({ text: "ü".repeat(9_000), small: 1, list: Array(5_000).fill(1) });
  assert.deepEqual(large, { small: 1, left_out: ["text", "list"] });
  const many = Object.fromEntries(
    Array.from({ length: 2_000 }, (_, n) => [`${n}`.padStart(20), 1]),
  );
  const { left_out: names, ...kept } = fitJson(many);
  assert.equal((names as string[]).length, 20);
  assert.ok(Object.keys(kept).length > 200);
});

test("metadata of any kind becomes JSON", () => {
  const circular: Record<string, unknown> = { name: "a\0b" };
  circular["self"] = circular;
  const odd = {
    circular,
    date: new Date(0),
    big: 2n ** 60n,
    nan: Number.NaN,
    skipped: undefined,
    fn: () => 1,
    list: [undefined],
  };
  const { circular: cut, ...rest } = fitJson(odd);
  assert.match(JSON.stringify(cut), /"…"/);
  assert.ok(!JSON.stringify(cut).includes("\\u0000"));
  const date = "1970-01-01T00:00:00.000Z";
  assert.deepEqual(rest, { date, big: String(2n ** 60n), nan: "NaN", list: [null] });
});

const LONG = "ü\0".repeat(5_000);

/** A record in which every field breaks a limit. */
function excessive(userId: string): UsageRecord {
  const many = Object.fromEntries(Array.from({ length: 50 }, (_, key) => [`${key}${LONG}`, LONG]));
  let deep: Record<string, any> = { text: LONG };
  for (let level = 0; level < 20; level += 1) deep = { deep, list: [deep], [LONG]: "x" };
  return {
    userId,
    feature: LONG,
    functionName: LONG,
    sessionId: LONG,
    jobId: LONG,
    traceId: LONG,
    spanId: LONG,
    provider: LONG,
    model: LONG,
    responseModel: LONG,
    responseId: LONG,
    operation: LONG,
    apiUrl: LONG,
    status: LONG,
    errorMessage: LONG,
    eventTime: new Date(Number.NaN),
    latencyMs: 1e12,
    timeToFirstTokenMs: -1,
    tags: many,
    priceContext: many,
    requestMetadata: deep,
    responseMetadata: many,
    reportedCost: "1e5",
    usage: {
      inputTokens: Number.NaN,
      outputTokens: -1,
      cacheReadTokens: 1e12,
      cacheWriteTokens: 1.5,
      otherMeters: many,
      rawUsage: deep,
    },
  };
}

test("a record in which everything is too long is stored", async () => {
  const userId = newUser();
  const warnings: string[] = [];
  configure({ log: (line) => warnings.push(line) });
  record(excessive(userId));
  record({ ...excessive(userId), eventTime: new Date(Date.now() + 3_600_000) });
  record({ userId, misspelt: 1, usage: { tokens: 1 } } as Partial<UsageRecord>);
  assert.ok(await flush());
  const { sent, refused, dropped } = senderStats();
  assert.deepEqual([sent, refused, dropped], [3, 0, 0], warnings.join("\n"));
  assert.equal((await client.getUserCost(userId)).totals.requestCount, 3n);
  const mended = warnings.join("\n");
  for (const what of [
    /usage\.inputTokens is no whole number/,
    /no misspelt/,
    /usage has no tokens/,
  ]) {
    assert.match(mended, what);
  }
});

test("without a user or a model a record still counts", async () => {
  const warnings: string[] = [];
  const [unknown] = await recorded(() => record({}), {}, warnings);
  assert.deepEqual([unknown?.userId, unknown?.model], ["unknown", "unknown"]);
  assert.match(warnings.join("\n"), /names no userId/);
  const options = { defaultUserId: "batch" };
  const [named] = await recorded(() => record({ userId: 7 as any, model: "m" }), options);
  assert.equal(named?.userId, "7");
  const silent: string[] = [];
  const [batch] = await recorded(() => record({ model: "m" }), options, silent);
  assert.deepEqual([batch?.userId, silent], ["batch", []]);
});

test("mistakes are thrown where that is asked for", async () => {
  const wrong = () => record({ userId: "user-1", model: "m", latencyMs: -1 });
  await recorded(() => assert.throws(wrong, TypeError), { raiseErrors: true });
});

test("nothing is recorded where that is asked for", async () => {
  const one = () => record({ userId: "user-1", model: "m" });
  assert.equal((await recorded(one, { enabled: false })).length, 0);
  process.env["AIUSAGE_DISABLED"] = "1";
  assert.equal((await recorded(one)).length, 0);
  assert.equal((await recorded(one, { enabled: true })).length, 1);
  delete process.env["AIUSAGE_DISABLED"];
});

test("the environment disables what it disables for all clients", () => {
  const { cases } = JSON.parse(readFileSync("../conformance/disabled.json", "utf8")) as {
    cases: { value: string | null; is_disabled: boolean }[];
  };
  for (const { value, is_disabled: isDisabled } of cases) {
    if (value !== null) process.env["AIUSAGE_DISABLED"] = value;
    assert.equal(isEnabled({}), !isDisabled, String(value));
    delete process.env["AIUSAGE_DISABLED"];
  }
});

test("counts that do not fit together are named", async () => {
  const usage = { inputTokens: 10, cacheReadTokens: 4000, outputTokens: -1 };
  const responseMetadata = { id: 1, usage_left_out: ["input_audio_tokens"] };
  const [made] = await recorded(() => record({ userId: "user-1", usage, responseMetadata }));
  assert.deepEqual(made?.responseMetadata, {
    id: 1,
    usage_left_out: ["input_audio_tokens", "output_tokens", "cache_read_tokens"],
  });
  assert.equal(made?.usage?.inputTokens, 10n);
});
