import { here } from "../state/route";

interface Props<T extends string> {
  readonly label: string;
  readonly param: string;
  readonly value: T;
  readonly choices: readonly (readonly [T, string])[];
}

/** A choice of a few, kept in the address: each is a link. */
export function Segments<T extends string>({ label, param, value, choices }: Props<T>) {
  return (
    <div class="segments" role="group" aria-label={label}>
      {choices.map(([choice, name]) => (
        <a
          key={choice}
          href={here({ [param]: choice })}
          aria-current={choice === value ? "true" : undefined}
        >
          {name}
        </a>
      ))}
    </div>
  );
}
