/** The cases that all clients share: what is too large or cannot be is made to fit. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, test } from "node:test";

import { close, configure, flush, record, senderStats, type UsageRecord } from "aiusage";

import { newUser } from "./fixtures.js";
import { recorded } from "./recorded.js";

type Json = Record<string, any>;

after(() => close());

const { cases } = JSON.parse(readFileSync("../conformance/fitting.json", "utf8")) as {
  cases: { name: string; record: Json; recorded: Json }[];
};

for (const each of cases) {
  test(each.name, async () => {
    const given = fieldsOf(each.record);
    const expected = fieldsOf(each.recorded);
    const [made] = await recorded(() => record({ userId: "user-1", model: "m", ...given }));
    for (const name of Object.keys(given) as (keyof UsageRecord)[]) {
      assert.deepEqual(told(name, made?.[name]), told(name, expected[name]), name);
    }
  });
}

test("the service takes all of them", async () => {
  const userId = newUser();
  configure({ log: () => {} });
  for (const each of cases) record({ userId, model: "gpt-4o", ...fieldsOf(each.record) });
  assert.ok(await flush());
  const { sent, refused, dropped } = senderStats();
  assert.deepEqual([sent, refused, dropped], [cases.length, 0, 0]);
});

/** The fields of a `UsageRecord` as a case writes them. */
function fieldsOf(written: Json): Partial<UsageRecord> {
  const { usage, latency_s: seconds, event_time: time, ...rest } = withTexts(written) as Json;
  return {
    ...renamed(rest),
    ...(usage && { usage: renamed(usage) }),
    ...(seconds !== undefined && { latencyMs: seconds * 1000 }),
    ...(time && { eventTime: new Date(time) }),
  };
}

function renamed(fields: Json): Json {
  const camel = (name: string) => name.replace(/_([a-z])/g, (_, c: string) => c.toUpperCase());
  return Object.fromEntries(Object.entries(fields).map(([name, field]) => [camel(name), field]));
}

/** `{"x": 300}` stands for a text of so many of them. */
function withTexts(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withTexts);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value);
  const [letter = "", count] = entries[0] ?? [];
  if (entries.length === 1 && /^[xü]$/.test(letter)) return letter.repeat(count as number);
  return Object.fromEntries(entries.map(([name, field]) => [name, withTexts(field)]));
}

/** What a field says, in one form. */
function told(name: string, value: any): unknown {
  if (name === "reportedCost") return value?.amount ?? value;
  if (name === "usage") return toldUsage(value ?? {});
  if (value?.left_out) return { ...value, left_out: value.left_out.toSorted() };
  return isEmpty(value) ? undefined : value;
}

function toldUsage({ tokenConvention, ...usage }: Json): Json {
  const said = Object.entries(usage).filter(([, field]) => !isEmpty(field));
  const plain = said.map(([name, field]) => [
    name,
    typeof field === "bigint" ? Number(field) : field,
  ]);
  const isDefault = [undefined, "INCLUSIVE", "UNSPECIFIED"].includes(tokenConvention);
  return { ...Object.fromEntries(plain), ...(!isDefault && { tokenConvention }) };
}

function isEmpty(value: unknown): boolean {
  return (
    value === undefined ||
    (typeof value === "object" &&
      value !== null &&
      !(value instanceof Date) &&
      Object.keys(value).length === 0)
  );
}
