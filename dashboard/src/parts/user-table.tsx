import type { TopUser } from "proto/analytics_service_pb.js";

import { placesFor } from "../format/money";
import { Cost } from "./cost";
import { Count } from "./count";
import { DataTable } from "./data-table";
import { Share } from "./share";
import { UserLink } from "./user-link";

interface Props {
  readonly users: readonly TopUser[];
  /** Shows calls and the mean of a day too. */
  readonly wide?: boolean;
}

/** Users and what they cost, the dearest first. */
export function UserTable({ users, wide = false }: Props) {
  const places = placesFor(users.map(({ totals }) => totals?.cost?.amount ?? "0"));
  const meanPlaces = placesFor(users.map(({ meanDailyCost }) => meanDailyCost?.amount ?? "0"));
  return (
    <DataTable
      slim={!wide}
      caption="Users by cost"
      columns={[
        {
          title: "User",
          head: true,
          render: ({ userId, displayName }) => <UserLink userId={userId} name={displayName} />,
        },
        ...(wide
          ? [
              { title: "Plan", render: ({ plan }: TopUser) => plan || "–" },
              {
                title: "Calls",
                figure: true,
                render: ({ totals }: TopUser) => <Count count={totals?.requestCount ?? 0n} />,
              },
              {
                title: "Mean of a day",
                figure: true,
                render: ({ meanDailyCost }: TopUser) => (
                  <Cost money={meanDailyCost} places={meanPlaces} />
                ),
              },
            ]
          : []),
        {
          title: "Cost",
          figure: true,
          render: ({ totals }) => <Cost money={totals?.cost} places={places} />,
        },
        {
          title: "Share",
          figure: true,
          render: ({ costPercent, userId }) => (
            <Share percent={costPercent} label={`Share of ${userId}`} />
          ),
        },
      ]}
      rows={users}
      keyOf={({ userId }) => userId}
    />
  );
}
