/** Limits of browsers. */

/** The longest side of a picture that every browser draws: their canvases hold no more. */
const mostSide = 32_767;

/** Why an image of this size cannot be drawn on in browsers; undefined if it can. */
export function whyUnshown({ width, height }: { width: number; height: number }): string | undefined {
  if (Math.max(width, height) <= mostSide) return undefined;
  return `${width} × ${height} pixels; expected sides of at most ${mostSide}, which browsers draw: it becomes no task (cut it into pieces)`;
}
