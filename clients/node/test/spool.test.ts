/** Records on the disk, without a sender. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";

import { Log } from "../src/sending/log.js";
import { newOwner } from "../src/sending/spool/owner.js";
import { spoolFolder } from "../src/sending/spool/folder.js";
import { Spool } from "../src/sending/spool/spool.js";

const base = fs.mkdtempSync(join(tmpdir(), "aiusage-spool-"));
after(() => fs.rmSync(base, { recursive: true }));

let folderCount = 0;

/** A folder of its own, and spools in it that write their warnings to one list. */
function newFolder() {
  const folder = join(base, String((folderCount += 1)));
  const warnings: string[] = [];
  const log = new Log((line) => warnings.push(line));
  const newSpool = (bytesMax = 1024 * 1024 * 1024) => new Spool(folder, bytesMax, log);
  return { folder, warnings, newSpool };
}

function packed(...texts: string[]): Uint8Array[] {
  return texts.map((text) => Buffer.from(text));
}

/** Everything that a spool has, taken out of it. */
function drained(spool: Spool): string[] {
  const texts: string[] = [];
  for (let stored = spool.next(); stored; stored = spool.next()) {
    texts.push(...stored.records.map((record) => Buffer.from(record).toString()));
    spool.remove(stored);
  }
  return texts;
}

function files(folder: string, ending: string): string[] {
  const names = fs.readdirSync(folder, { recursive: true, encoding: "utf8" });
  return names.filter((name) => name.endsWith(ending)).map((name) => join(folder, name));
}

/** As if no owner had said for long that it lives. */
function silence(folder: string): void {
  for (const path of files(folder, "alive")) fs.utimesSync(path, new Date(0), new Date(0));
}

test("records come back as they were, in their order", () => {
  const { folder, newSpool } = newFolder();
  const spool = newSpool();
  assert.equal(spool.append(packed("a", "", "ü")), 3);
  assert.equal(spool.append(packed("b")), 1);
  assert.equal(spool.length, 4);
  assert.deepEqual(drained(spool), ["a", "", "ü", "b"]);
  assert.equal(spool.length, 0);
  spool.release();
  assert.deepEqual(fs.readdirSync(folder), []);
});

test("what is left is taken over once", () => {
  const { newSpool } = newFolder();
  const [left, first, second] = [newSpool(), newSpool(), newSpool()];
  left.append(packed("a", "b"));
  left.release();
  assert.deepEqual([first.rescue(), second.rescue()], [true, false]);
  assert.deepEqual([drained(first), drained(second)], [["a", "b"], []]);
});

test("who lives keeps what is theirs", () => {
  const { newSpool } = newFolder();
  const [owner, other] = [newSpool(), newSpool()];
  owner.append(packed("a"));
  assert.equal(other.rescue(), false);
  assert.deepEqual(drained(owner), ["a"]);
});

test("who was taken for dead loses nothing", () => {
  const { folder, newSpool } = newFolder();
  const [owner, other] = [newSpool(), newSpool()];
  owner.append(packed("a"));
  silence(folder);
  assert.ok(other.rescue());
  // The file is open still, under a name that others read.
  assert.deepEqual(drained(other), ["a"]);
  assert.equal(owner.append(packed("b")), 1);
  assert.deepEqual(drained(owner), ["b"]);
});

test("who was taken for dead while records were read back does no harm", () => {
  const { folder, newSpool } = newFolder();
  const [owner, other] = [newSpool(), newSpool()];
  owner.append(packed("a"));
  const stored = owner.next()!;
  silence(folder);
  assert.ok(other.rescue());
  owner.remove(stored);
  assert.equal(owner.next(), undefined);
  // Sent twice, counted once.
  assert.deepEqual(drained(other), ["a"]);
});

test("a write that was cut off hides nothing before it", () => {
  const { folder, warnings, newSpool } = newFolder();
  const spool = newSpool();
  spool.append(packed("first", "second", "third"));
  spool.release();
  const [path = ""] = files(folder, ".seg");
  fs.truncateSync(path, fs.statSync(path).size - 1);
  const next = newSpool();
  next.rescue();
  assert.deepEqual(drained(next), ["first", "second"]);
  assert.match(warnings.join(), /the last 12 bytes of .* are no whole record/);
});

test("a byte that changed is noticed", () => {
  const { folder, newSpool } = newFolder();
  const spool = newSpool();
  spool.append(packed("first", "second"));
  spool.release();
  const [path = ""] = files(folder, ".seg");
  const bytes = fs.readFileSync(path);
  bytes[bytes.indexOf("second")]! ^= 1;
  fs.writeFileSync(path, bytes);
  const next = newSpool();
  next.rescue();
  assert.deepEqual(drained(next), ["first"]);
});

test("what a newer client wrote is left alone", () => {
  const { folder, warnings, newSpool } = newFolder();
  const spool = newSpool();
  spool.append(packed("a"));
  spool.release();
  const [path = ""] = files(folder, ".seg");
  const bytes = fs.readFileSync(path);
  fs.writeFileSync(path, Buffer.concat([Buffer.from("aiusage9"), bytes.subarray(8)]));
  const next = newSpool();
  next.rescue();
  assert.deepEqual(drained(next), []);
  assert.equal(files(folder, ".seg").length, 1);
  assert.match(warnings.join(), /a newer client wrote it/);
});

test("the bound holds for all owners together, and room comes back", () => {
  const { warnings, newSpool } = newFolder();
  const record = "x".repeat(900);
  const [one, two] = [newSpool(4_000), newSpool(4_000)];
  assert.equal(one.append(packed(record, record)), 2);
  assert.equal(two.append(packed(record)), 1);
  assert.equal(two.append(packed(record, record)), 0);
  assert.match(warnings.join(), /has reached 4000 bytes/);
  assert.equal(drained(one).length, 2);
  assert.equal(newSpool(4_000).append(packed(record, record)), 2);
});

test("large backlogs lie in many segments", () => {
  const { folder, newSpool } = newFolder();
  const records = Array.from({ length: 3_000 }, (_, index) => `${index} ${"x".repeat(1_000)}`);
  const spool = newSpool();
  assert.equal(spool.append(packed(...records)), 3_000);
  assert.ok(files(folder, ".seg").length > 2);
  spool.release();
  const next = newSpool();
  assert.ok(next.rescue());
  assert.deepEqual(drained(next), records);
});

test("each address and key has a folder that names neither", () => {
  const credentials = { address: "http://127.0.0.1:50051", apiKey: "aiusage_1" };
  const folder = spoolFolder("/spool", credentials);
  assert.match(folder, /^\/spool\/node-[0-9a-f]{32}$/);
  assert.equal(
    spoolFolder("/spool", { ...credentials, address: "http://127.0.0.1:50051/" }),
    folder,
  );
  assert.notEqual(spoolFolder("/spool", { ...credentials, apiKey: "aiusage_2" }), folder);
  assert.notEqual(spoolFolder("/spool", { ...credentials, address: "http://127.0.0.1:1" }), folder);
});

test("a file that cannot be begun leaves nothing behind", () => {
  const path = join(base, "full.seg");
  const segment = new URL("../src/sending/spool/segment.js", import.meta.url);
  const program = `
    import fs from "node:fs";
    import { OpenSegment } from "${segment}";
    const nextFile = () => {
      const file = fs.openSync("/dev/null");
      fs.closeSync(file);
      return file;
    };
    const before = nextFile();
    try {
      new OpenSegment("${path}");
    } catch ({ code }) {
      console.log(code, nextFile() - before, fs.existsSync("${path}"));
    }`;
  // No file may have a single byte.
  const limited = ["-c", 'ulimit -f 0; exec "$0" --input-type=module --eval "$1"'];
  const args = [...limited, process.execPath, program];
  assert.equal(execFileSync("sh", args, { encoding: "utf8" }), "EFBIG 0 false\n");
});

test("stray files keep nobody from what is left", () => {
  const { folder, warnings, newSpool } = newFolder();
  const left = newSpool();
  left.append(packed("a"));
  left.release();
  fs.writeFileSync(join(folder, ".DS_Store"), "");
  // Such as that of an owner here that is gone.
  fs.writeFileSync(join(folder, newOwner()), "");
  const next = newSpool();
  assert.ok(next.rescue());
  assert.deepEqual([drained(next), warnings], [["a"], []]);
});
