/** Every page, by its address. */
import type { FunctionComponent } from "preact";
import type { Caller } from "../state/session";

import { AnomaliesPage } from "./anomalies";
import { BudgetsPage } from "./budgets";
import { EconomicsPage } from "./economics";
import { InvoicesPage } from "./invoices";
import { ForecastPage } from "./forecast";
import { JobsPage, SessionsPage } from "./groups";
import { KeysPage } from "./keys";
import { LogPage } from "./log";
import { NotFound } from "./not-found";
import { OverviewPage } from "./overview";
import { NotYours } from "./not-yours";
import { OWN_PATHS, PATHS, type Path } from "./paths";
import { PricesPage } from "./prices";
import { SavingsPage } from "./savings";
import { UsersPage } from "./users";

export interface PageProps {
  readonly caller: Caller;
}

export interface Page {
  readonly path: string;
  readonly title: string;
  readonly View: FunctionComponent<PageProps>;
}

const VIEWS: Readonly<Record<Path, Omit<Page, "path">>> = {
  "/": { title: "Overview", View: OverviewPage },
  "/users": { title: "Users", View: UsersPage },
  "/jobs": { title: "Jobs", View: JobsPage },
  "/sessions": { title: "Sessions", View: SessionsPage },
  "/log": { title: "Log", View: LogPage },
  "/forecast": { title: "Forecast", View: ForecastPage },
  "/anomalies": { title: "Anomalies", View: AnomaliesPage },
  "/savings": { title: "Savings", View: SavingsPage },
  "/economics": { title: "Unit economics", View: EconomicsPage },
  "/invoices": { title: "Invoices", View: InvoicesPage },
  "/prices": { title: "Prices", View: PricesPage },
  "/budgets": { title: "Budgets", View: BudgetsPage },
  "/keys": { title: "Keys", View: KeysPage },
};

export function titleOf(path: Path): string {
  return VIEWS[path].title;
}

/** Whether the caller's key may read a page. */
export function mayRead(caller: Caller, path: Path): boolean {
  return caller.userId === "" || OWN_PATHS.includes(path);
}

/** The page at an address, as the caller may see it. */
export function pageAt(address: string, caller: Caller): Page {
  const path = PATHS.find((path) => path === address);
  if (path === undefined) return { path: address, title: "Not found", View: NotFound };
  const { title, View } = VIEWS[path];
  return { path, title, View: mayRead(caller, path) ? View : NotYours };
}
