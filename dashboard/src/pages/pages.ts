/** Every page, in the order of the menu. */
import type { FunctionComponent } from "preact";
import type { Caller } from "../state/session";

import { BudgetsPage } from "./budgets";
import { JobsPage, SessionsPage } from "./groups";
import { KeysPage } from "./keys";
import { LogPage } from "./log";
import { NotFound } from "./not-found";
import { OverviewPage } from "./overview";
import { PricesPage } from "./prices";
import { UsersPage } from "./users";

export interface PageProps {
  readonly caller: Caller;
}

export interface Page {
  readonly path: string;
  readonly title: string;
  readonly View: FunctionComponent<PageProps>;
}

export const PAGES: readonly Page[] = [
  { path: "/", title: "Overview", View: OverviewPage },
  { path: "/users", title: "Users", View: UsersPage },
  { path: "/jobs", title: "Jobs", View: JobsPage },
  { path: "/sessions", title: "Sessions", View: SessionsPage },
  { path: "/log", title: "Log", View: LogPage },
  { path: "/prices", title: "Prices", View: PricesPage },
  { path: "/budgets", title: "Budgets", View: BudgetsPage },
  { path: "/keys", title: "Keys", View: KeysPage },
];

export function pageAt(path: string): Page {
  return PAGES.find((page) => page.path === path) ?? { path, title: "Not found", View: NotFound };
}
