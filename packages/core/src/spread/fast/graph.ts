/**
 * Affinities by kernels, the twin of graph.ts. A dense affinity A takes its upper triangle only, as 4 × 4 tiles. n nodes,
 * padded to 4·nb.
 */
import { InvalidInputError, unknownKind } from '@saltworks/contract/errors';
import { graphKinds } from '@saltworks/contract/kinds';
import type { GraphOptions } from '@saltworks/contract/options';
import type { Address, Arena } from '../../arena/arena.ts';
import { fastCellColours } from '../../image/fast/cells.ts';
import type { RgbImage } from '../../image/image.ts';
import type { Keys } from '../../keys/keys.ts';
import { nodeProducts } from '../../nodes/fast/nodes.ts';
import { gridOf } from '../../nodes/grid.ts';
import { checkSize, type SparseMatrix } from '../../nodes/matrix.ts';
import { selectRank } from '../../nodes/select-rank.ts';
import { colourKnn, leastSimilarity, nearestNeighbours } from '../graph.ts';

/** A dense affinity in an arena, ready for spreading. It depends on keys and image alone. */
export interface DenseGraph {
  arena: Arena;
  h: number;
  w: number;
  /** Tiles a side. */
  nb: number;
  /** A, not normalised: see spread/kernels/affinity.ts. */
  tiles: Address;
  /** The greatest entry of each tile, in the order of tiles. */
  tops: Address;
  /** D^−½ `[4·nb]`. */
  scale: Address;
  /** The σ that `rbf` used. */
  sigma?: number;
}

/** The settings of a dense affinity: every kind but the sparse one. */
export interface DenseGraphOptions extends GraphOptions {
  graph: Exclude<GraphOptions['graph'], 'knn'>;
}
const denseKinds = graphKinds.filter((kind) => kind !== 'walk' && kind !== 'knn');

/**
 * Builds a dense affinity. Takes n²/2 floats of the arena, and (n/4)² more for `linear` keys while it works.
 *
 * @throws InvalidInputError if there are too many nodes, or σ is not above 0
 */
export function denseGraph(arena: Arena, keys: Keys, image: RgbImage, options: DenseGraphOptions): DenseGraph {
  const grid = gridOf(keys, options.upsample);
  const { height: h, width: w } = grid;
  const n = h * w;
  checkSize(n);
  const nb = Math.ceil(n / 4);
  const { kernels } = arena;
  const tiles = arena.reserve(32 * nb * (nb + 1));
  const tops = arena.reserve(2 * nb * (nb + 1));
  const scale = arena.reserve(16 * nb);
  const scratch = arena.mark();
  const { norms, strips } = nodeProducts(arena, keys, grid, options.graph === 'rbf', false);
  let sigma: number | undefined;
  switch (options.graph) {
    case 'rbf': {
      const norm = arena.put(padded(norms, 4 * nb, Number.POSITIVE_INFINITY));
      strips((rows, stride, I) => kernels.distanceTiles(rows, stride, norm, I, nb, tiles));
      // If half of all nodes are alike (a blank image), the median is 0; any σ then joins them fully.
      const { sigma: given, sigmaFactor } = options;
      sigma = given === 'auto' ? sigmaFactor * medianDistance(arena, tiles, n, nb) || 1 : given;
      if (!(sigma > 0)) throw new InvalidInputError(`sigma ${sigma}; expected a number above 0`);
      kernels.rbfTiles(tiles, nb, -1 / (2 * sigma * sigma));
      break;
    }
    case 'similarity': {
      const norm = arena.put(padded(norms, 4 * nb, 0));
      strips((rows, stride, I) =>
        kernels.similarityTiles(rows, stride, norm, I, n, nb, options.tau, leastSimilarity, tiles),
      );
      break;
    }
    default:
      return unknownKind('graph', options.graph, denseKinds);
  }
  arena.release(scratch);
  const graph = { arena, h, w, nb, tiles, tops, scale, sigma };
  if (options.colorWeight > 0) {
    addToTiles(graph, options.colorWeight, colourKnn(fastCellColours(arena, image, h, w), options.neighbors));
  }
  kernels.degrees(tiles, nb, scale, tops);
  const sums = arena.floats(scale, 4 * nb);
  // A node without edges keeps its row unscaled.
  for (let i = 0; i < sums.length; i++) sums[i] = sums[i] > 0 ? 1 / Math.sqrt(sums[i]) : 1;
  return graph;
}

/** Exactly `medianDistance` of gram.ts. A sample tells first about where the median lies, so few pairs are read twice. */
function medianDistance(arena: Arena, tiles: Address, n: number, nb: number): number {
  const { kernels } = arena;
  const count = (nb * (nb + 1)) / 2;
  const rank = Math.floor(((n * (n - 1)) / 2 - 1) / 2);
  const mark = arena.mark();
  const bins = arena.reserve(4 * 0x10000);
  arena.integers(bins, 0x10000).fill(0);
  kernels.sampleBins(tiles, count, Math.max(1, Math.floor(count / 10_000)) | 1, bins);
  let [low, high] = middle(arena.integers(bins, 0x10000), 0.01);
  let room = Math.ceil(rank / 20) + 1000;
  for (;;) {
    arena.release(mark);
    const below = arena.reserve(8);
    const found = arena.reserve(4 * room);
    const inside = kernels.gather(tiles, nb, floatOf(low), floatOf(high), found, room, below);
    const [less] = arena.doubles(below, 1);
    if (rank < less) [low, high] = [0, low];
    else if (rank >= less + inside) [low, high] = [high, 0x7f80];
    else if (inside > room) room = inside;
    else {
      const bits = new Uint32Array(arena.floats(found, inside).slice().buffer);
      arena.release(mark);
      return Math.sqrt(selectRank(bits, rank - less));
    }
  }
}

/** The bins around a sample's median, with a share `margin` of the sample on either side. */
function middle(bins: Int32Array, margin: number): [number, number] {
  const total = bins.reduce((sum, count) => sum + count, 0);
  let low = 0;
  let seen = 0;
  for (; seen + bins[low] < (0.5 - margin) * total; low++) seen += bins[low];
  let high = low;
  for (; seen < (0.5 + margin) * total; high++) seen += bins[high];
  return [low, high];
}

/** The float with these upper 16 bits, the others zero. */
function floatOf(bin: number): number {
  return new Float32Array(new Uint32Array([bin * 0x10000]).buffer)[0];
}

function addToTiles({ arena, nb, tiles }: DenseGraph, lambda: number, { n, start, index, a }: SparseMatrix): void {
  const data = arena.floats(tiles, 8 * nb * (nb + 1));
  for (let i = 0; i < n; i++) {
    for (let o = start[i]; o < start[i + 1]; o++) {
      const j = index[o];
      const [I, J] = [i >> 2, j >> 2];
      // A is symmetric, and only the upper half is stored; a diagonal tile has both halves.
      if (J < I) continue;
      const tile = I * nb - (I * (I - 1)) / 2 + J - I;
      data[16 * tile + 4 * (i & 3) + (j & 3)] += lambda * a[o];
    }
  }
}

function padded(values: Float32Array, length: number, value: number): Float32Array {
  const out = new Float32Array(length).fill(value);
  out.set(values);
  return out;
}

/** The same as `knn` of graph.ts, from one row of distances at a time. */
export function knnGraph(arena: Arena, keys: Keys, options: GraphOptions): SparseMatrix {
  const grid = gridOf(keys, options.upsample);
  const n = grid.height * grid.width;
  checkSize(n);
  const mark = arena.mark();
  const { norms, row } = nodeProducts(arena, keys, grid, true, true);
  const graph = nearestNeighbours(n, options.neighbors, (i, out) => {
    const products = arena.floats(row(i), n);
    for (let j = 0; j < n; j++) out[j] = Math.max(0, norms[i] + norms[j] - 2 * products[j]);
  });
  arena.release(mark);
  return graph;
}
