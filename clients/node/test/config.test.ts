import assert from "node:assert/strict";
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";

import { Client, ConfigurationError } from "aiusage";

import { findCredentials, parseAddress } from "../src/config.js";

const FILED = { address: "http://127.0.0.1:50051", apiKey: "aiusage_filed" };
const before = { ...process.env };
let home: string;

beforeEach(() => {
  home = fs.mkdtempSync(join(tmpdir(), "aiusage-home-"));
  for (const name of Object.keys(process.env)) {
    if (/^(AIUSAGE_|XDG_CONFIG_HOME)/.test(name)) delete process.env[name];
  }
  process.env["HOME"] = home;
});

afterEach(() => {
  for (const name of Object.keys(process.env)) delete process.env[name];
  Object.assign(process.env, before);
  fs.rmSync(home, { recursive: true });
});

function writeCredentials(path: string): string {
  fs.mkdirSync(dirname(path), { recursive: true });
  const { address, apiKey } = FILED;
  fs.writeFileSync(path, JSON.stringify({ address, api_key: apiKey }));
  return path;
}

const inHome = () => join(home, ".config/aiusage/credentials.json");

test("arguments come before the environment, and that before the file", () => {
  writeCredentials(inHome());
  assert.deepEqual(findCredentials({}), FILED);
  assert.deepEqual(findCredentials({ address: FILED.address }), FILED);
  process.env["AIUSAGE_ADDRESS"] = "http://environment:1";
  process.env["AIUSAGE_API_KEY"] = "aiusage_environment";
  const environment = { address: "http://environment:1", apiKey: "aiusage_environment" };
  assert.deepEqual(findCredentials({}), environment);
  const given = { address: "http://argument:1", apiKey: "aiusage_argument" };
  assert.deepEqual(findCredentials(given), given);
});

test("the environment says where the file is", () => {
  process.env["XDG_CONFIG_HOME"] = join(home, "xdg");
  writeCredentials(join(home, "xdg/aiusage/credentials.json"));
  assert.deepEqual(findCredentials({}), FILED);
  process.env["XDG_CONFIG_HOME"] = join(home, "nothing");
  process.env["AIUSAGE_CREDENTIALS_FILE"] = writeCredentials(join(home, "named.json"));
  assert.deepEqual(findCredentials({}), FILED);
});

test("the key of the file goes to no other address", () => {
  writeCredentials(inHome());
  const elsewhere = () => findCredentials({ address: "http://elsewhere:1" });
  assert.throws(elsewhere, /no API key for http:\/\/elsewhere:1/);
});

test("without anything the error says where to put it", () => {
  assert.throws(() => new Client(), ConfigurationError);
  assert.throws(() => new Client(), /address.*AIUSAGE_ADDRESS.*credentials\.json/);
  assert.throws(() => new Client({ address: "http://127.0.0.1:1" }), /AIUSAGE_API_KEY/);
});

for (const content of ["", "[]", "null", '{"address": "http://127.0.0.1:1"}']) {
  test(`a spoiled file is named: ${content}`, () => {
    fs.writeFileSync(writeCredentials(inHome()), content);
    assert.throws(() => findCredentials({}), /credentials\.json must hold JSON/);
  });
}

test("addresses", () => {
  assert.equal(parseAddress("http://127.0.0.1:50051/"), "http://127.0.0.1:50051");
  assert.equal(parseAddress("http://[::1]:50051"), "http://[::1]:50051");
  assert.equal(parseAddress("https://aiusage.example.com"), "https://aiusage.example.com");
  for (const bad of ["127.0.0.1:50051", "ftp://host:1", "http://", "http://h:1/path", "host"]) {
    assert.throws(() => parseAddress(bad), /http:\/\/host:port/, bad);
  }
});
