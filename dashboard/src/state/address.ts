/** Addresses with parameters. */

/** What changes in an address; nothing takes a parameter away. */
export type Changes = Readonly<Record<string, string | readonly string[] | undefined>>;

/** An address with the parameters, changed. */
export function address(path: string, params: URLSearchParams, changes: Changes = {}): string {
  const next = new URLSearchParams(params);
  for (const [name, value] of Object.entries(changes)) {
    next.delete(name);
    const values = typeof value === "string" ? [value] : (value ?? []);
    for (const one of values) next.append(name, one);
  }
  const search = next.toString();
  return search === "" ? path : `${path}?${search}`;
}
