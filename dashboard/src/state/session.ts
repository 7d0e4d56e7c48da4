/** Who is signed in. The key itself lies in a cookie that no script can read. */
import { computed, signal } from "@preact/signals";

import { Problem, readProblem } from "../api/problem";
import { isZone } from "./day";

/** Whose key the browser signed in with. */
export interface Caller {
  readonly tenantName: string;
  /** The tenant's reporting zone, or UTC where the browser does not know it. */
  readonly timeZone: string;
  /** The reporting zone that the browser does not know. Empty: it knows it. */
  readonly unknownZone: string;
  readonly keyId: string;
  /** The one user whose figures the key sees. Empty: all. */
  readonly userId: string;
}

export type Session =
  | { readonly state: "unknown" }
  | { readonly state: "signed-out" }
  | { readonly state: "unreachable"; readonly problem: Problem }
  | { readonly state: "signed-in"; readonly caller: Caller };

export const session = signal<Session>({ state: "unknown" });

/** The one user whose figures the session's key sees. Empty: it sees everybody's. */
export const boundUser = computed(() => {
  return session.value.state === "signed-in" ? session.value.caller.userId : "";
});

/** The tenant's zone, for what the page's question does not date. */
export const reportingZone = computed(() => {
  return session.value.state === "signed-in" ? session.value.caller.timeZone : "UTC";
});

/** Finds out whether the browser has a session. */
export async function resume(): Promise<void> {
  try {
    const answer = await fetch("/session");
    if (!answer.ok) throw await Problem.of(answer);
    session.value = read((await answer.json()) as SessionAnswer);
  } catch (error) {
    const problem = readProblem(error);
    session.value = { state: "unreachable", problem };
  }
}

/** What the service says of a session; without one it says no more than that. */
type SessionAnswer = { readonly signedIn: boolean } & Partial<Caller>;

function read({ signedIn, ...caller }: SessionAnswer): Session {
  const { tenantName = "", timeZone: zone = "UTC", keyId = "", userId = "" } = caller;
  if (!signedIn) return { state: "signed-out" };
  const [timeZone, unknownZone] = isZone(zone) ? [zone, ""] : ["UTC", zone];
  return { state: "signed-in", caller: { tenantName, timeZone, unknownZone, keyId, userId } };
}

/** Gives the key to the service, which keeps it in the cookie. Throws a Problem. */
export async function signIn(key: string): Promise<void> {
  const answer = await fetch("/session", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ key }),
  }).catch((error: unknown) => {
    throw readProblem(error);
  });
  if (!answer.ok) throw await Problem.of(answer);
  session.value = read((await answer.json()) as SessionAnswer);
}

export async function signOut(): Promise<void> {
  await fetch("/session", { method: "DELETE" });
  signedOut();
}

/** The service no longer takes the session's key. */
export function signedOut(): void {
  session.value = { state: "signed-out" };
}
