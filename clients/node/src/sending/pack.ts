import { toBinary } from "@bufbuild/protobuf";

import { UsageRecordSchema } from "../gen/aiusage/v1/usage_service_pb.js";
import type { UsageRecord } from "../records.js";
import { fitRecord } from "./fit.js";
import type { Packed } from "./queue.js";

/** The bytes of a record that the service takes, and what had to be mended for that. */
export interface PackedRecord {
  readonly record: Packed;
  /** Each of few kinds: no values of the application are in them. */
  readonly problems: readonly string[];
}

/** Makes the message of a record, once: every try sends the same bytes. */
export function pack(fields: Partial<UsageRecord>, defaultUserId?: string): PackedRecord {
  const problems: string[] = [];
  const message = fitRecord(fields, defaultUserId, problems);
  return { record: toBinary(UsageRecordSchema, message), problems };
}
