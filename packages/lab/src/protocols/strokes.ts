/** Masks from what was drawn, as the product makes them. */
import { solveOptions } from '@saltworks/core/options';
import { drawnMask, isDrawn, rowOf } from './measured.ts';
import type { Protocol } from './protocol.ts';

export const strokes: Protocol = {
  name: 'strokes',
  async run(one, keysOf, { preset, spec, seed }) {
    if (!isDrawn(one)) return [];
    const mask = drawnMask(one, await keysOf(one), solveOptions(preset, spec, { seed }));
    return [rowOf(one, mask, { protocol: 'strokes', variant: preset, seed })];
  },
};
