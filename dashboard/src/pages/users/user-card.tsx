import type { User } from "proto/user_service_pb.js";

import { readProblem } from "../../api/problem";
import { users } from "../../api/services";
import { formatDay } from "../../format/time";
import { Card } from "../../parts/card";
import { Cost } from "../../parts/cost";
import { Facts } from "../../parts/facts";
import { type Answer, useAnswer } from "../../state/answer";

/** What the directory knows of a user, or null. That it knows nothing is no fault. */
export function useUser(userId: string): Answer<User | null> {
  return useAnswer(userId, async (signal) => {
    try {
      return (await users.getUser({ userId }, { signal })).user ?? null;
    } catch (error) {
      if (readProblem(error).notFound) return null;
      throw error;
    }
  });
}

interface Props {
  readonly answer: Answer<User | null>;
  readonly zone: string;
}

/** What the directory knows of a user. */
export function UserCard({ answer, zone }: Props) {
  return (
    <Card title="Directory" answer={answer}>
      {(user) =>
        user === null || (!user.displayName && !user.email && !user.plan) ? (
          <p class="muted">
            Nothing is known but the id. A name, an e-mail address, a plan and what the user pays
            are given by <code>aiusage users set</code>, or by your application when a user signs
            up.
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
