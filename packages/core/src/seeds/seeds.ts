/**
 * Seeds: the nodes that strokes label. Strokes are drawn into a raster of the image's size, later over earlier; a node
 * takes the label of most stroke pixels in its cell, and of the later stroke in a tie.
 */

import type { Scribbles } from '@saltworks/contract/documents/scribbles';
import { InvalidInputError } from '@saltworks/contract/errors';
import { type StrokeRaster, StrokeSheet } from './sheet.ts';

export type { StrokeRaster };

/** Draws the strokes of a scribble document. */
export const rasterise = ({ image, strokes, locks }: Scribbles): StrokeRaster =>
  new StrokeSheet(image).raster(strokes, locks);

/** Labelled nodes of an h × w grid. */
export interface Seeds {
  h: number;
  w: number;
  /** Segment ids of labels 0 … c − 1: those that own a node, ascending. */
  labels: number[];
  /** By node, row-major: its label, or −1. */
  nodes: Int32Array;
  /** By node: the number (from 1) of the last stroke of its label in its cell, or 0. */
  strokes: Int32Array;
  /** Segment ids that were drawn but own no node: their strokes are too small for this grid, or painted over. */
  unseeded: number[];
  /** Numbers (from 1) of the strokes that lie wholly outside the image. */
  outside?: number[];
  /**
   * Y of soft seeds, `[n, c]` row-major, none below 0: the weight of each label at a node. `nodes` then holds the label of
   * the largest weight. Without it, a seed counts 1 for its label.
   */
  soft?: Float32Array;
}

/** Y, `[n, c]` row-major: the weight of every label at every node; zero rows where nothing was drawn. */
export const seedRows = ({ soft, nodes, labels }: Seeds): Float32Array => soft ?? oneHot(nodes, labels.length);

/** The weight of soft seeds at every node: the sums of Y's rows. */
export function softWeights(soft: Float32Array, c: number): Float32Array {
  const weights = new Float32Array(soft.length / c);
  for (let i = 0, o = 0; i < weights.length; i++) {
    let sum = 0;
    for (let k = 0; k < c; k++) sum += soft[o++];
    weights[i] = sum;
  }
  return weights;
}

/**
 * Labels nodes by the strokes in their cells. Pixel (x, y) belongs to column ⌊(x + ½)·w / width⌋ and row
 * ⌊(y + ½)·h / height⌋.
 *
 * @param h rows of nodes
 * @param w columns of nodes
 * @throws InvalidInputError if fewer than two segments are drawn or own a node, unless it is the background alone, or every
 *   pixel is labelled
 */
export function seedNodes(raster: StrokeRaster, h: number, w: number): Seeds {
  const drawn = drawnLabels(raster);
  if (drawn.length === 0) return { ...backgroundEverywhere(h, w), outside: raster.outside };
  const { winners, strokes } = cellWinners(raster, h, w);
  const winning = new Set(winners);
  const labels = drawn.filter((id) => winning.has(id));
  const unseeded = drawn.filter((id) => !winning.has(id));
  if (!isEnough(labels, drawn) && !isWhole(raster)) {
    const { length: outside } = raster.outside ?? [];
    throw new InvalidInputError(
      `${outside > 0 ? `${outside} stroke${outside > 1 ? 's' : ''} outside the picture; the others` : 'strokes'} label ${h} × ${w} nodes with ${labels.length} of ${drawn.length} segments; expected at least two`,
    );
  }
  const index = new Map(labels.map((id, label) => [id, label]));
  const nodes = Int32Array.from(winners, (id) => index.get(id) ?? -1);
  return { h, w, labels, nodes, strokes, unseeded, ...(raster.outside && { outside: raster.outside }) };
}

/** Two labels are enough, and so is the background if nothing else was drawn: then all of the image is background. */
export const isEnough = (labels: readonly number[], drawn: readonly number[]): boolean =>
  labels.length > 1 || (labels.length === 1 && labels[0] === 0 && drawn.length === 1);

/**
 * The segment ids of all strokes that label more than their own pixels, ascending. None if every stroke labels just its own:
 * then all other pixels are background.
 *
 * @throws InvalidInputError if there are fewer than two, unless it is the background alone, or every pixel is labelled
 */
export function drawnLabels(raster: Labelling): number[] {
  return enoughLabels([raster]);
}

type Labelling = Pick<StrokeRaster, 'segments' | 'still'> & Partial<Pick<StrokeRaster, 'owner'>>;

/** Whether strokes label every pixel, and nothing is left for a solve. */
export const isWhole = ({ owner }: Labelling): boolean => owner !== undefined && !owner.includes(0);

/** The same of several rasters together. */
export function enoughLabels(rasters: readonly Labelling[]): number[] {
  const spreading = rasters.flatMap(({ segments, still }) => Array.from(segments).filter((_, i) => !still?.has(i + 1)));
  const drawn = [...new Set(spreading)].sort((a, b) => a - b);
  if (drawn.length === 0 && rasters.some(({ still }) => still)) return [];
  if (drawn.length === 0) throw new InvalidInputError('no strokes; expected at least two labels to be drawn');
  if (!isEnough(drawn, drawn) && !rasters.some(isWhole)) {
    throw new InvalidInputError(`only label ${drawn[0]} is drawn; expected at least two, the background being one`);
  }
  return drawn;
}

/** No node is labelled by a stroke, and all are background. */
export const backgroundEverywhere = (h: number, w: number): Seeds => ({
  ...{ h, w, labels: [0], nodes: new Int32Array(h * w).fill(-1), strokes: new Int32Array(h * w), unseeded: [] },
});

/**
 * The segment id that owns each cell, or −1 if nothing was drawn there; and its last stroke in the cell, or 0.
 *
 * A row of cells at a time: pixels are taken by runs of one stroke, and a cell holds few segments.
 */
export function cellWinners({ width, height, owner, segments }: StrokeRaster, h: number, w: number) {
  const winners = new Int32Array(h * w).fill(-1);
  const strokes = new Int32Array(h * w);
  const columns = Int32Array.from({ length: width }, (_, x) => Math.floor(((x + 0.5) * w) / width));
  // By column of the row under way: three numbers for each segment there, its id, its pixels and its last stroke.
  const cells = Array.from({ length: w }, (): number[] => []);
  const count = (cell: number[], segment: number, pixels: number, stroke: number) => {
    let o = 0;
    while (o < cell.length && cell[o] !== segment) o += 3;
    if (o === cell.length) cell.push(segment, pixels, stroke);
    else {
      cell[o + 1] += pixels;
      if (stroke > cell[o + 2]) cell[o + 2] = stroke;
    }
  };
  const settle = (row: number) => {
    cells.forEach((cell, column) => {
      let [most, last] = [0, 0];
      for (let o = 0; o < cell.length; o += 3) {
        if (cell[o + 1] < most || (cell[o + 1] === most && cell[o + 2] < last)) continue;
        [, most, last] = cell.slice(o, o + 3);
        winners[row * w + column] = cell[o];
        strokes[row * w + column] = last;
      }
      cell.length = 0;
    });
  };
  let row = 0;
  for (let y = 0, i = 0; y < height; y++) {
    const own = Math.floor(((y + 0.5) * h) / height);
    if (own !== row) settle(row);
    row = own;
    for (let x = 0; x < width; ) {
      const stroke = owner[i];
      const column = columns[x];
      const from = x;
      do {
        x++;
        i++;
      } while (x < width && owner[i] === stroke && columns[x] === column);
      if (stroke > 0) count(cells[column], segments[stroke - 1], x - from, stroke);
    }
  }
  if (height > 0) settle(row);
  return { winners, strokes };
}

/** Whether a solve of both gives the same answer, to the bit. */
export const sameSeeds = (a: Seeds, b: Seeds): boolean =>
  a.h === b.h &&
  a.w === b.w &&
  sameNumbers(a.labels, b.labels) &&
  sameNumbers(a.nodes, b.nodes) &&
  sameNumbers(a.strokes, b.strokes) &&
  sameNumbers(a.soft ?? [], b.soft ?? []);

function sameNumbers(a: ArrayLike<number>, b: ArrayLike<number>): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** Labelled nodes as a list. */
export interface SeedList {
  nodes: Int32Array;
  /** The label of each, 0 … c − 1. */
  labels: Int32Array;
  /** Soft seeds: the weight of each, and its row of Y as shares of that weight, `[m, c]`. */
  soft?: { weights: Float32Array; rows: Float32Array };
}

/** The labelled nodes in the order of drawing: by stroke, then by node. */
export function seedsInOrder({ nodes, strokes }: Seeds): SeedList {
  const order = Int32Array.from([...nodes.keys()].filter((node) => nodes[node] >= 0)).sort(
    (a, b) => strokes[a] - strokes[b] || a - b,
  );
  return { nodes: order, labels: order.map((node) => nodes[node]) };
}

/**
 * Thins many seeds: to a checkerboard, then to every other row and column, and so on, until about `most` are left.
 * Neighbours along a stroke say nearly the same. A seed stays or goes by its place, not by the time of drawing. A stroke
 * without such a seed keeps its first, so that a dot that corrects something counts; of more than `most` such strokes the
 * newest do, and those that are a label's only ones.
 *
 * @returns seeds in the order of drawing; their share of all seeds; about how many there were, soft ones by their weight
 */
export function sampleSeeds(seeds: Seeds, most: number): SeedList & { share: number; count: number } {
  const { nodes, labels } = seedsInOrder(seeds);
  let level = 0;
  while (nodes.length / 2 ** level > most) level++;
  const step = 2 ** (level >> 1);
  const kept = [...nodes.keys()].filter((i) => {
    const x = nodes[i] % seeds.w;
    const y = (nodes[i] - x) / seeds.w;
    return x % step === 0 && y % step === 0 && (level % 2 === 0 || ((x + y) / step) % 2 === 0);
  });
  const own = nodes.map((node, i) => seeds.strokes[node] * seeds.labels.length + labels[i]);
  const missing = new Map<number, number>();
  for (let i = own.length - 1; i >= 0; i--) missing.set(own[i], i);
  for (const i of kept) missing.delete(own[i]);
  const firsts = Int32Array.from(missing.values()).sort();
  const lone = firsts.subarray(0, Math.max(0, firsts.length - most));
  kept.push(...firsts.subarray(lone.length));
  const heard = new Set(kept.map((i) => labels[i]));
  for (const i of lone) {
    if (heard.has(labels[i])) continue;
    heard.add(labels[i]);
    kept.push(i);
  }
  const order = Int32Array.from(kept).sort();
  const share = 2 ** -level;
  const list = { nodes: order.map((i) => nodes[i]), labels: order.map((i) => labels[i]), share };
  if (!seeds.soft) return { ...list, count: order.length / share };
  const soft = softList(seeds.soft, list.nodes, seeds.labels.length);
  return { ...list, soft, count: soft.weights.reduce((sum, weight) => sum + weight, 0) / share };
}

function softList(soft: Float32Array, nodes: Int32Array, c: number): Required<SeedList>['soft'] {
  const rows = new Float32Array(nodes.length * c);
  nodes.forEach((node, s) => {
    rows.set(soft.subarray(node * c, (node + 1) * c), s * c);
  });
  const weights = softWeights(rows, c);
  return { weights, rows: rows.map((value, i) => value / weights[Math.floor(i / c)]) };
}

/** One-hot seeds Y, `[n, c]` row-major: 1 where a node carries the label, zero rows elsewhere. */
export function oneHot(nodes: Int32Array, c: number): Float32Array {
  const y = new Float32Array(nodes.length * c);
  nodes.forEach((label, node) => {
    if (label >= 0) y[node * c + label] = 1;
  });
  return y;
}
