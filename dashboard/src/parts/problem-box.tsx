import type { Problem } from "../api/problem";

interface Props {
  readonly problem: Problem;
  readonly again?: (() => void) | undefined;
}

/** Says what went wrong and what to do. */
export function ProblemBox({ problem, again }: Props) {
  return (
    <div class="problem" role="alert">
      <p>
        <strong>{problem.message}</strong> {problem.advice}
      </p>
      {again && (
        <button class="button" type="button" onClick={again}>
          Try again
        </button>
      )}
    </div>
  );
}
