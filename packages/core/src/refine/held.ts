/**
 * Held pixels, whose owner is given: a painted pixel keeps its label. Strokes cover few pixels, so they are a list. For
 * refinement they are certain and steer their surroundings; at the end each has its owner in any case.
 */
import { unknownKind } from '@saltworks/contract/errors';
import { strokeKinds } from '@saltworks/contract/kinds';
import type { RefineOptions, SegmentOptions } from '@saltworks/contract/options';
import { type Mask, maskEverywhere } from '../mask/mask.ts';
import type { NodeScores } from '../nodes/scores.ts';
import type { LabelledPixels, StrokeRaster } from '../seeds/sheet.ts';
import type { WeightedStrokes } from '../seeds/soft-seeds.ts';
import { takeMajority } from './majority.ts';
import { absorbSmallParts } from './small-parts.ts';

export type HeldPixels = LabelledPixels;

/** The pixels under strokes, each held for the last stroke there. Undefined where settings tolerate noisy strokes. */
export function heldPixels(
  { width, height, owner, segments }: StrokeRaster,
  { strokes }: Pick<SegmentOptions, 'strokes'>,
): HeldPixels | undefined {
  if (!holds(strokes)) return undefined;
  const pixels = drawnPixels(owner);
  return { width, height, pixels, ids: pixels.map((pixel) => segments[owner[pixel] - 1]) };
}

/**
 * The pixels under several annotators' strokes, each held for the label with the most weight. On a tie the pixel is free, and
 * the image decides.
 */
export function heldTogether(
  drawn: readonly WeightedStrokes[],
  { strokes }: Pick<SegmentOptions, 'strokes'>,
): HeldPixels | undefined {
  if (!holds(strokes)) return undefined;
  const { width, height } = drawn[0].raster;
  const votes = new Map<number, Map<number, number>>();
  for (const { raster, weight } of drawn) {
    for (const pixel of drawnPixels(raster.owner)) {
      const id = raster.segments[raster.owner[pixel] - 1];
      const own = votes.get(pixel) ?? new Map<number, number>();
      votes.set(pixel, own.set(id, (own.get(id) ?? 0) + weight));
    }
  }
  const held = [...votes]
    .flatMap(([pixel, own]) => {
      const id = heaviest(own);
      return id === undefined ? [] : [{ pixel, id }];
    })
    .sort((a, b) => a.pixel - b.pixel);
  return {
    width,
    height,
    pixels: Int32Array.from(held, ({ pixel }) => pixel),
    ids: Int32Array.from(held, ({ id }) => id),
  };
}

/** The label with the most weight; undefined where two have it. @param weights by label, at least one */
export function heaviest(weights: ReadonlyMap<number, number>): number | undefined {
  const [first, second] = [...weights].sort(([, a], [, b]) => b - a);
  return !second || first[1] > second[1] ? first[0] : undefined;
}

/** Whether pixels under strokes keep the strokes' labels. */
export function holds(strokes: SegmentOptions['strokes']): boolean {
  switch (strokes) {
    case 'hold':
      return true;
    case 'tolerate':
      return false;
    default:
      return unknownKind('strokes', strokes, strokeKinds);
  }
}

function drawnPixels(owner: StrokeRaster['owner']): Int32Array {
  let count = 0;
  for (let i = 0; i < owner.length; i++) if (owner[i] !== 0) count++;
  const pixels = new Int32Array(count);
  for (let i = 0, o = 0; o < count; i++) if (owner[i] !== 0) pixels[o++] = i;
  return pixels;
}

/**
 * Refines all but the given: held pixels keep their owner, and a single label owns every pixel. Outlines are smoothed before
 * held pixels get their owners, which thin strokes would lose. Small parts are absorbed last, so that strokes keep the parts in
 * which they lie.
 *
 * @param refine from scores to owners; among the labels is every label that holds a pixel
 */
export function refineAround(
  nodes: NodeScores,
  held: HeldPixels | undefined,
  image: { width: number; height: number },
  { majority = 0, leastPart = 0 }: Pick<RefineOptions, 'majority' | 'leastPart'>,
  refine: (scores: NodeScores) => Mask,
): Mask {
  if (nodes.labels.length === 1) return maskEverywhere(nodes.labels[0], image);
  const mask = takeMajority(refine(held ? withHeld(nodes, held) : nodes), majority);
  if (held) giveHeld(mask.ids, held);
  if (leastPart > 0) absorbSmallParts(mask, leastPart, held?.pixels);
  return mask;
}

/** Gives held pixels to their owners, in place. */
export function giveHeld(owners: Uint32Array, { pixels, ids }: HeldPixels): void {
  pixels.forEach((pixel, i) => {
    owners[pixel] = ids[i];
  });
}

/** Scores that have a label for every segment that holds a pixel: a segment without nodes scores 0 everywhere. */
export function withHeld(nodes: NodeScores, { ids }: HeldPixels): NodeScores {
  const { data, h, w, labels } = nodes;
  const missing = [...new Set(ids)].filter((id) => !labels.includes(id)).sort((a, b) => a - b);
  if (missing.length === 0) return nodes;
  const [c, more] = [labels.length, labels.length + missing.length];
  const wider = new Float32Array(h * w * more);
  for (let node = 0; node < h * w; node++) wider.set(data.subarray(node * c, (node + 1) * c), node * more);
  return { data: wider, h, w, labels: [...labels, ...missing] };
}

/** Held pixels of an image at some size, ascending, and the label of each. */
export interface HeldLabels {
  pixels: Int32Array;
  labels: Int32Array;
}

/** Held pixels of the image at height × width; of several that become one pixel, the last in reading order counts. */
export function heldLabels(
  { width: from, height: rows, pixels, ids }: HeldPixels,
  labels: readonly number[],
  height: number,
  width: number,
): HeldLabels {
  const index = new Map(labels.map((id, label) => [id, label]));
  const own = ids.map((id) => index.get(id)!);
  if (width === from && height === rows) return { pixels, labels: own };
  const found = new Map<number, number>();
  pixels.forEach((pixel, i) => {
    const x = pixel % from;
    const y = (pixel - x) / from;
    found.set(Math.floor(((y + 0.5) * height) / rows) * width + Math.floor(((x + 0.5) * width) / from), own[i]);
  });
  const ordered = Int32Array.from(found.keys()).sort();
  return { pixels: ordered, labels: ordered.map((pixel) => found.get(pixel)!) };
}

/**
 * Makes the scores of held pixels certain, in place.
 *
 * @param scores of rows y0 and on, `[rows, width, c]`
 */
export function holdRows(
  scores: Float32Array,
  { pixels, labels }: HeldLabels,
  c: number,
  width: number,
  y0: number,
): void {
  const first = y0 * width;
  const end = first + scores.length / c;
  for (let i = lowerBound(pixels, first); i < pixels.length && pixels[i] < end; i++) {
    const o = (pixels[i] - first) * c;
    scores.fill(0, o, o + c);
    scores[o + labels[i]] = 1;
  }
}

/** The first index with at least this value. */
function lowerBound(ascending: Int32Array, value: number): number {
  let [low, high] = [0, ascending.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (ascending[middle] < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
