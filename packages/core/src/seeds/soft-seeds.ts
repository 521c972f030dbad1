/** Seeds of several annotators together: a node that they label differently is partly each label's. */
import { InvalidInputError } from '@saltworks/contract/errors';
import { argmax } from '../nodes/scores.ts';
import {
  backgroundEverywhere,
  cellWinners,
  enoughLabels,
  isEnough,
  isWhole,
  type Seeds,
  type StrokeRaster,
} from './seeds.ts';

/** One annotator's strokes, under segment ids that all annotators share, and their weight. */
export interface WeightedStrokes {
  raster: StrokeRaster;
  /** Above 0. */
  weight: number;
}

/**
 * Y = Σ weight·Y of each annotator alone, so a solver that is linear in Y gives the weighted sum of their answers.
 *
 * @throws InvalidInputError if all annotators together label the nodes with fewer than two segments, unless it is the
 *   background alone, or one of them labels every pixel
 */
export function softSeeds(drawn: readonly WeightedStrokes[], h: number, w: number): Seeds {
  const ids = enoughLabels(drawn.map(({ raster }) => raster));
  if (ids.length === 0) return backgroundEverywhere(h, w);
  const people = drawn.map(({ raster, weight }) => ({ ...cellWinners(raster, h, w), weight }));
  const present = new Set(people.flatMap(({ winners }) => [...new Set(winners)]));
  const labels = ids.filter((id) => present.has(id));
  if (!isEnough(labels, ids) && !drawn.some(({ raster }) => isWhole(raster))) {
    throw new InvalidInputError(
      `strokes label ${h} × ${w} nodes with ${labels.length} of ${ids.length} segments; expected at least two`,
    );
  }
  const c = labels.length;
  const index = new Map(labels.map((id, label) => [id, label]));
  const soft = new Float32Array(h * w * c);
  const strokes = new Int32Array(h * w);
  const labelled = new Uint8Array(h * w);
  let drawnBefore = 0;
  people.forEach(({ winners, strokes: own, weight }, person) => {
    winners.forEach((id, node) => {
      const label = index.get(id);
      if (label === undefined) return;
      soft[node * c + label] += weight;
      strokes[node] = drawnBefore + own[node];
      labelled[node] = 1;
    });
    drawnBefore += drawn[person].raster.segments.length;
  });
  const nodes = argmax(soft, c).map((label, node) => (labelled[node] ? label : -1));
  return { h, w, labels, nodes, strokes, soft, unseeded: ids.filter((id) => !present.has(id)) };
}
