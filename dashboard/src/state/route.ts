/** The address bar is the state: every view has an address, and "back" goes back. */
import { computed, signal } from "@preact/signals";

import { type Changes, address } from "./address";

export interface Place {
  readonly path: string;
  readonly params: URLSearchParams;
}

const current = signal<Place>(read());

/** Where the reader is. */
export const place = computed(() => current.value);

function read(): Place {
  const { pathname, search } = window.location;
  return { path: pathname, params: new URLSearchParams(search) };
}

/** Goes to an address of this page; `replace` leaves no trace for "back". */
export function go(address: string, replace = false): void {
  const samePath = address.split("?")[0] === window.location.pathname;
  if (replace) history.replaceState(null, "", address);
  else history.pushState(null, "", address);
  current.value = read();
  if (!samePath) window.scrollTo(0, 0);
}

/** The address of the same page with changes. */
export function here(changes: Changes): string {
  return address(place.value.path, place.value.params, changes);
}

/** Lets links of this page change the address without loading the page anew. */
export function followLinks(): void {
  window.addEventListener("popstate", () => (current.value = read()));
  document.addEventListener("click", (event) => {
    const link = event.target instanceof Element ? event.target.closest("a") : null;
    const modified = event.ctrlKey || event.metaKey || event.shiftKey || event.altKey;
    if (!link || event.button !== 0 || modified || event.defaultPrevented) return;
    if (link.origin !== window.location.origin || link.hasAttribute("download")) return;
    if (link.target !== "" || link.getAttribute("href")?.startsWith("#")) return;
    event.preventDefault();
    go(link.pathname + link.search);
  });
}
