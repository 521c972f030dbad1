/** The backbones whose models are installed, each with its own layer, facet, size and σ: Figures 4 and 5 of the paper. */
import { solveOptions } from '@saltworks/core/options';
import { drawnMask, isDrawn, rowOf } from './measured.ts';
import type { Protocol } from './protocol.ts';

export const backbones: Protocol = {
  name: 'backbones',
  keys: ({ installed }) => installed.map(({ id }) => ({ backbone: id })),
  async run(one, keysOf, { preset, installed, seed }) {
    if (!isDrawn(one)) return [];
    const rows = [];
    for (const spec of installed) {
      const keys = await keysOf(one, { backbone: spec.id });
      const mask = drawnMask(one, keys, solveOptions(preset, spec, { seed }));
      rows.push(rowOf(one, mask, { protocol: 'backbones', variant: spec.id, seed }));
    }
    return rows;
  },
};
