/** Every layer's keys, queries and values: Table 1 of the paper. */
import type { BackboneSpec } from '@saltworks/backbone/registry/entries';
import { InvalidInputError } from '@saltworks/contract/errors';
import { type Facet, facets } from '@saltworks/contract/kinds';
import { solveOptions } from '@saltworks/core/options';
import { drawnMask, isDrawn, rowOf } from './measured.ts';
import type { Protocol } from './protocol.ts';

/** @throws InvalidInputError of a backbone that is just a file */
function choices(spec: BackboneSpec): { layer: number; facet: Facet }[] {
  const count = spec.sizes?.layers;
  if (count === undefined) {
    throw new InvalidInputError(`backbone ${spec.id}; expected one of the registry, which says how many layers it has`);
  }
  return Array.from({ length: count }, (_, layer) => facets.map((facet) => ({ layer, facet }))).flat();
}

export const layers: Protocol = {
  name: 'layers',
  keys: ({ spec }) => choices(spec),
  async run(one, keysOf, { preset, spec, seed }) {
    if (!isDrawn(one)) return [];
    const options = solveOptions(preset, spec, { seed });
    const rows = [];
    for (const { layer, facet } of choices(spec)) {
      const mask = drawnMask(one, await keysOf(one, { layer, facet }), options);
      rows.push(rowOf(one, mask, { protocol: 'layers', variant: `layer ${layer}, ${facet}`, x: layer, seed }));
    }
    return rows;
  },
};
