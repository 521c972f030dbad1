/** A model tapped and checked: what fails at its native size is refused, what fails elsewhere runs at its native size alone. */
import type { ModelCheck, TapFacts } from '@saltworks/contract/documents/tapped-model';
import { InvalidInputError } from '@saltworks/contract/errors';
import type { Facet, Interpolation } from '@saltworks/contract/kinds';
import { pruned } from '../graph/prune.ts';
import type { ModelFile } from '../onnx/external.ts';
import { writeModel } from '../onnx/model.ts';
import { evaluate } from '../runtime/runtime.ts';
import { atNativeSize, type Opened, open, type Tapped } from '../tap/tap.ts';
import { runChecks } from './check.ts';
import { otherwise } from './otherwise.ts';

export interface Checked {
  readonly facts: TapFacts;
  readonly checks: readonly ModelCheck[];
  /** Whether the file holds all weights itself. */
  readonly whole: boolean;
  /** Taps facets of layers that were checked. */
  tap(wanted: readonly { layer?: number; facet: Facet }[]): Tapped;
}

/** Counted from 0. */
type Layers = readonly (number | 'last')[] | 'all';

/**
 * Takes a model apart and checks query, key and value of some layers.
 *
 * @param interpolation how a position embedding is resized in the check
 * @throws InvalidInputError if the tap does not understand the model, or a check fails
 */
export async function checkModel(file: ModelFile, layers: Layers, interpolation: Interpolation): Promise<Checked> {
  const opened = await open(file, (count) => facetsOf(layersOf(layers, count)), evaluate);
  const { anatomy, untouched, freed, input, outputs } = opened;
  const { facts, checks } = await check(opened, interpolation);
  return {
    facts,
    checks,
    whole: anatomy.model.graph.initializers.every(({ external }) => !external),
    tap(wanted) {
      const chosen = wanted.map(({ layer = anatomy.layers.length - 1, facet }) => {
        const output = outputs.find((each) => each.layer === layer && each.facet === facet);
        if (!output) throw new InvalidInputError(`${facet} of layer ${layer}; expected a layer that was checked`);
        return { ...output, facet };
      });
      const names = chosen.map(({ name }) => name);
      const graph = facts.anySize ? freed.model : atNativeSize(untouched, input, facts);
      const model = pruned(graph, names);
      const needed = new Set(model.graph.inputs.map(({ name }) => name));
      const positions = facts.anySize ? freed.positions.filter((table) => needed.has(table.input)) : [];
      return { model: writeModel(model), input, outputs: chosen, positions, facts };
    },
  };
}

function layersOf(layers: Layers, count: number): readonly number[] {
  if (layers === 'all') return Array.from({ length: count }, (_, layer) => layer);
  return layers.map((layer) => (layer === 'last' ? count - 1 : layer));
}

const facetsOf = (layers: readonly number[]) =>
  [...new Set(layers)].flatMap((layer) =>
    (['query', 'key', 'value', 'attention'] as const).map((facet) => ({ layer, facet })),
  );

type All = Facet | 'attention';

async function check({ anatomy, untouched, freed, input, outputs, facts }: Opened<All>, interpolation: Interpolation) {
  const { layers, size, sizeKnown, prefix } = anatomy;
  const { patch, heads, dim, precision } = facts;
  const native = nativeOf(facts) ?? (sizeKnown ? { h: size[0] / patch, w: size[1] / patch } : undefined);
  if (!facts.anySize && !native) {
    throw new InvalidInputError(
      `${facts.fixed}, and the file does not say which; expected a declared height and width`,
    );
  }
  const expected = {
    ...{ patch, heads, dim, precision, prefixTokens: prefix },
    layers: [...new Set(outputs.map(({ layer }) => layer))].map((layer) => ({
      layer,
      otherwise: otherwise(anatomy, layers[layer]),
    })),
  };
  const exposed = { image: input, outputs };
  const asExported = { ...exposed, model: untouched, positions: [] };
  const free = facts.anySize ? { freed: { ...exposed, model: freed.model, positions: freed.positions } } : {};
  const before = freed.changed || !facts.anySize ? { untouched: asExported } : {};
  const checks = await runChecks({ ...free, ...before, ...(native && { native }) }, expected, interpolation);
  const failed = checks.find(({ passed }) => !passed);
  if (!failed) return { facts, checks };
  const reason = `self-check, ${failed.check} at ${failed.at}: ${figures(failed)}`;
  if (!facts.anySize || !native) throw new InvalidInputError(`${reason}; expected a model that the tap gets right`);
  // It may still be right at its own size.
  const alone = await runChecks({ untouched: asExported, native }, expected, interpolation);
  const wrong = alone.find(({ passed }) => !passed);
  if (wrong) {
    const own = `self-check, ${wrong.check} at ${wrong.at}: ${figures(wrong)}`;
    throw new InvalidInputError(`${own}; expected a model that the tap gets right`);
  }
  return { facts: { ...facts, anySize: false, fixed: reason }, checks: alone };
}

function nativeOf({ nativeSize, patch }: TapFacts) {
  const [height, width] = nativeSize ?? [];
  return height && width ? { h: height / patch, w: width / patch } : undefined;
}

function figures({ figure, limit, note }: ModelCheck): string {
  const both = figure === undefined ? '' : ` (${figure.toExponential(1)}; at most ${limit?.toExponential(0)})`;
  return `${note ?? 'failed'}${both}`;
}
