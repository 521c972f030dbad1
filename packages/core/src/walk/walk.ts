/**
 * The walk solver: what seeds say of every node by likeness alone (kernel ridge on whitened keys) becomes the prior of
 * a random walk along the picture. What depends on image and keys is prepared once; each solve takes seeds only.
 */

import type { Upsample } from '@saltworks/contract/options';
import { cellColours, type RgbImage } from '../image/image.ts';
import { doubleKeys, type Keys } from '../keys/keys.ts';
import { nodesPerPatch } from '../nodes/grid.ts';
import { type KeyDistances, keyDistances } from '../nodes/key-distances.ts';
import { type Convergence, type NodeScores, shares } from '../nodes/scores.ts';
import { type Seeds, sampleSeeds } from '../seeds/seeds.ts';
import { type GridEdges, gridEdges, solveWalk, type WalkSolveOptions } from './grid-walk.ts';
import { type RidgeOptions, ridgeScores, ridgeSystem } from './ridge.ts';
import { meanOf, whiten } from './whiten.ts';

/** Found on the evaluation sets (docs/quality.md); `few` and `raw` by removing seeds there. */
export const walkDefaults = {
  shrinkage: 10,
  edgeColour: 60,
  leastEdge: 1e-4,
  whitened: { width: 1, ridge: 1.5, colour: 0.3 },
  raw: { width: 0.8, ridge: 1, colour: 0.1 },
  few: 15,
  most: 256,
  sharpness: 12,
  prior: 0.03,
  hold: 1000,
  tol: 1e-6,
  maxIter: 1000,
};

export interface WalkGraphOptions {
  upsample: Upsample;
  /** Of the whitening. */
  shrinkage?: number;
  /** Weight of squared colour distance along edges. */
  edgeColour?: number;
}

/** An image's nodes: depends on keys and image alone, so it serves every stroke. */
export interface WalkGraph {
  h: number;
  w: number;
  /** Mean colour of every node, `[n, 3]`, 0 … 1. */
  colours: Float32Array;
  edges: GridEdges;
  /** Of whitened keys. */
  whitened: KeyDistances;
  /** Of keys as they are; made when first asked for, since only few seeds need them. */
  raw: () => KeyDistances;
}

export function prepareWalk(
  keys: Keys,
  image: RgbImage,
  { upsample, shrinkage = walkDefaults.shrinkage, edgeColour = walkDefaults.edgeColour }: WalkGraphOptions,
): WalkGraph {
  const atNodes = (patches: Keys) => (nodesPerPatch(upsample) === 2 ? doubleKeys(patches) : patches);
  const z = whiten(keys, shrinkage);
  const nodes = atNodes(z);
  const { h, w } = nodes;
  const colours = cellColours(image, h, w).map((value) => value / 255);
  let raw: KeyDistances | undefined;
  return {
    h,
    w,
    colours,
    edges: gridEdges(nodes, colours, { colour: edgeColour, least: walkDefaults.leastEdge }),
    whitened: keyDistances(z, nodes),
    raw: () => {
      if (!raw) {
        const patches = centred(keys);
        raw = keyDistances(patches, atNodes(patches));
      }
      return raw;
    },
  };
}

function centred({ data, h, w, d }: Keys): Keys {
  const mean = meanOf(data, d);
  return { data: data.map((value, i) => value - mean[i % d]), h, w, d };
}

export interface RidgeBlend {
  /** Ridge on whitened keys. */
  whitened?: RidgeOptions;
  /** Ridge on keys as they are. */
  raw?: RidgeOptions;
  /** Seeds a label at which both count the same: raw keys get the share 1 / (1 + (seeds / few·labels)³). */
  few?: number;
  /** About how many seeds ridge takes; of more, an even sample. The walk holds them all. */
  most?: number;
}

export interface WalkOptions extends RidgeBlend, Partial<WalkSolveOptions> {
  /** P = softmax(sharpness · ridge scores). */
  sharpness?: number;
}

/** Scores of every node for every label that owns a seed; rows sum to 1. */
export function walk(graph: WalkGraph, seeds: Seeds, options: WalkOptions = {}): NodeScores & Convergence {
  const { h, w, edges } = graph;
  const settings = { ...walkDefaults, ...options };
  const c = seeds.labels.length;
  const belief = softmax(likeness(graph, seeds, settings), c, settings.sharpness);
  const { scores, ...end } = solveWalk(edges, belief, seeds.nodes, c, settings, seeds.soft);
  return { ...end, data: shares(scores, h * w, c), h, w, labels: seeds.labels };
}

/**
 * The ridge scores that the walk starts from: by whitened keys, and where seeds are few, by keys as they are too, which
 * generalise from less.
 *
 * @returns planes `[c, n]`; a node's scores sum to 1 and may lie a little outside 0 … 1
 */
export function likeness(graph: WalkGraph, seeds: Seeds, options: RidgeBlend = {}): Float32Array {
  const { whitened, raw, few, most } = { ...walkDefaults, ...options };
  const c = seeds.labels.length;
  const { nodes, labels, share, count, soft } = sampleSeeds(seeds, most);
  const ridge = (distances: KeyDistances, options: RidgeOptions) => {
    // Half the seeds, each of which counts as two, are contradicted as easily at half the ridge.
    const shared = { ...options, ridge: share * options.ridge };
    const system = ridgeSystem(distances, graph.colours, nodes, shared, undefined, soft?.weights);
    return ridgeScores(system, labels, c, soft?.rows);
  };
  const scores = ridge(graph.whitened, whitened);
  const mixed = rawShare(count, c, few);
  if (mixed === 0) return scores;
  const other = ridge(graph.raw(), raw);
  for (let i = 0; i < scores.length; i++) scores[i] += mixed * (other[i] - scores[i]);
  return scores;
}

/** What ridge on raw keys counts, of m seeds with c labels; 0 where that is too little to be worth its distances. */
export function rawShare(m: number, c: number, few: number = walkDefaults.few): number {
  const share = 1 / (1 + (m / (few * c)) ** 3);
  return share < 0.01 ? 0 : share;
}

/** What a node believes of a label at least, before the walk. */
export const leastBelief = 1e-8;

/** softmax(sharpness · scores) over the labels of every node, in place, none below `leastBelief`. @param scores planes `[c, n]` */
function softmax(scores: Float32Array, c: number, sharpness: number): Float32Array {
  const n = scores.length / c;
  for (let i = 0; i < n; i++) {
    let most = Number.NEGATIVE_INFINITY;
    for (let o = i; o < scores.length; o += n) most = Math.max(most, scores[o]);
    let sum = 0;
    for (let o = i; o < scores.length; o += n) {
      scores[o] = Math.exp(sharpness * (scores[o] - most));
      sum += scores[o];
    }
    for (let o = i; o < scores.length; o += n) scores[o] = Math.max(scores[o] / sum, leastBelief);
  }
  return scores;
}
