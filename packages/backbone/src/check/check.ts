/**
 * The self-check of a tapped model, at its first use: that freeing its size changed nothing, that query, key and value make
 * the attention that the model itself makes, and that tokens are prefix tokens and the grid of patches. It cannot see whether
 * the position embedding is resized as the model was trained: only reference values can.
 */

import type { ModelCheck, TapFacts } from '@saltworks/contract/documents/tapped-model';
import type { Interpolation } from '@saltworks/contract/kinds';
import { detached } from '../onnx/detached.ts';
import type { Model } from '../onnx/model.ts';
import type { Values } from '../onnx/values.ts';
import { openModel } from '../runtime/runtime.ts';
import { fillTable, type HostPositions } from '../sizes/positions.ts';
import type { Cut } from '../tap/cut.ts';
import { attend, type Heads } from './attention.ts';

/** Largest differences by precision, as shares of the largest value. */
const LIMITS: Record<TapFacts['precision'], { identity: number; attention: number }> = {
  float32: { identity: 1e-5, attention: 1e-4 },
  float16: { identity: 5e-3, attention: 1e-2 },
  bfloat16: { identity: 2e-2, attention: 5e-2 },
  // Quantised activations: a value on the edge between two steps may take either.
  int8: { identity: 2e-2, attention: 5e-2 },
  // Weights alone have few bits; activations may be halves.
  int4: { identity: 5e-3, attention: 1e-2 },
};
/** Queries to recompute: each takes all keys. */
const ROWS = 32;
const FEW = 4;

export interface CheckedLayer {
  readonly layer: number;
  /** Why attention is not softmax(qkᵀ/√d)v; undefined if it is. */
  readonly otherwise?: string;
}

/** A model whose outputs are query, key, value and attention of some layers, `[batch, tokens, dim]`. */
export interface Exposed extends Pick<Cut, 'outputs'> {
  readonly model: Model;
  readonly image: string;
  readonly positions: HostPositions;
}

export interface Expected extends Omit<Heads, 'tokens'> {
  readonly patch: number;
  readonly prefixTokens: number;
  readonly precision: TapFacts['precision'];
  readonly layers: readonly CheckedLayer[];
}

/** A number of rows and columns of patches. */
interface Size {
  readonly h: number;
  readonly w: number;
}

/** Small, of different shapes; the first is not square. */
const OTHERS: readonly Size[] = [
  { h: 3, w: 5 },
  { h: 6, w: 6 },
];
const GUESS: Size = { h: 4, w: 4 };

/**
 * Runs all checks.
 *
 * @param untouched the graph as it was exported; left out where freeing changed nothing
 * @param freed the graph that takes any size; left out where it runs at its native size alone
 * @param native the size of the export; undefined where the file tells none
 * @throws InvalidInputError if the runtime refuses a model
 */
export async function runChecks(
  { untouched, freed, native }: { untouched?: Exposed; freed?: Exposed; native?: Size },
  expected: Expected,
  interpolation: Interpolation,
): Promise<ModelCheck[]> {
  const at = native ?? GUESS;
  const main = freed ?? untouched;
  if (!main) throw new Error('nothing to check');
  const others = freed ? OTHERS.filter(({ h, w }) => h !== at.h || w !== at.w) : [];
  const checks: ModelCheck[] = [];
  const values = await observe(main, [at, ...others], expected.patch, interpolation);
  if (freed && untouched && 'values' in values[0]) {
    const [before] = await observe(untouched, [at], expected.patch, interpolation);
    checks.push(identity(before, values[0].values, at, expected));
  }
  for (const [i, size] of [at, ...others].entries()) {
    const seen = values[i];
    const place = `${size.h} × ${size.w}`;
    if (!('values' in seen)) {
      checks.push({ check: 'grid', at: place, passed: false, note: seen.refused });
      continue;
    }
    const grid = tokensAt(seen.values, size, expected);
    checks.push(grid);
    if (grid.passed && i < 2) checks.push(...attention(seen.values, size, expected));
  }
  return checks;
}

type Seen = { values: Map<string, Values> } | { refused: string };

/** Runs a model on noise at some sizes. */
async function observe(
  { model, image, positions, outputs }: Exposed,
  sizes: readonly Size[],
  patch: number,
  interpolation: Interpolation,
): Promise<Seen[]> {
  const { model: bytes, files } = detached(model);
  const running = await openModel(bytes, { files });
  const seen: Seen[] = [];
  try {
    for (const { h, w } of sizes) {
      const [height, width] = [h * patch, w * patch];
      const dims = [1, 3, height, width];
      const inputs: Record<string, Values> = { [image]: { type: 'float32', dims, data: noise(3 * height * width) } };
      for (const table of positions) {
        const data = fillTable(table, h, w, interpolation) as Float32Array<ArrayBuffer>;
        inputs[table.input] = { type: 'float32', dims: [data.length / table.d, table.d], data };
      }
      seen.push(
        await running.run(inputs).then(
          (values) => ({
            values: new Map(outputs.map(({ name, layer, facet }) => [`${facet}.${layer}`, values.get(name) as Values])),
          }),
          (error: Error) => ({ refused: error.message }),
        ),
      );
    }
  } finally {
    await running.close();
  }
  return seen;
}

/** The same numbers in −2 … 2 each time. */
function noise(length: number): Float32Array<ArrayBuffer> {
  return Float32Array.from({ length }, (_, i) => (Math.imul(i, 2654435761) >>> 8) / 2 ** 22 - 2);
}

const FACETS = ['query', 'key', 'value'] as const;
const floats = (values: Values | undefined) => (values?.data instanceof Float32Array ? values.data : undefined);

function identity(
  before: Seen,
  after: Map<string, Values>,
  { h, w }: Size,
  { layers, precision }: Expected,
): ModelCheck {
  const check = { check: 'identity', at: `${h} × ${w}` } as const;
  if (!('values' in before)) return { ...check, passed: false, note: `untouched: ${before.refused}` };
  let figure = 0;
  for (const { layer } of layers) {
    for (const facet of FACETS) {
      const name = `${facet}.${layer}`;
      figure = Math.max(figure, difference(floats(after.get(name)), floats(before.values.get(name))));
    }
  }
  const limit = LIMITS[precision].identity;
  const passed = figure <= limit;
  return {
    ...check,
    passed,
    ...(Number.isFinite(figure) && { figure }),
    limit,
    ...(passed ? {} : { note: 'freeing the size changed values' }),
  };
}

/** Every output must be of the prefix tokens and h · w patches. */
function tokensAt(values: Map<string, Values>, { h, w }: Size, { prefixTokens, dim, layers }: Expected): ModelCheck {
  const tokens = prefixTokens + h * w;
  const check = { check: 'grid', at: `${h} × ${w}` } as const;
  for (const { layer } of layers) {
    for (const facet of FACETS) {
      const found = values.get(`${facet}.${layer}`);
      if (found?.dims.join() === [1, tokens, dim].join() && floats(found)?.every(Number.isFinite)) continue;
      const seen = found ? `[${found.dims}]` : 'nothing';
      const note = `${facet} of layer ${layer}: ${seen}; expected [1,${prefixTokens} + ${h} × ${w},${dim}], finite`;
      return { ...check, passed: false, note };
    }
  }
  return { ...check, passed: true };
}

/** The largest difference over all layers; a layer whose attention is another one by design is told, not compared. */
function attention(values: Map<string, Values>, size: Size, expected: Expected): ModelCheck[] {
  const { layers, prefixTokens, dim, heads, precision } = expected;
  const check = { check: 'attention', at: `${size.h} × ${size.w}` } as const;
  const tokens = prefixTokens + size.h * size.w;
  const count = Math.min(ROWS, tokens);
  const rows = Array.from({ length: count }, (_, i) => Math.floor((i * tokens) / count));
  const limit = LIMITS[precision].attention;
  const differing = new Map<string, number[]>();
  let [figure, scale]: (number | undefined)[] = [];
  for (const { layer, otherwise } of layers) {
    const [query, key, value] = FACETS.map((facet) => floats(values.get(`${facet}.${layer}`)));
    const found = floats(values.get(`attention.${layer}`));
    if (!query || !key || !value || found?.length !== tokens * dim) {
      return [{ ...check, passed: false, note: `no attention of layer ${layer} to compare` }];
    }
    const gapOf = (some: readonly number[], scale?: number) => {
      const model = Float32Array.from(some.flatMap((row) => [...found.subarray(row * dim, (row + 1) * dim)]));
      return difference(attend(query, key, value, { tokens, dim, heads }, some, scale), model);
    };
    let gap = gapOf(rows);
    // Scores may have a scale of their own: one number, mostly for all layers, which attention itself tells.
    if (gap > limit && scale !== undefined) gap = gapOf(rows, scale);
    if (gap > limit && (scale === undefined || otherwise === undefined)) {
      scale = fittedScale((guess) => gapOf(rows.slice(-FEW), guess), Math.sqrt(heads / dim));
      gap = gapOf(rows, scale);
    }
    if (gap > limit && otherwise !== undefined) {
      differing.set(otherwise, [...(differing.get(otherwise) ?? []), layer]);
    } else figure = Math.max(figure ?? 0, gap);
  }
  const notes = [...differing].map(([reason, which]): ModelCheck => {
    return { ...check, passed: true, note: `not defined at ${which.length} of ${layers.length} layers: ${reason}` };
  });
  if (figure === undefined) return notes;
  const passed = figure <= limit;
  const note = passed ? {} : { note: 'softmax(qkᵀ/√d)v of the tapped tensors is not the attention of the model' };
  return [...notes, { ...check, passed, ...(Number.isFinite(figure) && { figure }), limit, ...note }];
}

/** The scale that leaves the least difference: the best of a row of guesses, then between its neighbours. */
function fittedScale(gapOf: (scale: number) => number, usual: number): number {
  const at = (power: number) => gapOf(usual * 2 ** power);
  const powers = Array.from({ length: 33 }, (_, i) => (i - 16) / 2);
  const gaps = powers.map(at);
  let best = powers[gaps.indexOf(Math.min(...gaps))];
  for (let step = 0.25; step > 1e-7; step /= 2) {
    for (const near of [best - step, best + step]) if (at(near) < at(best)) best = near;
  }
  return usual * 2 ** best;
}

/** The largest difference, as a share of the largest expected value; infinite where there is nothing to compare. */
function difference(actual: Float32Array | undefined, expected: Float32Array | undefined): number {
  if (!actual || !expected || actual.length !== expected.length) return Number.POSITIVE_INFINITY;
  let [most, scale] = [0, 0];
  for (let i = 0; i < expected.length; i++) {
    const gap = Math.abs(actual[i] - expected[i]);
    if (!(gap <= most)) most = gap;
    scale = Math.max(scale, Math.abs(expected[i]));
  }
  return Number.isFinite(most) ? most / (scale || 1) : Number.POSITIVE_INFINITY;
}
