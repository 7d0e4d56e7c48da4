/** The cases that all clients share: what is read from a provider's response. */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";

import { type ResponseFacts, ResponseReader } from "../src/responses/index.js";

type Json = Record<string, any>;

interface Case {
  name: string;
  body?: unknown;
  events?: unknown[];
  first_token?: number;
  facts: Json | null;
}

const folder = join("..", "conformance");

const files = readdirSync(folder).filter((name) => /^responses-.*\.json$/.test(name));

for (const file of files) {
  const { cases } = JSON.parse(readFileSync(join(folder, file), "utf8")) as { cases: Case[] };
  describe(file, () => {
    for (const each of cases) test(each.name, () => check(each));
  });
}

test("there are cases", () => assert.ok(files.length > 0));

function check({ body, events, first_token, facts: expected }: Case): void {
  const reader = new ResponseReader();
  const carriesOutput = (events ?? [body]).map((event) => reader.add(event));
  if (events) assert.equal(carriesOutput.indexOf(true), first_token);
  const facts = reader.facts();
  if (expected === null || facts === undefined) {
    assert.equal(facts, expected ?? undefined);
    return;
  }
  const { usage, ...rest } = inSnakeCase(facts);
  const { usage: expectedUsage, ...expectedRest } = expected;
  assert.deepEqual(rest, expectedRest);
  checkUsage(usage, expectedUsage);
}

function checkUsage(usage: Json | undefined, expected: Json | undefined): void {
  if (!usage || !expected) {
    assert.equal(usage, expected);
    return;
  }
  const { raw_usage: raw, ...counts } = usage;
  const { raw_usage: expectedRaw, ...expectedCounts } = expected;
  assert.deepEqual(counts, expectedCounts);
  if (expectedRaw === undefined) assert.ok(raw, "the usage as it came is missing");
  else assert.deepEqual(raw ?? null, expectedRaw);
}

/** Names as in the proto files; what is inside of metadata and of raw usage stays. */
function inSnakeCase(facts: ResponseFacts): Json {
  const renamed = renamedFields(facts);
  if (facts.usage) renamed["usage"] = renamedFields(facts.usage);
  return renamed;
}

function renamedFields(object: object): Json {
  const snake = (name: string) => name.replace(/[A-Z]|(?<=[a-z])\d/g, (c) => `_${c.toLowerCase()}`);
  return Object.fromEntries(Object.entries(object).map(([name, value]) => [snake(name), value]));
}
