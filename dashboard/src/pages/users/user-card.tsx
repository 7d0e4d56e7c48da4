import { Code, ConnectError } from "@connectrpc/connect";

import { users } from "../../api/services";
import { formatDay } from "../../format/time";
import { Card } from "../../parts/card";
import { Cost } from "../../parts/cost";
import { Facts } from "../../parts/facts";
import { useAnswer } from "../../state/answer";

interface Props {
  readonly userId: string;
  readonly zone: string;
}

/** What the directory knows of a user. That it knows nothing is no fault. */
export function UserCard({ userId, zone }: Props) {
  const answer = useAnswer(userId, async (signal) => {
    try {
      return (await users.getUser({ userId }, { signal })).user ?? null;
    } catch (error) {
      if (ConnectError.from(error).code === Code.NotFound) return null;
      throw error;
    }
  });
  return (
    <Card title="Directory" answer={answer}>
      {(user) =>
        user === null || (!user.displayName && !user.email && !user.plan) ? (
          <p class="muted">
            Nothing is known but the id. <code>UserService.UpsertUser</code> gives a name, an e-mail
            address, a plan and what the user pays.
          </p>
        ) : (
          <Facts
            of={[
              ["Name", user.displayName],
              ["E-mail", user.email],
              ["Plan", user.plan],
              ["Pays a month", user.monthlyRevenue && <Cost money={user.monthlyRevenue} />],
              ["Cost to win", user.acquisitionCost && <Cost money={user.acquisitionCost} />],
              ["Signed up", user.signupTime && formatDay(user.signupTime, zone)],
              ["Known since", user.createTime && formatDay(user.createTime, zone)],
            ]}
          />
        )
      }
    </Card>
  );
}
