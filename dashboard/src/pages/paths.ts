/** The addresses of the pages, in the order and the groups of the menu. The first needs no name. */
export const MENU = [
  { title: "", paths: ["/"] },
  { title: "Usage", paths: ["/users", "/jobs", "/sessions", "/log"] },
  { title: "Insights", paths: ["/forecast", "/anomalies", "/savings", "/economics", "/invoices"] },
  { title: "Control", paths: ["/prices", "/budgets", "/keys"] },
] as const;

export type Path = (typeof MENU)[number]["paths"][number];

export const PATHS: readonly Path[] = MENU.flatMap(({ paths }): readonly Path[] => paths);

/** What a key that is bound to one user may read; the service refuses it all else. */
export const OWN_PATHS: readonly Path[] = ["/", "/jobs", "/sessions", "/log"];
