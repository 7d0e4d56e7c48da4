/** An answer of the service, asked for again whenever the question changes. */
import { useCallback, useLayoutEffect, useState } from "preact/hooks";

import { type Problem, readProblem } from "../api/problem";
import { signedOut } from "./session";

export interface Answer<T> {
  /** The last answer: while the next one is under way, that of the question before. */
  readonly value?: T | undefined;
  readonly problem?: Problem | undefined;
  readonly loading: boolean;
  /** Asks again. */
  readonly again: () => void;
}

/** `question` names the question: another text asks anew. */
export function useAnswer<T>(
  question: string,
  ask: (signal: AbortSignal) => Promise<T>,
): Answer<T> {
  const [state, setState] = useState<Omit<Answer<T>, "again">>({ loading: true });
  const [turn, setTurn] = useState(0);
  // Asked before the page is painted, not after.
  useLayoutEffect(() => {
    const abort = new AbortController();
    setState(({ value }) => ({ value, loading: true }));
    ask(abort.signal).then(
      (value) => {
        if (!abort.signal.aborted) setState({ value, loading: false });
      },
      (error: unknown) => {
        if (abort.signal.aborted) return;
        const problem = readProblem(error);
        if (problem.signedOut) signedOut();
        setState({ problem, loading: false });
      },
    );
    return () => abort.abort();
  }, [question, turn]);
  const again = useCallback(() => setTurn((turn) => turn + 1), []);
  return { ...state, again };
}
