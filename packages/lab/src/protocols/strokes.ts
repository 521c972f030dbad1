/** Masks from what was drawn, as the product makes them, and as other methods do. */
import type { EvaluationRow } from '@saltworks/contract/documents/evaluations';
import type { Mask } from '@saltworks/core/mask/mask';
import { solveOptions } from '@saltworks/core/options';
import { drawnMask, isDrawn, rowOf } from './measured.ts';
import type { Protocol } from './protocol.ts';

export const strokes: Protocol = {
  name: 'strokes',
  async run(one, keysOf, { preset, spec, seed, peers = [] }) {
    if (!isDrawn(one)) return [];
    const keys = await keysOf(one);
    const row = (mask: Mask, variant: string) => rowOf(one, mask, { protocol: 'strokes', variant, seed });
    const presets = new Set([preset, ...(peers.length > 0 ? ['paper' as const] : [])]);
    const rows: EvaluationRow[] = [...presets].map((name) =>
      row(drawnMask(one, keys, solveOptions(name, spec, { seed })), name),
    );
    for (const { name, solve } of peers) {
      const mask = await solve(one.image, keys, one.raster);
      if (mask) rows.push(row(mask, name));
    }
    return rows;
  },
};
