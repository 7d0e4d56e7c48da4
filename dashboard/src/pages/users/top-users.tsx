import { analytics } from "../../api/services";
import { Card } from "../../parts/card";
import { Cost } from "../../parts/cost";
import { Count } from "../../parts/count";
import { ExportLinks } from "../../parts/export-links";
import { FirstSteps } from "../../parts/first-steps";
import { Pager } from "../../parts/pager";
import { UserTable } from "../../parts/user-table";
import { formatCount } from "../../format/number";
import { useAnswer } from "../../state/answer";
import type { Asked } from "../../state/asked";
import { go, here } from "../../state/route";
import { TOP_MAX, currentTop } from "../../state/top";

const STEP = 50;

/** The users who cost most in the period. */
export function TopUsers({ asked }: { readonly asked: Asked }) {
  const top = currentTop(STEP);
  const request = { ...asked.request, top };
  const answer = useAnswer(`${asked.key} ${top}`, (signal) =>
    analytics.listTopUsers(request, { signal }),
  );
  return (
    <Card
      title="By cost"
      answer={answer}
      tools={<ExportLinks of="Users by cost" report={{ case: "topUsers", value: asked.request }} />}
    >
      {({ users, userCount, totals }) =>
        users.length === 0 ? (
          <FirstSteps filtered={asked.filtered} />
        ) : (
          <>
            <p class="note">
              <Count count={userCount} /> users cost <Cost money={totals?.cost} /> together.
            </p>
            <UserTable users={users} wide />
            <Pager
              shown={`${formatCount(BigInt(users.length))} of ${formatCount(userCount)} users`}
              more={userCount > BigInt(users.length) && top < TOP_MAX}
              loading={answer.loading}
              onMore={() => go(here({ top: Math.min(TOP_MAX, top * 2).toString() }), true)}
            />
          </>
        )
      }
    </Card>
  );
}
