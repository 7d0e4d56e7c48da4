/** What the package has in it. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";

test("the package has what is built, and what one should read", () => {
  const args = ["pack", "--dry-run", "--json", "--ignore-scripts"];
  const [packed] = JSON.parse(execFileSync("npm", args, { encoding: "utf8", stdio: "pipe" }));
  const paths: string[] = packed.files.map(({ path }: { path: string }) => path);
  const others = paths.filter((path) => !/^dist\/(cjs|esm)\/.*(\.js|\.d\.ts)$/.test(path));
  assert.deepEqual(others.sort(), [
    "CHANGELOG.md",
    "LICENSE-APACHE",
    "LICENSE-MIT",
    "README.md",
    "dist/cjs/package.json",
    "package.json",
  ]);
  assert.ok(paths.includes("dist/esm/index.d.ts") && paths.includes("dist/cjs/index.js"));
});
