import type { GetBreakdownResponse } from "proto/analytics_service_pb.js";
import type { UsageTotals } from "proto/types_pb.js";

import { placesFor } from "../format/money";
import { formatCount } from "../format/number";
import { readQuestion, withCondition } from "../state/question";
import { here, place } from "../state/route";
import { Cost } from "./cost";
import { Count } from "./count";
import { DataTable } from "./data-table";
import { Share } from "./share";

interface Props {
  readonly value: GetBreakdownResponse;
  /** The dimension, for people. */
  readonly name: string;
  /** The filter that a key belongs to. Absent: keys lead nowhere. */
  readonly param?: string;
}

interface Row {
  readonly id: string;
  readonly name: string;
  readonly key?: string | undefined;
  readonly totals: UsageTotals | undefined;
  readonly percent?: string;
}

/** What each key cost, the rest, and all together: they add up. */
export function BreakdownTable({ value, name, param }: Props) {
  const question = readQuestion(place.value.params);
  const rows: Row[] = value.rows.map(({ keys, displayNames, totals, costPercent }) => ({
    id: `=${keys.join("\n")}`,
    name: displayNames[0] || keys[0] || "(none)",
    key: keys[0] ?? "",
    totals,
    percent: costPercent,
  }));
  if (value.rest) {
    const others = `${formatCount(value.restCount)} others`;
    rows.push({ id: "rest", name: others, totals: value.rest });
  }
  const all: Row = { id: "all", name: "Together", totals: value.totals };
  const places = placesFor([...rows, all].map(({ totals }) => totals?.cost?.amount ?? "0"));
  return (
    <DataTable
      slim
      caption={`Cost by ${name.toLowerCase()}`}
      columns={[
        {
          title: name,
          head: true,
          render: ({ name, key }) =>
            key === undefined || param === undefined ? (
              name
            ) : (
              <a href={here(withCondition(question, param, key))}>{name}</a>
            ),
        },
        {
          title: "Calls",
          figure: true,
          render: ({ totals }) => <Count count={totals?.requestCount ?? 0n} />,
        },
        {
          title: "Cost",
          figure: true,
          render: ({ totals }) => <Cost money={totals?.cost} places={places} />,
        },
        {
          title: "Share",
          figure: true,
          render: ({ percent, name }) =>
            percent === undefined ? "" : <Share percent={percent} label={`Share of ${name}`} />,
        },
      ]}
      rows={rows}
      keyOf={({ id }) => id}
      foot={all}
    />
  );
}
