/** Masks from what was drawn, as the product makes them, and as other methods do. */
import type { Mask } from '@saltworks/core/mask/mask';
import { solveOptions } from '@saltworks/core/options';
import { drawnLabels } from '@saltworks/core/seeds/seeds';
import { ofPeers } from '../peers/peers.ts';
import { drawnMask, isDrawn, rowOf } from './measured.ts';
import { type Protocol, presetsOf } from './protocol.ts';

export const strokes: Protocol = {
  name: 'strokes',
  async run(one, keysOf, settings) {
    if (!isDrawn(one)) return [];
    const { spec, seed, peers = [], note } = settings;
    const keys = await keysOf(one);
    const row = (mask: Mask, variant: string) => rowOf(one, mask, { protocol: 'strokes', variant, seed });
    const ours = presetsOf(settings).map((name) => row(drawnMask(one, keys, solveOptions(name, spec, { seed })), name));
    const input = { image: one.image, keys, labels: drawnLabels(one.raster).length };
    const theirs = await ofPeers(peers, input, async (name, solve) => row(await solve(one.raster), name), note);
    return [...ours, ...theirs];
  },
};
