import { analytics } from "../../api/services";
import { Card } from "../../parts/card";
import { Count } from "../../parts/count";
import { ExportLinks } from "../../parts/export-links";
import { UserTable } from "../../parts/user-table";
import { useAnswer } from "../../state/answer";
import type { Asked } from "../../state/asked";
import { sharedOf } from "../../state/question";
import { address } from "../../state/address";
import { place } from "../../state/route";

/** The users who cost most. */
export function TopUsersCard({ asked }: { readonly asked: Asked }) {
  const request = { ...asked.request, top: 8 };
  const answer = useAnswer(asked.key, (signal) => analytics.listTopUsers(request, { signal }));
  const all = address("/users", sharedOf(place.value.params));
  return (
    <Card
      title="Top users"
      answer={answer}
      tools={<ExportLinks of="Users by cost" report={{ case: "topUsers", value: asked.request }} />}
    >
      {({ users, userCount }) => (
        <>
          <UserTable users={users} />
          <p class="card-end">
            <a href={all}>
              All <Count count={userCount} /> users
            </a>
          </p>
        </>
      )}
    </Card>
  );
}
