/** The graph that labels spread along, with a case for each kind of affinity. fast/graph.ts does the same by kernels. */
import { unknownKind } from '@saltworks/contract/errors';
import { graphKinds } from '@saltworks/contract/kinds';
import type { GraphOptions, SpreadOptions } from '@saltworks/contract/options';
import { cellColours, type RgbImage } from '../image/image.ts';
import { doubleKeys, type Keys } from '../keys/keys.ts';
import { doubleGram, gram, medianDistance, squaredDistances } from '../nodes/gram.ts';
import { nodesPerPatch } from '../nodes/grid.ts';
import type { Matrix } from '../nodes/matrix.ts';
import type { Convergence, NodeScores } from '../nodes/scores.ts';
import { type Seeds, seedRows } from '../seeds/seeds.ts';
import { addScaled, colourKnn, knn, normalise, rbf, similarity } from './graph.ts';
import { spread } from './spread.ts';

/** An image's nodes and the affinity between them. It depends on keys and image alone, so it serves every stroke. */
export interface NodeGraph {
  h: number;
  w: number;
  /** Normalised affinity. */
  s: Matrix;
  /** The σ that `rbf` used. */
  sigma?: number;
}

export function nodeGraph(keys: Keys, image: RgbImage, options: GraphOptions): NodeGraph {
  const factor = nodesPerPatch(options.upsample);
  const double = factor === 2;
  const [h, w] = [factor * keys.h, factor * keys.w];
  const distances = () => squaredDistances(double ? doubleGram(gram(keys), keys.h, keys.w) : gram(keys));
  let a: Matrix;
  let sigma: number | undefined;
  switch (options.graph) {
    case 'rbf': {
      const d2 = distances();
      // If half of all nodes are alike (a blank image), the median is 0; any σ then joins them fully.
      sigma = options.sigma === 'auto' ? options.sigmaFactor * medianDistance(d2) || 1 : options.sigma;
      a = rbf(d2, sigma);
      break;
    }
    case 'similarity':
      a = similarity(double ? doubleKeys(keys) : keys, options.tau);
      break;
    case 'knn':
      a = knn(distances(), options.neighbors);
      break;
    default:
      return unknownKind('graph', options.graph, graphKinds);
  }
  if (options.colorWeight > 0) {
    a = addScaled(a, options.colorWeight, colourKnn(cellColours(image, h, w), options.neighbors));
  }
  return { h, w, s: normalise(a), sigma };
}

/** Scores of every node for every label that owns a seed. */
export function propagate({ h, w, s }: NodeGraph, seeds: Seeds, options: SpreadOptions): NodeScores & Convergence {
  const c = seeds.labels.length;
  const { scores, iterations, converged } = spread(s, seedRows(seeds), c, options);
  return { data: scores, h, w, labels: seeds.labels, iterations, converged };
}
