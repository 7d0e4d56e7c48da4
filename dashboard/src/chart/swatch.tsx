/** The colour of a series, beside its name. */
export function Swatch({ colour }: { readonly colour: number }) {
  return <span class={`swatch swatch-${colour}`} aria-hidden="true" />;
}
