/** The lattices of an image's pairwise terms in an arena, by kernels/lattice.ts and kernels/blur.ts. */
import type { CrfOptions } from '@saltworks/contract/options';
import type { Address, Arena } from '../../arena/arena.ts';
import type { RgbImage } from '../../image/image.ts';
import { buildLattice as buildTwin } from '../permutohedral.ts';

/** The number of channels in a pass over pixels. */
export type Channels = 1 | 4 | 8;

/** log₂ of a vertex's bytes in a plane. */
const shiftOf = { 1: 2, 4: 4, 8: 5 } as const;

/** A pairwise term: the pixels' corners, and the memory of the blur. */
export interface PixelLattice {
  /** 5: place and colour; 2: place. */
  d: number;
  /** The number of vertices. */
  m: number;
  corners: Address;
  neighbours: Address;
  values: Address;
  /** The factor of a filter's result: the term's weight times the lattice's own factor. */
  gain: number;
}

/** An image's pairwise terms; they stay in the arena as long as the image is open. */
export interface Pairwise {
  width: number;
  height: number;
  bilateral: PixelLattice;
  gaussian: PixelLattice;
  /** `[n]`: the sum of both normalised filters of ones, weights included. */
  ones: Address;
  /** The number of channels that the corners' addresses fit at present. */
  channels: Channels;
  /** For many labels (tiles.ts). */
  tiles?: TilePlaces;
}

/** The vertices that the pixels of each tile touch: for each lattice an array with the addresses of three arrays. */
export interface TilePlaces {
  places: Address[];
}

/**
 * @param channels of the first use; another number costs a pass over the corners
 */
export function buildPairwise(
  arena: Arena,
  image: RgbImage,
  { gaussian, bilateral }: Omit<CrfOptions, 'steps'>,
  channels: Channels = 4,
): Pairwise {
  const { width, height } = image;
  const n = width * height;
  const { kernels } = arena;
  const ones = arena.reserve(4 * n);
  arena.floats(ones, n).fill(0);
  const term = (sigmas: number[], weight: number): PixelLattice => {
    const { d, m, corners, neighbours, values } = buildLattice(arena, image, sigmas);
    const alpha = 1 / (1 + 2 ** -d);
    const gain = weight * alpha;
    kernels.blur1(values, m, neighbours, d, alpha);
    kernels.normaliseCorners(corners, n, d, values, m);
    kernels.blur1(values, m, neighbours, d, gain);
    kernels.settleCorners(corners, n, d, values, ones, shiftOf[channels]);
    return { d, m, corners, neighbours, values, gain };
  };
  const { xy, rgb, weight } = bilateral;
  return {
    width,
    height,
    bilateral: term([xy, xy, rgb, rgb, rgb], weight),
    gaussian: term([gaussian.xy, gaussian.xy], gaussian.weight),
    ones,
    channels,
  };
}

/** Fits the lattices to passes of that many channels; all values become zero. */
export function settle(arena: Arena, pairwise: Pairwise, channels: Channels): void {
  const { bilateral, gaussian, width, height } = pairwise;
  const [from, to] = [shiftOf[pairwise.channels], shiftOf[channels]];
  for (const { corners, d, values, m } of [bilateral, gaussian]) {
    if (from !== to) arena.kernels.moveCorners(corners, width * height, d, values, from, to);
    arena.bytes(values, 2 * ((m + 1) << to)).fill(0);
  }
  pairwise.channels = channels;
}

/** Bytes of a plane of values. */
export const planeOf = ({ m }: PixelLattice, channels: Channels): number => (m + 1) << shiftOf[channels];

/** Filters the values in second planes into first planes. */
export function blur(arena: Arena, { bilateral, gaussian, channels }: Pairwise): void {
  const kernel = arena.kernels[`blur${channels}`];
  for (const { values, m, neighbours, d, gain } of [bilateral, gaussian]) kernel(values, m, neighbours, d, gain);
}

/** The bits of a key, 64 in all, that hold the quotients. */
const keyBits = 60;

/**
 * Builds a lattice: corners with numbers of vertices, not normalised; values of one channel, the second plane holding the
 * weight that falls on each vertex.
 *
 * @param sigmas standard deviations of x, y and, if there are five, of red, green, blue
 */
function buildLattice(arena: Arena, image: RgbImage, sigmas: number[]): Omit<PixelLattice, 'gain'> {
  const d = sigmas.length;
  // The twin's embedding, divided by d + 1: coordinates are then quotients.
  const scales = sigmas.map((sigma, i) => Math.sqrt(2 / 3) / Math.sqrt((i + 1) * (i + 2)) / sigma);
  const largest = [image.width, image.height, 255, 255, 255].slice(0, d).map((length, i) => length * scales[i]);
  // Coordinate j lies between −j · feature j − 1 and the sum of the features from j on.
  const sum = largest.reduce((total, value) => total + value);
  const furthest = Math.max(sum, ...largest.map((value, i) => (i + 1) * value));
  // Keys must hold the largest coordinate, and floats must still resolve places within a cell.
  if (!(furthest + 2 < 2 ** Math.min(keyBits / d - 1, 16))) return copyTwin(arena, image, sigmas);

  const { kernels } = arena;
  const { width, height } = image;
  const n = width * height;
  const corners = arena.reserve(8 * (d + 1) * n);
  const kept = arena.mark();
  const scaled = arena.put(Float32Array.from(scales));
  const pixels = d > 2 ? arena.put(image.data) : 0;
  const count = arena.put(new Int32Array(1));
  const scratch = arena.reserve(1024);
  let table = reserveTable(arena, 1 << 16);
  for (let p = 0; ; ) {
    const { numbers, keys, values, shift } = table;
    const sizes = [width, n, d, keyBits / d] as const;
    p = kernels.embedPixels(pixels, ...sizes, scaled, p, numbers, shift, keys, values, count, scratch, corners);
    if (p === n) break;
    table = grown(arena, table, arena.integers(count, 1)[0]);
  }
  const m = arena.integers(count, 1)[0];
  const bytes = 8 * (d + 1) * (m + 1);
  const found = arena.reserve(bytes);
  kernels.connectVertices(table.keys, m, d, keyBits / d, table.numbers, table.shift, scratch, found);

  // The table is no longer needed, and the rest moves down. Masses first move behind all else, out of the neighbours' way.
  const plane = 4 * (m + 1);
  const masses = arena.reserve(plane);
  arena.bytes(0, arena.size).copyWithin(masses, table.values, table.values + plane);
  arena.release(kept);
  const neighbours = arena.reserve(bytes);
  const values = reserveValues(arena, m);
  const all = arena.bytes(0, arena.size);
  all.copyWithin(neighbours, found, found + bytes);
  all.copyWithin(values + plane, masses, masses + plane);
  all.fill(0, values, values + plane);
  return { d, m, corners, neighbours, values };
}

/** Two planes for the largest number of channels; no vertex crosses a cache line. */
const reserveValues = (arena: Arena, m: number): Address => (arena.reserve(64 * (m + 1) + 64) + 63) & ~63;

/** Numbers by key, at least half of the slots free; keys and values by number. */
interface Table {
  slots: number;
  /** 64 − log₂ slots. */
  shift: number;
  numbers: Address;
  keys: Address;
  values: Address;
}

function reserveTable(arena: Arena, slots: number): Table {
  const [numbers, keys, values] = [4 * slots, 4 * slots + 8, 2 * slots + 4].map((bytes) => {
    const at = arena.reserve(bytes);
    arena.bytes(at, bytes).fill(0);
    return at;
  });
  return { slots, shift: 64 - Math.log2(slots), numbers, keys, values };
}

function grown(arena: Arena, { slots, keys, values }: Table, m: number): Table {
  const table = reserveTable(arena, 2 * slots);
  arena.bytes(table.keys, 8 * (m + 1)).set(arena.bytes(keys, 8 * (m + 1)));
  arena.bytes(table.values, 4 * (m + 1)).set(arena.bytes(values, 4 * (m + 1)));
  arena.kernels.indexVertices(table.keys, m, table.numbers, table.shift);
  return table;
}

/** The twin's lattice, for standard deviations so small that keys would overflow. */
function copyTwin(arena: Arena, { data, width, height }: RgbImage, sigmas: number[]): Omit<PixelLattice, 'gain'> {
  const d = sigmas.length;
  const n = width * height;
  const features = new Float32Array(n * d);
  for (let p = 0, o = 0; p < n; p++) {
    const place = [p % width, Math.floor(p / width), data[3 * p], data[3 * p + 1], data[3 * p + 2]];
    for (let k = 0; k < d; k++, o++) features[o] = place[k] / sigmas[k];
  }
  const twin = buildTwin(features, d);
  const { m } = twin;
  const size = d + 1;
  const corners = arena.reserve(8 * size * n);
  const neighbours = arena.put(twin.neighbours);
  const values = reserveValues(arena, m);
  const numbers = arena.integers(corners, 2 * size * n);
  const weights = arena.floats(corners, 2 * size * n);
  const masses = arena.floats(values, 2 * (m + 1)).fill(0);
  for (let i = 0; i < n * size; i++) {
    const o = i + Math.floor(i / size) * size;
    numbers[o] = twin.vertex[i];
    weights[o + size] = twin.weight[i];
    masses[m + 1 + twin.vertex[i]] += twin.weight[i];
  }
  return { d, m, corners, neighbours, values };
}
