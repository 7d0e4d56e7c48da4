import { ExportFormat } from "proto/export_service_pb.js";

import { type Report, exportAddress } from "../api/export";
import { boundUser } from "../state/session";

/** A report as a file. The service gives none to a key that is bound to one user. */
export function ExportLinks({ report, of }: { readonly report: Report; readonly of: string }) {
  if (boundUser.value !== "") return null;
  return (
    <span class="exports" role="group" aria-label={`Download ${of}`}>
      {FORMATS.map(([format, name]) => (
        <a
          key={name}
          class="button quiet"
          href={exportAddress(report, format)}
          download
          aria-label={`${of} as ${name}`}
        >
          {name}
        </a>
      ))}
    </span>
  );
}

const FORMATS = [
  [ExportFormat.CSV, "CSV"],
  [ExportFormat.EXCEL, "Excel"],
] as const;
