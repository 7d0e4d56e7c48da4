import { WatchAlertsResponseSchema } from "proto/alert_service_pb.js";
import { afterEach, expect, test, vi } from "vitest";

import { readLines } from "../../src/api/lines";

afterEach(() => vi.unstubAllGlobals());

/** Reads what a service sends in these pieces. */
async function read(...pieces: Uint8Array[]): Promise<string[]> {
  const body = new ReadableStream({
    start(stream) {
      for (const piece of pieces) stream.enqueue(piece);
      stream.close();
    },
  });
  vi.stubGlobal("fetch", () => Promise.resolve(new Response(body)));
  const messages: string[] = [];
  const { signal } = new AbortController();
  for await (const { alert, resumeToken } of readLines(
    "/x",
    "{}",
    WatchAlertsResponseSchema,
    signal,
  )) {
    messages.push(`${alert?.message ?? ""}|${resumeToken}`);
  }
  return messages;
}

const bytes = (text: string) => new TextEncoder().encode(text);

test("messages are whole, wherever the pieces of the stream end", async () => {
  const stream = bytes(
    '{"alert":{"message":"50 % – €5"},"resumeToken":"a"}\n{"resumeToken":"b"}\n',
  );
  for (let cut = 0; cut <= stream.length; cut += 1) {
    expect(await read(stream.slice(0, cut), stream.slice(cut))).toEqual(["50 % – €5|a", "|b"]);
  }
});

test("fields of a newer service are passed over", async () => {
  expect(await read(bytes('{"resumeToken":"a","later":{"x":1}}\n'))).toEqual(["|a"]);
});

test("an error is the last line, with the service's words", async () => {
  const failed = read(bytes('{"error":{"code":"unavailable","message":"shutting down"}}\n'));
  await expect(failed).rejects.toThrow("Shutting down.");
});

test("a refused call says why", async () => {
  const refused = new Response('{"code":"unauthenticated","message":"sign in"}', { status: 401 });
  vi.stubGlobal("fetch", () => Promise.resolve(refused));
  const lines = readLines("/x", "{}", WatchAlertsResponseSchema, new AbortController().signal);
  await expect(lines.next()).rejects.toMatchObject({ message: "Sign in.", signedOut: true });
});
