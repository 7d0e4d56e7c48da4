/** The examples of the README run as they are printed there. */
import assert from "node:assert/strict";
import { execFile, execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { promisify } from "node:util";

import { newUser, testClient } from "./fixtures.js";
import { startProvider } from "./provider.js";

const examples = [...readFileSync("README.md", "utf8").matchAll(/```js\n(.*?)```/gs)].map(
  ([, example]) => example!,
);

/** The example that has this text. */
function exampleWith(text: string): string {
  const example = examples.find((each) => each.includes(text));
  assert.ok(example, text);
  return example;
}

function run(example: string, userId: string): string {
  const program = example.replaceAll("user-1", userId);
  return execFileSync(process.execPath, ["--input-type=module", "--eval", program], {
    encoding: "utf8",
    timeout: 10_000,
  });
}

test("the first example", () => {
  const first = examples[0]!;
  assert.ok(first.trim().split("\n").length < 10);
  assert.equal(run(first, newUser()), "0.0075\ntrue\n");
});

test("calls are tracked", async () => {
  const userId = newUser();
  assert.equal(run(exampleWith("withContext("), userId), "Hello! true\n");
  assert.equal(run(exampleWith("trackStream("), userId), "string\nobject\n");
  const { totals } = await testClient().getUserCost(userId);
  assert.equal(totals.requestCount, 3n);
  assert.equal(totals.inputTokens, 1014n);
});

test("a client of an SDK is instrumented", async () => {
  const userId = newUser();
  const provider = await startProvider();
  const env = { ...process.env, OPENAI_BASE_URL: `${provider.url}/v1`, OPENAI_API_KEY: "key" };
  const example = exampleWith("instrument(new OpenAI").replaceAll("user-1", userId);
  // OpenAI itself is asked for the usage of a stream without a word; who stands in for it is not.
  const program = example.replace('provider: "openai"', 'provider: "openai", includeUsage: true');
  const options = { env, timeout: 30_000 };
  const run = promisify(execFile);
  const { stdout } = await run(
    process.execPath,
    ["--input-type=module", "--eval", program],
    options,
  );
  assert.equal(stdout, "Hello");
  const { totals } = await testClient().getUserCost(userId);
  assert.equal(totals.cost.amount, "0.007");
});

test("a budget is kept", async () => {
  const reserve = exampleWith("withReservation(");
  const status = exampleWith("budgetStatuses(");
  const userId = newUser();
  assert.equal(run(reserve, userId), "0.00625\n");
  assert.equal(run(status, userId), "0.00625 of 0.02\n");
  // Once more there is no room: 0.00625 and 0.0075 leave no 0.0075.
  await using _held = await testClient().reserve({ userId, amount: "0.0075" });
  const again = reserve.replace(/await client\.createBudget.*?\}\);/s, "");
  assert.match(run(again, userId), new RegExp(`^budget ${userId}-month has no room`));
});
