/** Numbers that chance would give, the same in every run. */

/** Numbers in [0, 1) from a name: FNV-1a, then a linear congruential generator (Numerical Recipes). */
export function randomFrom(name: string): () => number {
  let state = 2166136261;
  for (const letter of name) state = Math.imul(state ^ letter.charCodeAt(0), 16777619) >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/** A normally distributed number, of mean 0 and deviation 1: Box and Muller 1958. */
export const normal = (random: () => number): number =>
  Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
