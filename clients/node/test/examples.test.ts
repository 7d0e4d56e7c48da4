/** The examples run, and what they record reaches the service. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { test } from "node:test";

import { newUser, testClient, usd } from "./fixtures.js";
import { startProvider } from "./provider.js";

const provider = await startProvider();
process.env["OPENAI_BASE_URL"] = `${provider.url}/v1`;
process.env["OPENAI_API_KEY"] = "key";
const question = JSON.stringify({ question: "Why?" });
const client = testClient();

test("Express streams an answer, tells its cost, and sends its records when it ends", async () => {
  const userId = newUser();
  const headers = { "x-user-id": userId, "content-type": "application/json" };
  const env = { ...process.env, PORT: "0" };
  const program = spawn(process.execPath, ["examples/express/server.mjs"], {
    env,
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = once(program, "exit");
  const [line] = (await once(createInterface(program.stdout), "line")) as [string];
  const url = `http://127.0.0.1:${line.split(" ").at(-1)}`;
  const answer = await fetch(`${url}/chat`, { method: "POST", headers, body: question });
  assert.equal(await answer.text(), "Hello");
  const cost = await fetch(`${url}/cost`, { headers: { "x-user-id": newUser() } });
  assert.deepEqual(await cost.json(), { cost: "0", calls: 0 });
  program.kill("SIGTERM");
  assert.deepEqual(await ended, [0, null]);
  const { totals, byFeature } = await client.getUserCost(userId);
  assert.deepEqual(totals.cost, usd("0.007"));
  assert.deepEqual(
    byFeature.map(({ key }) => key),
    ["chat"],
  );
});
