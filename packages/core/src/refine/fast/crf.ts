/** Mean field over an image's pairwise terms in an arena, by kernels/crf.ts: the twin of `startMeanField` in refine/crf.ts. */
import type { Address, Arena } from '../../arena/arena.ts';
import { blur, type Channels, type Pairwise, planeOf, settle } from './lattice.ts';
import { type FastMeanField, keep, slice, splat } from './mean-field.ts';
import { startTiledField } from './tiles.ts';

/** From this many labels on, labels are followed only where they may matter (tiles.ts); fewer are exact. */
export const manyLabels = 10;

/**
 * @param unary energies `[n, c]`, float32
 * @returns at step 0, Q the softmax of −unary
 */
export function startMeanField(arena: Arena, pairwise: Pairwise, unary: Address, c: number): FastMeanField {
  if (c >= manyLabels) return startTiledField(arena, pairwise, unary, c);
  const channels: Channels = c <= 2 ? 1 : c <= 5 ? 4 : 8;
  const { bilateral, gaussian, ones } = pairwise;
  const n = pairwise.width * pairwise.height;
  const { kernels } = arena;
  const base = arena.reserve(4 * channels * (n + 3));
  const q = arena.reserve(4 * channels * (n + 3));
  settle(arena, pairwise, channels);
  if (channels === 1) kernels.beginField1(unary, ones, n, base);
  else kernels.beginField(unary, ones, n, c, channels, base);
  const update = kernels[`update${channels}`];
  const lattices = [
    bilateral.corners,
    gaussian.corners,
    planeOf(bilateral, channels),
    planeOf(gaussian, channels),
  ] as const;
  const pass = (mode: number) => update(n, ...lattices, base, ones, q, mode);
  pass(splat | keep);
  return {
    step() {
      blur(arena, pairwise);
      pass(slice | splat | keep);
    },
    run(steps) {
      for (let i = 1; i < steps; i++) {
        blur(arena, pairwise);
        pass(slice | splat);
      }
      if (steps > 0) {
        blur(arena, pairwise);
        pass(slice | keep);
      }
    },
    rows: () => ({ at: q, stride: channels, given: c - 1 }),
    marginals: (out) => void kernels.fieldMarginals(q, n, c, channels, out),
  };
}
