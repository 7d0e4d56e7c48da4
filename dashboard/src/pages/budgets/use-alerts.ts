import { useEffect, useState } from "preact/hooks";
import type { Alert } from "proto/alert_service_pb.js";

import { alerts as service } from "../../api/services";
import { type Watching, watchAlerts } from "../../api/watch";
import { signedOut } from "../../state/session";

export interface Watched {
  /** Those that nobody has acknowledged, and those that came since; the newest first. */
  readonly alerts: readonly Alert[];
  readonly state: Watching;
  /** Grows when alerts come. */
  readonly turn: number;
  readonly acknowledge: (alertId: string) => Promise<void>;
}

/** Alerts that come together are shown together: the first answer brings all that are open. */
const GATHER_MS = 150;

/** The alerts, live, for as long as the page is open. */
export function useAlerts(): Watched {
  const [alerts, setAlerts] = useState<readonly Alert[]>([]);
  const [state, setState] = useState<Watching>("connecting");
  const [turn, setTurn] = useState(0);
  const take = (fresh: readonly Alert[]) => setAlerts((alerts) => merge(alerts, fresh));
  useEffect(() => {
    const end = new AbortController();
    const gathered: Alert[] = [];
    let news = false;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const show = () => {
      timer = undefined;
      take(gathered.splice(0));
      if (news) setTurn((turn) => turn + 1);
      news = false;
    };
    void watchAlerts(
      {
        alert: (alert, fresh) => {
          gathered.push(alert);
          news ||= fresh;
          timer ??= setTimeout(show, GATHER_MS);
        },
        state: (state) => (state === "signed-out" ? signedOut() : setState(state)),
      },
      end.signal,
    );
    return () => {
      clearTimeout(timer);
      end.abort();
    };
  }, []);
  const acknowledge = async (alertId: string) => {
    const { alert } = await service.acknowledgeAlert({ alertId });
    if (alert) take([alert]);
  };
  return { alerts, state, turn, acknowledge };
}

/** With what is new or changed, the newest first: ids are in the order of time. */
function merge(alerts: readonly Alert[], fresh: readonly Alert[]): Alert[] {
  const byId = new Map([...alerts, ...fresh].map((alert) => [alert.alertId, alert]));
  return [...byId.values()].sort((a, b) => (a.alertId < b.alertId ? 1 : -1));
}
