/** The addresses of the pages, in the order of the menu. */
export const PATHS = [
  "/",
  "/users",
  "/jobs",
  "/sessions",
  "/log",
  "/prices",
  "/budgets",
  "/keys",
] as const;
