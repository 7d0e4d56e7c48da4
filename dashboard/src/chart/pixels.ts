/**
 * The one place where figures become floats: for the height of a bar. What a person reads is
 * always made from the exact figure.
 */
export function toPixels(figure: string): number {
  return Number(figure);
}
