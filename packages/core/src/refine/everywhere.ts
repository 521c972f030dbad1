/** One label alone: nothing but background is drawn, so the picture is nothing else, and there is nothing to solve. */
import type { Mask } from '../mask/mask.ts';
import type { Convergence, NodeScores } from '../nodes/scores.ts';
import type { Seeds } from '../seeds/seeds.ts';

/** Every node is sure of the one label. */
export const nodesEverywhere = ({ h, w, labels }: Pick<Seeds, 'h' | 'w' | 'labels'>): NodeScores & Convergence => ({
  ...{ data: new Float32Array(h * w).fill(1), h, w, labels },
  ...{ iterations: 0, converged: true },
});

export const maskEverywhere = (label: number, { width, height }: { width: number; height: number }): Mask => ({
  ids: new Uint32Array(width * height).fill(label),
  width,
  height,
});
