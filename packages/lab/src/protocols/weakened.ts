/** The quality of both presets as seeds get fewer or wrong. */
import type { EvaluationRow } from '@saltworks/contract/documents/evaluations';
import { presetNames } from '@saltworks/contract/kinds';
import { openFast } from '@saltworks/core/fast/solver';
import { gridOf, nodesPerPatch } from '@saltworks/core/nodes/grid';
import { solveOptions } from '@saltworks/core/options';
import { type Seeds, seedNodes } from '@saltworks/core/seeds/seeds';
import type { Case } from '../dataset/case.ts';
import { isDrawn, rowOf } from './measured.ts';
import { countPatches } from './patches.ts';
import type { KeysOf, ProtocolSettings } from './protocol.ts';

export interface Weakening extends Pick<EvaluationRow, 'x' | 'seed'> {
  /** What tells it from others of the protocol; empty if its seed does. */
  name: string;
  weaken(seeds: Seeds, nodesPerPatch: number): Seeds;
}

/**
 * Weakens the seeds of what was drawn. Pixels under strokes are not held: seeds no longer say which they are.
 *
 * @throws InvalidInputError if fewer than two segments are drawn
 */
export async function weakened(
  protocol: EvaluationRow['protocol'],
  one: Case,
  keysOf: KeysOf,
  { spec, seed }: ProtocolSettings,
  weakenings: readonly Weakening[],
): Promise<EvaluationRow[]> {
  if (!isDrawn(one)) return [];
  const keys = await keysOf(one);
  return presetNames.flatMap((preset) => {
    const options = solveOptions(preset, spec, { seed });
    const { height, width } = gridOf(keys, options.upsample);
    const drawn = seedNodes(one.raster, height, width);
    const { solve, refine } = openFast(one.image, keys, options);
    return weakenings.map(({ name, weaken, ...facts }) => {
      const seeds = weaken(drawn, nodesPerPatch(options.upsample));
      return rowOf(one, refine(solve(seeds)), {
        ...{ protocol, variant: name === '' ? preset : `${preset}, ${name}`, ...facts },
        patches: countPatches(seeds, one),
      });
    });
  });
}
