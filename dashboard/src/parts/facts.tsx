import type { ComponentChildren } from "preact";

interface Props {
  readonly of: readonly (readonly [string, ComponentChildren])[];
}

/** Names and what they are; those without anything are left out. */
export function Facts({ of }: Props) {
  const given = of.filter(([, value]) => value !== undefined && value !== "" && value !== null);
  return (
    <dl class="facts">
      {given.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
