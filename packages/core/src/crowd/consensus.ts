/** One answer from several annotators' strokes on one image. */

import type { AttributeValues } from '@saltworks/contract/attributes';
import type { Segment } from '@saltworks/contract/documents/scribbles';
import { InvalidInputError } from '@saltworks/contract/errors';
import type { SegmentOptions } from '@saltworks/contract/options';
import { answerFrom, labelsTogether } from '../answer.ts';
import { type CorpusPrior, hearCorpus } from '../corpus/prior.ts';
import { openFast } from '../fast/solver.ts';
import type { RgbImage } from '../image/image.ts';
import type { Keys } from '../keys/keys.ts';
import type { Mask } from '../mask/mask.ts';
import { gridOf } from '../nodes/grid.ts';
import { type Convergence, margins, type NodeScores } from '../nodes/scores.ts';
import type { Seeds, StrokeRaster } from '../seeds/seeds.ts';
import { relabelled } from '../seeds/sheet.ts';
import type { OpenSolver } from '../solver.ts';
import { type CommonSegment, commonSegments } from './common-segments.ts';

/** One annotator's strokes, the mask from these alone, and their weight. */
export interface Annotation {
  annotator: string;
  segments: readonly Segment[];
  raster: StrokeRaster;
  mask: Mask;
  /** At least 0; 0 leaves the annotation out. Only the share of the largest weight matters; below a millionth it is 0. */
  weight: number;
}

export interface Consensus {
  mask: Mask;
  segments: CommonSegment[];
  nodes: NodeScores & Convergence;
  seeds: Seeds;
  /** Every node's margin: its best score less its second, 0 … 1, row-major as `nodes`. */
  margin: Float32Array;
  /** By node: the share of weight, 0 … 1, of annotators whose own masks differ from the consensus, averaged over its pixels. */
  dissent: Float32Array;
}

/**
 * Solves all strokes at once, each with its annotator's weight: answers are not averaged, but all strokes are seeds of one
 * solve. The input stays unchanged, so a weight can be set back to 0 at any time. The order of annotations does not matter.
 *
 * @param beside open: the solver, by kernels unless given; prior: of the corpus that is heard
 * @throws InvalidInputError if annotations do not fit the image, all weigh 0, or label fewer than two segments
 */
export function consensus(
  image: RgbImage,
  keys: Keys,
  annotations: readonly Annotation[],
  options: SegmentOptions,
  { open = openFast, prior }: { open?: OpenSolver; prior?: CorpusPrior } = {},
): Consensus {
  const counted = inOrder(annotations, image);
  const segments = commonSegments(counted);
  const shared = counted.map((annotation) => ({ ...annotation, toCommon: toCommon(segments, annotation.annotator) }));
  const drawn = shared.map(({ raster, weight, toCommon }) => ({
    raster: relabelled(raster, toCommon),
    weight,
  }));
  const labels = labelsTogether(drawn, gridOf(keys, options.upsample), options);
  const opinion = prior && hearCorpus(prior, keys, options, () => segments);
  const { seeds, nodes, mask: refined } = answerFrom(open(image, keys, options, { opinion }), labels);
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

/** Values of the image: of each attribute that of the annotator who counts most among those who gave one. */
export function valuesTogether(
  drawn: readonly { annotator: string; weight: number; attributes?: AttributeValues }[],
): AttributeValues | undefined {
  const given = drawn
    .filter(({ weight, attributes }) => weight > 0 && attributes)
    .sort((a, b) => a.weight - b.weight || (a.annotator < b.annotator ? 1 : -1));
  return given.length > 0 ? Object.assign({}, ...given.map(({ attributes }) => attributes)) : undefined;
}

/** The least share of the largest weight: a smaller one could be lost in rounding. */
const leastWeight = 1e-6;

/** Annotations with a weight, the largest first and scaled to 1; equal ones by name. */
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

/** An annotator's own segment ids to common ids; the background is common to all. */
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
  // An image with fewer pixels than nodes leaves some nodes without pixels.
  return Float32Array.from(other, (sum, i) => (all[i] > 0 ? sum / all[i] : 0));
}
