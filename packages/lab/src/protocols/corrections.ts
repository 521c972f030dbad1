/**
 * Corrections: a simulated annotator mends the largest error until every segment reaches the bar or the budget ends. Number of
 * clicks an instance (NCI): Rana et al. 2023, "DynaMITe". Number of clicks (NoC): Sofiiuk et al. 2022, "RITM".
 */
import type { CorrectionCounts, EvaluationRow } from '@saltworks/contract/documents/evaluations';
import { InvalidInputError } from '@saltworks/contract/errors';
import type { Preset, SegmentOptions } from '@saltworks/contract/options';
import { answerFrom, labelsOf } from '@saltworks/core/answer';
import type { RgbImage } from '@saltworks/core/image/image';
import type { Keys } from '@saltworks/core/keys/keys';
import { type Mask, maskEverywhere } from '@saltworks/core/mask/mask';
import { mean } from '@saltworks/core/metrics/mean';
import { gridOf } from '@saltworks/core/nodes/grid';
import { solveOptions } from '@saltworks/core/options';
import { giveHeld, heldPixels } from '@saltworks/core/refine/held';
import { rasterise, type StrokeRaster } from '@saltworks/core/seeds/seeds';
import { openReused } from '@saltworks/core/segment';
import type { Case } from '../dataset/case.ts';
import { ofPeers } from '../peers/peers.ts';
import { randomFrom } from '../random.ts';
import { type Correction, type Corrector, human, ideal } from '../robots/corrector.ts';
import { rowOf } from './measured.ts';
import { type Protocol, type ProtocolSettings, presetsOf } from './protocol.ts';

/** Corrections that are made at least, so that all images have a curve of this length. */
const shown = 12;
/** IoUs of NoC. */
const [noc85, noc90] = [0.85, 0.9];

export const corrections: Protocol = {
  name: 'corrections',
  fromNothing: true,
  async run(one, keysOf, settings) {
    const { spec, seed, peers = [], note } = settings;
    const keys = await keysOf(one);
    const corrected = async (variant: string, start: StrokeRaster, solve: Solve, corrector = ideal) => {
      const random = randomFrom(`${one.name} ${variant} ${seed}`);
      const { mask, counts } = await correct(one, start, solve, corrector, settings, random);
      return rowOf(one, mask, { protocol: 'corrections', variant, seed, corrections: counts });
    };
    const [own, ...others] = presetsOf(settings);
    const solveBy = (preset: Preset) => openImage(one, keys, solveOptions(preset, spec, { seed }));
    const rows: EvaluationRow[] = [];
    const solve = solveBy(own);
    for (const [name, start] of [
      ...(one.raster ? [[strokes, one.raster] as const] : []),
      [nothing, blank(one)] as const,
    ]) {
      rows.push(await corrected(name, start, solve));
      rows.push(await corrected(`${name}, ${human.name}`, start, solve, human));
    }
    const { raster } = one;
    if (!raster) return rows;
    for (const preset of others) rows.push(await corrected(beside(preset), raster, solveBy(preset)));
    const input = { image: one.image, keys, labels: new Set([...numberedTruth(one).ids, ...drawn(raster)]).size };
    const work = (name: string, solve: (raster: StrokeRaster) => Promise<Mask>) =>
      corrected(beside(name), raster, withTwoLabels(one.image, solve));
    return [...rows, ...(await ofPeers(peers, input, work, note))];
  },
};

/** What the annotator starts from. */
const [strokes, nothing] = ['from strokes', 'from nothing'];
/** The variant of another method. */
const beside = (name: string): string => `${strokes}, ${name}`;

/** Whether a variant is that of the run's own method. */
export const isOwn = (variant: string): boolean =>
  [strokes, nothing].some((start) => [start, `${start}, ${human.name}`].includes(variant));

export type Solve = (raster: StrokeRaster, before: Mask) => Mask | Promise<Mask>;

/** A truth whose segments are small numbers, since they are counted after every stroke. */
export interface NumberedTruth {
  /** Segments that count, ascending; their numbers are their places here. */
  ids: number[];
  numbers: ReadonlyMap<number, number>;
  /** By pixel: the number of its segment; −1: ignored. */
  actual: Int32Array;
}

export function numberedTruth({ truth, ignore }: Pick<Case, 'truth' | 'ignore'>): NumberedTruth {
  const ids = [...new Set(truth.ids.filter((_, i) => !ignore[i]))].sort((a, b) => a - b);
  const numbers = new Map(ids.map((id, number) => [id, number]));
  return { ids, numbers, actual: Int32Array.from(truth.ids, (id, i) => (ignore[i] ? -1 : numbers.get(id)!)) };
}

export const blank = ({ image: { width, height } }: Case): StrokeRaster => ({
  ...{ width, height },
  owner: new Uint16Array(width * height),
  segments: [],
});

/** Segments that have a stroke. */
const drawn = ({ segments }: StrokeRaster): number[] => [...new Set(Array.from(segments))];

/** Masks as the product makes them. Only the image that was opened last can be solved. */
export function openImage({ image }: Case, keys: Keys, options: SegmentOptions): Solve {
  const solver = openReused(image, keys, options);
  const grid = gridOf(keys, options.upsample);
  return withTwoLabels(image, (raster) => answerFrom(solver, labelsOf(raster, grid, options)).mask());
}

/** A method from two labels on, and before there are two what anybody would expect. */
function withTwoLabels(image: RgbImage, solve: (raster: StrokeRaster) => Mask | Promise<Mask>): Solve {
  return async (raster, before) => {
    const labels = drawn(raster);
    if (labels.length === 0) return before;
    if (labels.length === 1) return maskEverywhere(labels[0], image);
    try {
      return await solve(raster);
    } catch (error) {
      // All labels but one lie in nodes that other labels own.
      if (!(error instanceof InvalidInputError)) throw error;
      const mask = { ...before, ids: before.ids.slice() };
      const held = heldPixels(raster, { strokes: 'hold' });
      if (held) giveHeld(mask.ids, held);
      return mask;
    }
  };
}

/** @returns the mask when the annotator stopped */
export async function correct(
  one: Pick<Case, 'truth' | 'ignore'>,
  start: StrokeRaster,
  solve: Solve,
  corrector: Corrector,
  { budget, bar }: Pick<ProtocolSettings, 'budget' | 'bar'>,
  random: () => number,
): Promise<{ mask: Mask; counts: CorrectionCounts }> {
  const { width, height } = one.truth;
  const { ids, numbers, actual } = numberedTruth(one);
  const most = budget * ids.length;
  const object = ids.filter((id) => id !== 0).length === 1 ? numbers.get(ids.at(-1)!) : undefined;

  let raster = start;
  let mask = await solve(raster, maskEverywhere(0, one.truth));
  let labels = numbered(mask, numbers);
  let ious = scores(labels, actual, ids.length);
  const reached: (number | null)[] = ids.map(() => null);
  const curve: number[] = [];
  const effects: CorrectionCounts['effects'] = [];
  const noc: { at85?: number; at90?: number } = {};
  let stopped: { n: number; mask: Mask; ious: number[]; sufficed: boolean } | undefined;
  const note = (n: number) => {
    curve.push(round(mean(ious)));
    ious.forEach((iou, k) => {
      if (iou >= bar) reached[k] ??= n;
    });
    if (object !== undefined && n <= most) {
      if (ious[object] >= noc85) noc.at85 ??= n;
      if (ious[object] >= noc90) noc.at90 ??= n;
    }
    const sufficed = ious.every((iou) => iou >= bar);
    if (!stopped && (sufficed || n === most)) stopped = { n, mask, ious, sufficed };
  };

  note(0);
  for (let n = 1; n <= Math.max(shown, most); n++) {
    const isMeasured = object === undefined || noc.at90 !== undefined || n > most;
    if (n > shown && stopped && isMeasured) break;
    const correction = corrector.correct({ width, height, labels, actual }, ids.length, random);
    if (!correction) break;
    raster = withStroke(raster, correction, ids[correction.label]);
    mask = await solve(raster, mask);
    const next = numbered(mask, numbers);
    if (drawn(raster).length > 1) effects.push(effectOf(labels, next, actual, correction.label));
    labels = next;
    ious = scores(labels, actual, ids.length);
    note(n);
  }
  // Nothing was left to correct.
  const end = stopped ?? { n: most, mask, ious, sufficed: false };
  while (curve.length <= shown) curve.push(curve.at(-1)!);
  return {
    mask: end.mask,
    counts: {
      curve,
      needed: reached.map((n, k) => (end.ious[k] >= bar ? n : null)),
      per_segment: end.n / ids.length,
      sufficed: end.sufficed,
      effects,
      ...(object !== undefined && { noc: { at85: noc.at85 ?? most, at90: noc.at90 ?? most } }),
    },
  };
}

/** What the truth lacks gets the number after the last. */
export function numbered({ ids }: Mask, numbers: ReadonlyMap<number, number>): Int32Array {
  const labels = new Int32Array(ids.length);
  let last = -1;
  let own = -1;
  for (let i = 0; i < ids.length; i++) {
    if (ids[i] !== last) {
      last = ids[i];
      own = numbers.get(last) ?? numbers.size;
    }
    labels[i] = own;
  }
  return labels;
}

/** IoU of every label; 0 … c − 1. */
export function scores(labels: Int32Array, actual: Int32Array, c: number): number[] {
  const [both, either] = [new Float64Array(c + 1), new Float64Array(c + 1)];
  for (let i = 0; i < actual.length; i++) {
    const [own, real] = [labels[i], actual[i]];
    if (real < 0) continue;
    either[real]++;
    if (own === real) both[real]++;
    else either[own]++;
  }
  return Array.from({ length: c }, (_, k) => both[k] / either[k]);
}

function effectOf(before: Int32Array, now: Int32Array, actual: Int32Array, label: number) {
  let [right, broken, error, mended, all] = [0, 0, 0, 0, 0];
  for (let i = 0; i < now.length; i++) {
    const real = actual[i];
    if (real < 0) continue;
    const is = now[i] === real;
    if (before[i] === real) {
      right++;
      if (!is) broken++;
    } else {
      if (is) all++;
      if (real !== label) continue;
      error++;
      if (is) mended++;
    }
  }
  const share = (part: number, of: number) => (of === 0 ? 0 : round(part / of));
  return { breaks: share(broken, right), mends: share(mended, error), harms: broken > all };
}

export function withStroke(
  { width, height, owner, segments }: StrokeRaster,
  { points, radius }: Correction,
  segment: number,
) {
  const stroke = rasterise({ image: { width, height }, segments: [], strokes: [{ segment, points, radius }] });
  const number = segments.length + 1;
  const more = Uint16Array.from(owner);
  for (let i = 0; i < more.length; i++) if (stroke.owner[i] !== 0) more[i] = number;
  return { width, height, owner: more, segments: [...Array.from(segments), segment] };
}

/** Rows stay short. */
export const round = (share: number): number => Math.round(1e6 * share) / 1e6;
