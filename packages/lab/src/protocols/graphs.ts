/** Kinds of graphs, the threshold τ of similarity and the weight λ of colours: Figure 8 of the paper. All else is `paper`. */
import type { SegmentOptions } from '@saltworks/contract/options';
import { solveOptions } from '@saltworks/core/options';
import { drawnMask, isDrawn, rowOf } from './measured.ts';
import type { Protocol } from './protocol.ts';

type Variant = Partial<Pick<SegmentOptions, 'graph' | 'tau' | 'colorWeight'>>;

const variants: { name: string; x?: number; changes: Variant }[] = [
  { name: 'rbf', changes: { graph: 'rbf' } },
  { name: 'knn', changes: { graph: 'knn' } },
  { name: 'walk', changes: { graph: 'walk' } },
  ...[0.3, 0.5, 0.6, 0.7, 0.8, 0.9].map((tau) => ({
    ...{ name: `similarity, τ = ${tau}`, x: tau },
    changes: { graph: 'similarity', tau } as const,
  })),
  ...[0.1, 0.3, 1, 3].map((colorWeight) => ({
    ...{ name: `rbf, λ = ${colorWeight}`, x: colorWeight },
    changes: { graph: 'rbf', colorWeight } as const,
  })),
];

export const graphs: Protocol = {
  name: 'graphs',
  async run(one, keysOf, { spec, seed }) {
    if (!isDrawn(one)) return [];
    const keys = await keysOf(one);
    return variants.map(({ name: variant, x, changes }) =>
      rowOf(one, drawnMask(one, keys, solveOptions('paper', spec, { ...changes, seed })), {
        ...{ protocol: 'graphs', variant, ...(x !== undefined && { x }), seed },
      }),
    );
  },
};
