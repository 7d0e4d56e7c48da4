/** Where files come from: the one place that knows the address. */
import { create, type MessageInitShape, toJsonString } from "@bufbuild/protobuf";
import { ExportFormat, ExportRequestSchema } from "proto/export_service_pb.js";

export type Report = MessageInitShape<typeof ExportRequestSchema>["report"];

/** The address of a report as a file. */
export function exportAddress(report: Report, format: ExportFormat): string {
  const request = create(ExportRequestSchema, { format, report } as MessageInitShape<
    typeof ExportRequestSchema
  >);
  const json = toJsonString(ExportRequestSchema, request);
  return `/export?${new URLSearchParams({ request: json }).toString()}`;
}
