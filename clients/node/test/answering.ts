/** A server on this machine that answers as it is told to. */
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { after } from "node:test";
import { crc32 } from "node:zlib";

type Json = Record<string, any>;

/** Writes an answer; one that does not end it leaves it open. */
export type Answer = (response: ServerResponse) => void;

export interface Answering {
  /** "http://127.0.0.1:port", without a path. */
  readonly url: string;
  /** Gives these answers in turn, and the last one again and again. */
  answer(...answers: Answer[]): void;
}

/** Starts the server; it is stopped when the test file is done. */
export async function startAnswering(): Promise<Answering> {
  let answers: Answer[] = [];
  const server = createServer(async (request, response) => {
    await buffer(request);
    const [answer] = answers.length > 1 ? answers.splice(0, 1) : answers;
    answer?.(response);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  after(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, answer: (...given) => (answers = given) };
}

/** A body or the events of the case that all clients share and whose name begins like this. */
export function caseOf(file: string, name: string): { body: Json; events: Json[] } {
  const text = readFileSync(join("..", "conformance", `responses-${file}.json`), "utf8");
  const found = JSON.parse(text).cases.find((each: Json) => each["name"].startsWith(name));
  if (!found) throw new Error(`no case begins with "${name}"`);
  return found;
}

export function asJson(body: unknown, status = 200, headers: Json = {}): Answer {
  return (response) => {
    response.writeHead(status, { "content-type": "application/json", ...headers });
    response.end(JSON.stringify(body));
  };
}

/** Never answers. */
export const silence: Answer = () => {};

/** Events as most providers stream them; without `isWhole`, more could follow. */
export function asEvents(events: readonly unknown[], isWhole = true): Answer {
  return (response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.write(events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join(""));
    if (isWhole) response.end("data: [DONE]\n\n");
  };
}

/** Amazon's event stream: frames of headers and a payload, each with its sums. */
export function asAmazonEvents(events: readonly Json[]): Answer {
  const frames = events.flatMap((event) =>
    Object.entries(event).map(([name, payload]) => frame(name, payload)),
  );
  return (response) => {
    response.writeHead(200, { "content-type": "application/vnd.amazon.eventstream" });
    response.end(Buffer.concat(frames));
  };
}

function frame(name: string, payload: unknown): Buffer {
  const isException = name.endsWith("Exception");
  const headers = Buffer.concat([
    header(isException ? ":exception-type" : ":event-type", name),
    header(":content-type", "application/json"),
    header(":message-type", isException ? "exception" : "event"),
  ]);
  const body = Buffer.from(JSON.stringify(payload));
  const prelude = Buffer.concat([
    uint32(16 + headers.length + body.length),
    uint32(headers.length),
  ]);
  const begun = Buffer.concat([prelude, uint32(crc32(prelude)), headers, body]);
  return Buffer.concat([begun, uint32(crc32(begun))]);
}

function header(name: string, value: string): Buffer {
  const isText = 7;
  const length = Buffer.from([isText, value.length >> 8, value.length & 255]);
  return Buffer.concat([Buffer.from([name.length]), Buffer.from(name), length, Buffer.from(value)]);
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
