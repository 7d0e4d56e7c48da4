import type { User } from "proto/user_service_pb.js";

import { users } from "../../api/services";
import { formatPlural } from "../../format/number";
import { formatDay } from "../../format/time";
import { Card } from "../../parts/card";
import { Cost } from "../../parts/cost";
import { DataTable } from "../../parts/data-table";
import { Empty } from "../../parts/empty";
import { Pager } from "../../parts/pager";
import { UserLink } from "../../parts/user-link";
import { usePages } from "../../state/pages-of";
import { here } from "../../state/route";

interface Props {
  readonly search: string;
  readonly zone: string;
}

/** The users that a search finds, whatever they cost. */
export function FoundUsers({ search, zone }: Props) {
  const pages = usePages<User, { items: User[]; nextPageToken: string }>(
    search,
    async (pageToken, signal) => {
      const answer = await users.listUsers({ search, pageSize: 20, pageToken }, { signal });
      return { items: answer.users, nextPageToken: answer.nextPageToken };
    },
  );
  return (
    <Card
      title={`Found for “${search}”`}
      answer={pages.first}
      tools={<a href={here({ q: undefined })}>Close</a>}
    >
      {() =>
        pages.items.length === 0 ? (
          <Empty title="Nobody is called that">
            <p>The search looks for a part of the id, the name or the e-mail address.</p>
          </Empty>
        ) : (
          <>
            <Found rows={pages.items} zone={zone} />
            <Pager
              shown={formatPlural(pages.items.length, "user")}
              more={pages.more}
              loading={pages.loading}
              onMore={pages.next}
            />
          </>
        )
      }
    </Card>
  );
}

function Found({ rows, zone }: { readonly rows: readonly User[]; readonly zone: string }) {
  return (
    <DataTable
      caption="Users found"
      columns={[
        {
          title: "User",
          head: true,
          render: ({ userId, displayName }: User) => (
            <UserLink userId={userId} name={displayName} />
          ),
        },
        { title: "Id", render: ({ userId }) => userId },
        { title: "E-mail", render: ({ email }) => email || "–" },
        { title: "Plan", render: ({ plan }) => plan || "–" },
        {
          title: "Pays a month",
          figure: true,
          render: ({ monthlyRevenue }) => (monthlyRevenue ? <Cost money={monthlyRevenue} /> : "–"),
        },
        {
          title: "Known since",
          render: ({ createTime }) => (createTime ? formatDay(createTime, zone) : "–"),
        },
      ]}
      rows={rows}
      keyOf={({ userId }) => userId}
    />
  );
}
