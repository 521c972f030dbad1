/** One answer from several people's strokes on one image. */

import type { Segment } from '@saltworks/contract/documents/scribbles';
import { InvalidInputError } from '@saltworks/contract/errors';
import type { SegmentOptions } from '@saltworks/contract/options';
import { answerFrom, labelsTogether } from '../answer.ts';
import { openFast } from '../fast/solver.ts';
import type { RgbImage } from '../image/image.ts';
import type { Keys } from '../keys/keys.ts';
import type { Mask } from '../mask/mask.ts';
import { gridOf } from '../nodes/grid.ts';
import { type Convergence, margins, type NodeScores } from '../nodes/scores.ts';
import type { Seeds, StrokeRaster } from '../seeds/seeds.ts';
import type { OpenSolver } from '../solver.ts';
import { type CommonSegment, commonSegments } from './common-segments.ts';

/** What one annotator drew, the mask that came of it alone, and how much it counts beside the others'. */
export interface Annotation {
  annotator: string;
  segments: readonly Segment[];
  raster: StrokeRaster;
  mask: Mask;
  /** At least 0; 0 is as if it were not there. Only its share of the largest matters; below a millionth it is 0. */
  weight: number;
}

export interface Consensus {
  mask: Mask;
  segments: CommonSegment[];
  nodes: NodeScores & Convergence;
  seeds: Seeds;
  /** How sure every node is: its best score less its second, 0 … 1, row-major as `nodes`. */
  margin: Float32Array;
  /** The share of weight, 0 … 1, whose own masks call the node's pixels something else than the consensus does. */
  dissent: Float32Array;
}

/**
 * All strokes in one solve, each counting as much as its annotator: answers are not averaged, strokes are seeds beside
 * the others'. Nothing that is given is changed, so a weight may be taken back to 0 at any time. It does not matter in
 * which order annotations come.
 *
 * @param open who solves
 * @throws InvalidInputError if annotations do not fit the image or count for nothing, or label fewer than two things
 */
export function consensus(
  image: RgbImage,
  keys: Keys,
  annotations: readonly Annotation[],
  options: SegmentOptions,
  open: OpenSolver = openFast,
): Consensus {
  const counted = inOrder(annotations, image);
  const segments = commonSegments(counted);
  const shared = counted.map((annotation) => ({ ...annotation, toCommon: toCommon(segments, annotation.annotator) }));
  const drawn = shared.map(({ raster, weight, toCommon }) => ({
    raster: { ...raster, segments: Array.from(raster.segments, toCommon) },
    weight,
  }));
  const labels = labelsTogether(drawn, gridOf(keys, options.upsample), options);
  const { seeds, nodes, mask: refined } = answerFrom(open(image, keys, options), labels);
  const mask = refined();
  return {
    mask,
    segments,
    nodes,
    seeds,
    margin: margins(nodes.data, nodes.labels.length),
    dissent: dissent(mask, shared, nodes),
  };
}

/** Of the largest weight: less could be lost in rounding. */
const leastWeight = 1e-6;

/** Those who count, the largest weight first and at 1; equal ones by name. */
function inOrder(annotations: readonly Annotation[], { width, height }: RgbImage): Annotation[] {
  const names = new Set<string>();
  for (const { annotator, weight, raster, mask } of annotations) {
    if (!(weight >= 0 && Number.isFinite(weight))) {
      throw new InvalidInputError(`weight ${weight} of ${annotator}; expected a number of at least 0`);
    }
    if (names.has(annotator)) throw new InvalidInputError(`two annotations of ${annotator}; expected one of each`);
    names.add(annotator);
    for (const [what, size] of [['strokes', raster] as const, ['a mask', mask] as const]) {
      if (size.width === width && size.height === height) continue;
      throw new InvalidInputError(
        `${what} of ${annotator} for ${size.width} × ${size.height} pixels; expected the image's ${width} × ${height}`,
      );
    }
  }
  const most = Math.max(...annotations.map(({ weight }) => weight));
  if (!(most > 0))
    throw new InvalidInputError(`${annotations.length} annotations that count 0; expected one that counts`);
  return annotations
    .map((annotation) => ({ ...annotation, weight: annotation.weight / most }))
    .filter(({ weight }) => weight >= leastWeight)
    .sort((a, b) => b.weight - a.weight || (a.annotator < b.annotator ? -1 : 1));
}

/** An annotator's own segment ids to common ones; the background is everybody's. */
function toCommon(segments: readonly CommonSegment[], annotator: string): (id: number) => number {
  const known = new Map<number, number>([[0, 0]]);
  for (const { id, from } of segments) {
    for (const own of from) if (own.annotator === annotator) known.set(own.segment, id);
  }
  return (id) => {
    const common = known.get(id);
    if (common !== undefined) return common;
    throw new InvalidInputError(`strokes or mask of ${annotator} hold segment ${id}; expected one of that annotator's`);
  };
}

function dissent(
  { ids, width, height }: Mask,
  people: readonly { mask: Mask; weight: number; toCommon: (id: number) => number }[],
  { h, w }: NodeScores,
): Float32Array {
  const other = new Float64Array(h * w);
  const all = new Float64Array(h * w);
  const column = Int32Array.from({ length: width }, (_, x) => Math.floor(((x + 0.5) * w) / width));
  for (const { mask, weight, toCommon } of people) {
    let [own, common] = [0, 0];
    for (let y = 0, i = 0; y < height; y++) {
      const row = Math.floor(((y + 0.5) * h) / height) * w;
      for (let x = 0; x < width; x++, i++) {
        if (mask.ids[i] !== own) {
          own = mask.ids[i];
          common = toCommon(own);
        }
        all[row + column[x]] += weight;
        if (common !== ids[i]) other[row + column[x]] += weight;
      }
    }
  }
  // A picture with fewer pixels than nodes leaves some nodes without any.
  return Float32Array.from(other, (sum, i) => (all[i] > 0 ? sum / all[i] : 0));
}
