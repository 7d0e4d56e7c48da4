import { timestampDate } from "@bufbuild/protobuf/wkt";
import { type CompareInvoiceResponse, GapKind } from "proto/analytics_service_pb.js";

import { parse } from "../../format/decimal";
import { formatPlural } from "../../format/number";
import { Change } from "../../parts/change";
import { Cost } from "../../parts/cost";
import { Difference } from "../../parts/difference";
import { Figure } from "../../parts/figure";
import { dayAt } from "../../state/day";
import { formatDate } from "../../format/time";
import { CauseTable } from "./cause-table";
import { RowTable } from "./row-table";

interface Props {
  readonly value: CompareInvoiceResponse;
  readonly provider: string;
}

/** How far the two lie apart, why, and where. */
export function Comparison({ value, provider }: Props) {
  const { invoiced, recorded, gap, rows, causes, otherLineCount } = value;
  const apart = parse(gap?.amount ?? "0").digits !== 0n;
  const agrees = causes.every(({ kind }) => kind === GapKind.UNSPECIFIED);
  return (
    <>
      <p class="note">{daysOf(value)}</p>
      <dl class="figures-row">
        <Figure label="Invoice">
          <Cost money={invoiced} />
        </Figure>
        <Figure label="Log">
          <Cost money={recorded} />
        </Figure>
        <Figure
          label="Difference"
          note={
            apart && (
              <Change
                now={invoiced?.amount ?? "0"}
                before={recorded?.amount ?? "0"}
                than="the log"
              />
            )
          }
        >
          <Difference money={gap} />
        </Figure>
      </dl>
      {otherLineCount > 0n && (
        <p class="note">
          Left aside: {formatPlural(otherLineCount, "line")} about no model, such as taxes or
          credits.
        </p>
      )}
      {agrees ? (
        <p class="agrees">
          <span class="badge good">Agrees</span> Every day of every model is the same to the last
          digit.
        </p>
      ) : (
        <CauseTable causes={causes} />
      )}
      <RowTable rows={rows} provider={provider} zone={value.timeZone} />
    </>
  );
}

/** The days of the invoice, the last one included. */
function daysOf({ range, timeZone }: CompareInvoiceResponse): string {
  if (!range?.startTime || !range.endTime) return "";
  const first = dayAt(timestampDate(range.startTime), timeZone);
  const last = dayAt(new Date(timestampDate(range.endTime).getTime() - 1), timeZone);
  const days = first === last ? formatDate(first) : `${formatDate(first)} to ${formatDate(last)}`;
  return `${days}, days of ${timeZone}`;
}
