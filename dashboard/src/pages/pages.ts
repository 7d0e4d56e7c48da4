/** Every page, in the order of the menu. */
import type { FunctionComponent } from "preact";
import type { Caller } from "../state/session";

import { BudgetsPage } from "./budgets";
import { JobsPage, SessionsPage } from "./groups";
import { KeysPage } from "./keys";
import { LogPage } from "./log";
import { NotFound } from "./not-found";
import { OverviewPage } from "./overview";
import { PATHS } from "./paths";
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

const VIEWS: Readonly<Record<(typeof PATHS)[number], Omit<Page, "path">>> = {
  "/": { title: "Overview", View: OverviewPage },
  "/users": { title: "Users", View: UsersPage },
  "/jobs": { title: "Jobs", View: JobsPage },
  "/sessions": { title: "Sessions", View: SessionsPage },
  "/log": { title: "Log", View: LogPage },
  "/prices": { title: "Prices", View: PricesPage },
  "/budgets": { title: "Budgets", View: BudgetsPage },
  "/keys": { title: "Keys", View: KeysPage },
};

export const PAGES: readonly Page[] = PATHS.map((path) => ({ path, ...VIEWS[path] }));

export function pageAt(path: string): Page {
  return PAGES.find((page) => page.path === path) ?? { path, title: "Not found", View: NotFound };
}
