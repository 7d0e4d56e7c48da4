/** Streams of the service: one message of JSON in each line. */
import { fromJsonString, type DescMessage, type MessageShape } from "@bufbuild/protobuf";

import { Problem } from "./problem";

/** The messages of a server stream, as they come. */
export async function* readLines<T extends DescMessage>(
  path: string,
  request: string,
  schema: T,
  signal: AbortSignal,
): AsyncGenerator<MessageShape<T>> {
  const answer = await fetch(path, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: request,
    signal,
  });
  if (!answer.ok || !answer.body) throw await Problem.of(answer);
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const lines = (rest + value).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) yield readLine(line, schema);
  }
}

/** A line is a message, or the error that ended the stream. */
function readLine<T extends DescMessage>(line: string, schema: T): MessageShape<T> {
  const failed = /^\{"error":/.test(line);
  if (!failed) return fromJsonString(schema, line, { ignoreUnknownFields: true });
  const { error } = JSON.parse(line) as { error: { code?: string; message?: string } };
  throw new Problem(error.message ?? "The stream broke.", "", error.code === "unauthenticated");
}
