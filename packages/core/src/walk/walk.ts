/**
 * The walk solver: kernel ridge on whitened keys scores every node by its likeness to the seeds, and these scores are the
 * prior of a random walk along the image. The parts that depend on image and keys alone are prepared once.
 */

import type { Upsample } from '@saltworks/contract/options';
import { cellColours, type RgbImage } from '../image/image.ts';
import { doubleKeys, type Keys } from '../keys/keys.ts';
import { nodesPerPatch } from '../nodes/grid.ts';
import { type KeyDistances, keyDistances } from '../nodes/key-distances.ts';
import { type Convergence, type NodeScores, shares } from '../nodes/scores.ts';
import { type Seeds, sampleSeeds } from '../seeds/seeds.ts';
import { type GridEdges, gridEdges, solveWalk, type WalkSolveOptions } from './grid-walk.ts';
import { hear, type Opinion } from './opinion.ts';
import { type RidgeOptions, ridgeLeftOut, ridgeScores, ridgeSystem } from './ridge.ts';
import { meanOf, whiten } from './whiten.ts';

/** Tuned on the evaluation sets (docs/quality.md); `few` and `raw` with most seeds removed. */
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
  /** Shrinkage of the whitening. */
  shrinkage?: number;
  /** Weight of squared colour distance along edges. */
  edgeColour?: number;
}

/** An image's nodes, prepared for the walk. They depend on keys and image alone, so they serve every stroke. */
export interface WalkGraph {
  h: number;
  w: number;
  /** Mean colour of every node, `[n, 3]`, 0 … 1. */
  colours: Float32Array;
  edges: GridEdges;
  /** Distances of whitened keys. */
  whitened: KeyDistances;
  /** Distances of raw keys, computed on first use: only few seeds need them. */
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
  /** Ridge on raw keys. */
  raw?: RidgeOptions;
  /** Seeds a label at which both count the same: raw keys get the share 1 / (1 + (seeds / few·labels)³). */
  few?: number;
  /** Ridge takes about this many seeds, an even sample of more. The walk holds all seeds. */
  most?: number;
}

export interface WalkOptions extends RidgeBlend, Partial<WalkSolveOptions> {
  /** P = softmax(sharpness · ridge scores). */
  sharpness?: number;
  /** What others say of the nodes. */
  opinion?: Opinion;
}

/** Scores of every node for every label that owns a seed; rows sum to 1. */
export function walk(graph: WalkGraph, seeds: Seeds, options: WalkOptions = {}): NodeScores & Convergence {
  const { h, w, edges } = graph;
  const settings = { ...walkDefaults, ...options };
  const c = seeds.labels.length;
  const own = likeness(graph, seeds, settings);
  const heard = settings.opinion && hear(settings.opinion, seeds, settings);
  heard?.scores.forEach((score, o) => {
    own[o] += score;
  });
  const { sharpness, prior } = heard ?? settings;
  const belief = softmax(own, c, sharpness);
  const { scores, ...end } = solveWalk(edges, belief, seeds.nodes, c, { ...settings, prior }, seeds.soft);
  return { ...end, data: shares(scores, h * w, c), h, w, labels: seeds.labels };
}

/**
 * The ridge scores that the walk starts from: on whitened keys, and where seeds are few also on raw keys, which generalise
 * from less.
 *
 * @returns planes `[c, n]`; a node's scores sum to 1 and may lie a little outside 0 … 1
 */
export function likeness(graph: WalkGraph, seeds: Seeds, options: RidgeBlend = {}): Float32Array {
  const { whitened, raw, few, most } = { ...walkDefaults, ...options };
  const c = seeds.labels.length;
  const { nodes, labels, share, count, soft } = sampleSeeds(seeds, most);
  const ridge = (distances: KeyDistances, options: RidgeOptions) => {
    // Half the seeds, each counting as two, give the same answer at half the ridge.
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

/**
 * What the rest of the drawing says of each seed: the prior at it without its stroke's seeds, in closed form. The share of raw
 * keys stays that of all seeds.
 *
 * @returns `[n, c]`, rows summing to 1; zero rows where no seed is that the ridge takes
 */
export function walkLeftOut(graph: WalkGraph, seeds: Seeds): Float32Array {
  const c = seeds.labels.length;
  const { nodes, labels, share, count, soft } = sampleSeeds(seeds, walkDefaults.most);
  const strokes = nodes.map((node) => seeds.strokes[node]);
  const ridge = (distances: KeyDistances, options: RidgeOptions) => {
    const shared = { ...options, ridge: share * options.ridge };
    const { factor } = ridgeSystem(distances, graph.colours, nodes, shared, undefined, soft?.weights);
    return ridgeLeftOut(factor, labels, c, strokes, soft?.rows);
  };
  const mixed = rawShare(count, c);
  const others = mixed > 0 ? ridge(graph.raw(), walkDefaults.raw) : undefined;
  return leftOutRows(ridge(graph.whitened, walkDefaults.whitened), others, mixed, nodes, seeds);
}

/** From scores of the ridges at their seeds, `[m, c]`, to shares by node. */
export function leftOutRows(
  scores: Float32Array,
  others: Float32Array | undefined,
  mixed: number,
  nodes: Int32Array,
  { h, w, labels: { length: c } }: Seeds,
): Float32Array {
  const m = nodes.length;
  const planes = new Float32Array(c * m);
  for (let s = 0, o = 0; s < m; s++) {
    for (let k = 0; k < c; k++, o++) planes[k * m + s] = scores[o] + (others ? mixed * (others[o] - scores[o]) : 0);
  }
  softmax(planes, c, walkDefaults.sharpness);
  const out = new Float32Array(h * w * c);
  for (let s = 0; s < m; s++) for (let k = 0; k < c; k++) out[nodes[s] * c + k] = planes[k * m + s];
  return out;
}

/** The share of ridge on raw keys for m seeds with c labels; 0 if it is too small to be worth the distances. */
export function rawShare(m: number, c: number, few: number = walkDefaults.few): number {
  const share = 1 / (1 + (m / (few * c)) ** 3);
  return share < 0.01 ? 0 : share;
}

/** The least prior of a label at a node. */
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
