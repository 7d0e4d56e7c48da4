/** What the verbs record, caught before it is sent. */
import { fromBinary } from "@bufbuild/protobuf";
import { configure, type SenderOptions, type UsageRecord } from "aiusage";

import { UsageRecordSchema } from "../src/gen/aiusage/v1/usage_service_pb.js";
import type { Sender } from "../src/sending/sender.js";
import { shared } from "../src/shared.js";
import { readRecord } from "../src/usage-from-proto.js";

/** The records that `fn` makes, which it sees as they come, and each line that is logged. */
export async function recorded(
  fn: (records: readonly Partial<UsageRecord>[]) => unknown,
  options: SenderOptions = {},
  warnings: string[] = [],
): Promise<Partial<UsageRecord>[]> {
  const records: Partial<UsageRecord>[] = [];
  configure(options);
  shared.sender = {
    give: (record: Uint8Array) => records.push(readRecord(fromBinary(UsageRecordSchema, record))),
    log: { warn: (_kind: string, message: string) => warnings.push(message) },
  } as unknown as Sender;
  try {
    await fn(records);
  } finally {
    shared.sender = undefined;
    configure({});
  }
  return records;
}
