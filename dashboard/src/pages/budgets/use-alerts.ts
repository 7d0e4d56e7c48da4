import { useEffect, useState } from "preact/hooks";
import type { Alert } from "proto/alert_service_pb.js";

import { alerts as service } from "../../api/services";
import { type Watching, watchAlerts } from "../../api/watch";
import { signedOut } from "../../state/session";

export interface Watched {
  /** Those that nobody has acknowledged, and those that came since; the newest first. */
  readonly alerts: readonly Alert[];
  readonly state: Watching;
  /** Grows with every alert. */
  readonly turn: number;
  readonly acknowledge: (alertId: string) => Promise<void>;
}

/** The alerts, live, for as long as the page is open. */
export function useAlerts(): Watched {
  const [alerts, setAlerts] = useState<readonly Alert[]>([]);
  const [state, setState] = useState<Watching>("connecting");
  const [turn, setTurn] = useState(0);
  const take = (alert: Alert) => {
    setAlerts((alerts) => {
      const others = alerts.filter(({ alertId }) => alertId !== alert.alertId);
      // Ids are in the order of time.
      return [...others, alert].sort((a, b) => (a.alertId < b.alertId ? 1 : -1));
    });
  };
  useEffect(() => {
    const end = new AbortController();
    void watchAlerts(
      {
        alert: (alert) => {
          take(alert);
          setTurn((turn) => turn + 1);
        },
        state: (state) => (state === "signed-out" ? signedOut() : setState(state)),
      },
      end.signal,
    );
    return () => end.abort();
  }, []);
  const acknowledge = async (alertId: string) => {
    const { alert } = await service.acknowledgeAlert({ alertId });
    if (alert) take(alert);
  };
  return { alerts, state, turn, acknowledge };
}
