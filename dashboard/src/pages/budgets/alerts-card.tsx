import { useState } from "preact/hooks";
import { type Alert, AlertKind } from "proto/alert_service_pb.js";

import { type Problem, readProblem } from "../../api/problem";
import type { Watching } from "../../api/watch";
import { formatTime } from "../../format/time";
import { Pager } from "../../parts/pager";
import { ProblemBox } from "../../parts/problem-box";
import { UserLink } from "../../parts/user-link";
import type { Watched } from "./use-alerts";

interface Props {
  readonly watched: Watched;
  readonly zone: string;
}

const STEP = 10;

/** What somebody should know, as it comes. */
export function AlertsCard({ watched, zone }: Props) {
  const { alerts, state, acknowledge } = watched;
  const [problem, setProblem] = useState<Problem>();
  const [shown, setShown] = useState(STEP);
  return (
    <section class="card" aria-label="Alerts">
      <div class="card-head">
        <h2>Alerts</h2>
        <Live state={state} />
      </div>
      {problem && <ProblemBox problem={problem} />}
      {alerts.length === 0 && state === "live" && (
        <p class="muted">
          Nothing is open. An alert comes when a budget reaches a threshold or refuses a call, when
          a model has no price, and when an hour costs far more than usual.
        </p>
      )}
      <ul class="alerts" aria-live="polite">
        {alerts.slice(0, shown).map((alert) => (
          <AlertLine
            key={alert.alertId}
            alert={alert}
            zone={zone}
            acknowledge={() => {
              acknowledge(alert.alertId).catch((error: unknown) => setProblem(readProblem(error)));
            }}
          />
        ))}
      </ul>
      {alerts.length > STEP && (
        <Pager
          shown={`${Math.min(shown, alerts.length)} of ${alerts.length}`}
          more={alerts.length > shown}
          loading={false}
          onMore={() => setShown(shown + 5 * STEP)}
        />
      )}
    </section>
  );
}

const LIVE: Readonly<Record<Watching, readonly [string, string]>> = {
  connecting: ["connecting…", "badge"],
  live: ["live", "badge good"],
  lost: ["connection lost, trying again", "badge warn"],
  "signed-out": ["signed out", "badge"],
};

function Live({ state }: { readonly state: Watching }) {
  const [words, look] = LIVE[state];
  return (
    <span class={look} role="status">
      {words}
    </span>
  );
}

const KINDS: Readonly<Record<AlertKind, readonly [string, string]>> = {
  [AlertKind.UNSPECIFIED]: ["alert", "badge"],
  [AlertKind.THRESHOLD]: ["threshold", "badge warn"],
  [AlertKind.EXHAUSTED]: ["used up", "badge bad"],
  [AlertKind.REFUSED]: ["refused", "badge bad"],
  [AlertKind.UNPRICED_USAGE]: ["no price", "badge warn"],
  [AlertKind.ANOMALY]: ["unusual", "badge warn"],
  [AlertKind.DAILY_BUDGET]: ["used up today", "badge bad"],
};

/** The service's sentence, with the user by name. */
function Message({ alert: { message, userId } }: { readonly alert: Alert }) {
  const named = JSON.stringify(userId);
  const at = userId === "" ? -1 : message.indexOf(named);
  if (at < 0) return <>{message}</>;
  return (
    <>
      {message.slice(0, at)}
      <UserLink userId={userId} />
      {message.slice(at + named.length)}
    </>
  );
}

interface LineProps {
  readonly alert: Alert;
  readonly zone: string;
  readonly acknowledge: () => void;
}

function AlertLine({ alert, zone, acknowledge }: LineProps) {
  const [kind, look] = KINDS[alert.kind] ?? KINDS[AlertKind.UNSPECIFIED];
  const seen = alert.acknowledgeTime !== undefined;
  return (
    <li class={seen ? "alert seen" : "alert"}>
      <p>
        <span class={look}>{kind}</span>{" "}
        <time class="muted">{alert.createTime && formatTime(alert.createTime, zone)}</time>
      </p>
      <p class="alert-message">
        <Message alert={alert} />
      </p>
      <p>
        {seen ? (
          <span class="muted">Seen by key {alert.acknowledgedBy}</span>
        ) : (
          <button
            class="button quiet"
            type="button"
            onClick={acknowledge}
            aria-label={`Mark as seen: ${alert.message}`}
          >
            Mark as seen
          </button>
        )}
      </p>
    </li>
  );
}
