/** Names of users, asked of the directory once each. */
import { type Signal, signal } from "@preact/signals";
import { useEffect } from "preact/hooks";

import { readProblem } from "../api/problem";
import { users } from "../api/services";
import { session } from "./session";

/** By key and user: another key may be of another tenant. */
const names = new Map<string, Signal<string>>();
const asked = new Set<string>();

/**
 * The name of a user; the id where none is known. `given` is what an answer says of it already,
 * which may be nothing; without it the directory is asked, if the key may.
 */
export function useUserName(userId: string, given?: string): string {
  const caller = session.value.state === "signed-in" ? session.value.caller : undefined;
  const place = `${caller?.keyId ?? ""} ${userId}`;
  const wanted = given === undefined && userId !== "" && caller?.userId === "";
  useEffect(() => {
    if (wanted) void ask(place, userId);
  }, [wanted, place]);
  return (given ?? nameAt(place).value) || userId;
}

function nameAt(place: string): Signal<string> {
  const name = names.get(place) ?? signal("");
  names.set(place, name);
  return name;
}

async function ask(place: string, userId: string): Promise<void> {
  if (asked.has(place)) return;
  asked.add(place);
  try {
    const { user } = await users.getUser({ userId });
    nameAt(place).value = user?.displayName ?? "";
  } catch (error) {
    // The id says who it is, too. What failed for now may be asked again.
    if (!readProblem(error).notFound) asked.delete(place);
  }
}
