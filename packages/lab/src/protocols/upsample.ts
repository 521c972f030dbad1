/** Nodes between patches: keys interpolated, against keys measured there by overlapping patches. */
import { presetNames } from '@saltworks/contract/kinds';
import { solveOptions } from '@saltworks/core/options';
import { drawnMask, isDrawn, rowOf } from './measured.ts';
import type { Protocol } from './protocol.ts';

export const upsample: Protocol = {
  name: 'upsample',
  keys: () => [{}, { doubling: 'overlap' }],
  async run(one, keysOf, { spec, seed }) {
    if (!isDrawn(one)) return [];
    const ways = [
      { name: 'linear', keys: await keysOf(one), changes: {} },
      // Keys of overlapping patches are doubled already.
      { name: 'overlap', keys: await keysOf(one, { doubling: 'overlap' }), changes: { upsample: 'none' } as const },
    ];
    return presetNames.flatMap((preset) =>
      ways.map(({ name, keys, changes }) =>
        rowOf(one, drawnMask(one, keys, solveOptions(preset, spec, { ...changes, seed })), {
          ...{ protocol: 'upsample', variant: `${preset}, ${name}`, seed },
        }),
      ),
    );
  },
};
