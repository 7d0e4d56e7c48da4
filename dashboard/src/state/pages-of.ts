/** A list that comes in pages, each asked for with the token of the one before. */
import { useEffect, useRef, useState } from "preact/hooks";

import { type Problem, readProblem } from "../api/problem";
import type { Answer } from "./answer";
import { signedOut } from "./session";

interface PageOf<T> {
  readonly items: readonly T[];
  readonly nextPageToken: string;
}

export interface Pages<T, P> {
  readonly items: readonly T[];
  /** The first page, with what it says beside its items. */
  readonly first: Answer<P>;
  readonly more: boolean;
  readonly loading: boolean;
  readonly problem?: Problem | undefined;
  readonly next: () => void;
}

interface State<T, P> {
  readonly items: readonly T[];
  readonly first?: P;
  readonly token: string;
  readonly loading: boolean;
  readonly problem?: Problem;
}

/** `question` names the list: another text begins anew. */
export function usePages<T, P extends PageOf<T>>(
  question: string,
  ask: (pageToken: string, signal: AbortSignal) => Promise<P>,
): Pages<T, P> {
  const [state, setState] = useState<State<T, P>>({ items: [], token: "", loading: true });
  const running = useRef<AbortController>(undefined);

  function load(token: string) {
    running.current?.abort();
    const abort = new AbortController();
    running.current = abort;
    setState(({ problem: _, ...state }) => ({ ...state, loading: true }));
    // A page may be empty and still lead to the next one; what the first one says counts.
    const page = async (): Promise<{ first: P; last: P }> => {
      const first = await ask(token, abort.signal);
      let last = first;
      while (last.items.length === 0 && last.nextPageToken !== "") {
        last = await ask(last.nextPageToken, abort.signal);
      }
      return { first, last };
    };
    page().then(
      ({ first, last }) => {
        if (abort.signal.aborted) return;
        setState((state) => ({
          items: token === "" ? last.items : [...state.items, ...last.items],
          first: token === "" ? first : (state.first ?? first),
          token: last.nextPageToken,
          loading: false,
        }));
      },
      (error: unknown) => {
        if (abort.signal.aborted) return;
        const problem = readProblem(error);
        if (problem.signedOut) signedOut();
        setState((state) => ({ ...state, loading: false, problem }));
      },
    );
  }

  useEffect(() => {
    load("");
    return () => running.current?.abort();
  }, [question]);
  const { first, items, token, loading, problem } = state;
  return {
    items,
    first: { value: first, problem, loading, again: () => load(first ? token : "") },
    more: token !== "",
    loading,
    problem,
    next: () => load(token),
  };
}
