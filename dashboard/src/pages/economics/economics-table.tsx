import type { UnitEconomics } from "proto/analytics_service_pb.js";
import type { Money } from "proto/types_pb.js";

import { placesFor } from "../../format/money";
import { formatPercent } from "../../format/percent";
import { Cost } from "../../parts/cost";
import { Count } from "../../parts/count";
import { type Column, DataTable } from "../../parts/data-table";
import { Difference } from "../../parts/difference";
import { UserLink } from "../../parts/user-link";
import { Ratio } from "./ratio";

interface Props {
  readonly rows: readonly UnitEconomics[];
  /** What a row is. */
  readonly name: string;
  readonly caption: string;
  /** All of them. */
  readonly foot?: UnitEconomics | undefined;
  readonly users?: boolean;
}

/** What came in, what went out, and what is left. */
export function EconomicsTable({ rows, name, caption, foot, users = false }: Props) {
  const all = foot ? [...rows, foot] : rows;
  const money = (title: string, of: (one: UnitEconomics) => Money | undefined): Column<Row> => {
    const places = placesFor(all.map((one) => of(one)?.amount ?? "0"));
    return {
      title,
      figure: true,
      render: (one) => {
        const amount = of(one);
        return amount ? <Cost money={amount} places={places} /> : "–";
      },
    };
  };
  const marginPlaces = placesFor(all.map(({ margin }) => margin?.amount ?? "0"));
  return (
    <DataTable
      caption={caption}
      columns={[
        { title: name, head: true, render: (one) => <Name of={one} foot={foot} user={users} /> },
        ...(users
          ? []
          : [
              {
                title: "Users",
                figure: true,
                render: ({ userCount }: Row) => <Count count={userCount} />,
              },
            ]),
        money("Revenue", ({ revenue }) => revenue),
        money("Cost", ({ cost }) => cost),
        {
          title: "Margin",
          figure: true,
          render: ({ margin }) => (
            <Difference money={margin} places={marginPlaces} good="more" plus={false} />
          ),
        },
        {
          title: "Of revenue",
          figure: true,
          render: ({ marginPercent }) => formatPercent(marginPercent),
        },
        money("Cost to win", ({ acquisitionCost }) => acquisitionCost),
        money("Margin to date", ({ lifetimeMargin }) => lifetimeMargin),
        { title: "LTV : CAC", figure: true, render: ({ ltvToCac }) => <Ratio of={ltvToCac} /> },
      ]}
      rows={rows}
      keyOf={({ key }) => key}
      foot={foot}
    />
  );
}

type Row = UnitEconomics;

interface NameProps {
  readonly of: UnitEconomics;
  readonly foot: UnitEconomics | undefined;
  readonly user: boolean;
}

function Name({ of, foot, user }: NameProps) {
  if (of === foot) return <>Together</>;
  if (user) return <UserLink userId={of.key} name={of.displayName} />;
  return <>{of.key || "(no plan)"}</>;
}
