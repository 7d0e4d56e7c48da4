/** Calls the service as anybody would: JSON over HTTP, with a key. */
import {
  type DescMethodUnary,
  type MessageInitShape,
  type MessageShape,
  create,
  fromJson,
  toJsonString,
} from "@bufbuild/protobuf";

export interface Service {
  readonly address: string;
  readonly apiKey: string;
}

/** The answer of a method; throws with what the service said. */
export async function call<M extends DescMethodUnary>(
  { address, apiKey }: Service,
  method: M,
  request: MessageInitShape<M["input"]>,
): Promise<MessageShape<M["output"]>> {
  const answer = await fetch(`${address}/${method.parent.typeName}/${method.name}`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${apiKey}` },
    body: toJsonString(method.input, create(method.input, request)),
  });
  if (!answer.ok) throw new Error(`${method.name}: ${answer.status} ${await answer.text()}`);
  return fromJson(method.output, await answer.json()) as MessageShape<M["output"]>;
}
