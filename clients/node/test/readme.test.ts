/** The example of the README runs as it is printed there. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { newUser } from "./fixtures.js";

test("the first example", () => {
  const readme = readFileSync("README.md", "utf8");
  const example = /```js\n(.*?)```/s.exec(readme)?.[1] ?? "";
  assert.ok(example.trim().split("\n").length < 10);
  const program = example.replaceAll("user-1", newUser());
  const output = execFileSync(process.execPath, ["--input-type=module", "--eval", program], {
    encoding: "utf8",
    timeout: 10_000,
  });
  assert.equal(output, "0.0075\ntrue\n");
});
