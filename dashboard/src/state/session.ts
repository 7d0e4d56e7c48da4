/** Who is signed in. The key itself lies in a cookie that no script can read. */
import { signal } from "@preact/signals";
import type { GetCallerResponse } from "proto/admin_service_pb.js";

import { admin } from "../api/services";
import { Problem, readProblem } from "../api/problem";

export type Session =
  | { readonly state: "unknown" }
  | { readonly state: "signed-out" }
  | { readonly state: "unreachable"; readonly problem: Problem }
  | { readonly state: "signed-in"; readonly caller: GetCallerResponse };

export const session = signal<Session>({ state: "unknown" });

/** Finds out whether the browser has a session. */
export async function resume(): Promise<void> {
  try {
    // Asked without a key this is no error, and leaves none in the browser's console.
    const answer = await fetch("/session");
    const { signedIn } = (await answer.json()) as { signedIn?: boolean };
    if (!signedIn) return signedOut();
    session.value = { state: "signed-in", caller: await admin.getCaller({}) };
  } catch (error) {
    const problem = readProblem(error);
    session.value = problem.signedOut ? { state: "signed-out" } : { state: "unreachable", problem };
  }
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
  await resume();
}

export async function signOut(): Promise<void> {
  await fetch("/session", { method: "DELETE" });
  signedOut();
}

/** The service no longer takes the session's key. */
export function signedOut(): void {
  session.value = { state: "signed-out" };
}
