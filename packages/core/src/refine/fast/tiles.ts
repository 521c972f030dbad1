/**
 * Mean field with many labels, most of which matter in few places: the memory of kernels/tiles.ts, and the choice of tiles.
 *
 * At every pixel, the labels whose energy is the floor (the pixel's highest) and that get no message stay equal. Only the
 * others are followed, by the part of their marginals above the floor's: this part alone is filtered, since a share common to
 * all labels does not change a softmax. Labels are followed in groups of four, in those tiles of 32 × 8 pixels where one of
 * them may rise more than `threshold` above the floor. Messages cannot lower a label against the floor, so a marginal that
 * the unary puts at a over a floor of b is at most a·eᵍ + b·(eᵍ − 1) above it once the message is g; and g is at most the
 * highest value on the tile's vertices times the sum of a pixel's weights. The part left out is therefore less than the
 * threshold at every pixel, and changes other energies by less than the threshold times the two weights (as far as the
 * normalised filter of ones is 1).
 */
import type { Address, Arena } from '../../arena/arena.ts';
import { blur, type Pairwise, type PixelLattice, planeOf, settle, type TilePlaces } from './lattice.ts';
import { type FastMeanField, slice, splat } from './mean-field.ts';

const tileWidth = 32;
const tileHeight = 8;
const blockBytes = 8192;

/** Four labels (−1: none) and their tiles. */
interface Group {
  labels: Int32Array;
  /** The same in the arena. */
  labelsAt: Address;
  /** `[tiles]`: the message from which a tile is followed; infinite once it is. */
  need: Address;
  /** Bytes from each lattice's own values to the group's. */
  offsets: readonly [number, number];
}

/** A group in a tile. */
interface Entry {
  group: Group;
  block: Address;
}

/**
 * @param unary energies `[n, c]`; `rows` overwrites them with Q
 * @param threshold 0 follows all labels everywhere, as a term with a negative weight does anyway
 * @returns at step 0, Q the softmax of −unary
 */
export function startTiledField(
  arena: Arena,
  pairwise: Pairwise,
  unary: Address,
  c: number,
  threshold = 3e-3,
): FastMeanField {
  const { width, height, bilateral, gaussian } = pairwise;
  const least = Math.min(bilateral.gain, gaussian.gain) < 0 ? 0 : threshold;
  const { kernels } = arena;
  const tiles = tileCount(pairwise);
  settle(arena, pairwise, 4);
  const { places } = pairwise.tiles ?? placeTiles(arena, pairwise);

  const floors = arena.reserve(4 * width * height);
  const above = arena.reserve(4 * ((c + 3) & ~3) * tiles);
  const lowest = arena.reserve(4 * tiles);
  const scratch = arena.reserve(3072);
  const reached = arena.reserve(4 * tiles);
  kernels.surveyTiles(unary, width, height, c, floors, above, lowest);
  const groups = openGroups(arena, pairwise, above, lowest, c, tiles, least);
  const followed: Entry[][] = Array.from({ length: tiles }, () => []);
  // The same in the layout of the kernels.
  const room = groups.length * tiles;
  const starts = arena.reserve(4 * tiles + 4);
  const entries = arena.reserve(12 * room);
  const entryLabels = arena.reserve(16 * room);

  const follow = (group: Group, tile: number) => {
    const block = arena.reserve(blockBytes);
    kernels.fillBlock(unary, floors, width, height, c, tile, group.labelsAt, block);
    arena.floats(group.need, tiles)[tile] = Number.POSITIVE_INFINITY;
    followed[tile].push({ group, block });
  };
  const list = () => {
    const begin = arena.integers(starts, tiles + 1);
    const all = arena.integers(entries, 3 * room);
    const named = arena.integers(entryLabels, 4 * room);
    let i = 0;
    followed.forEach((inTile, tile) => {
      begin[tile] = i;
      for (const { group, block } of inTile) {
        all[3 * i] = block;
        all.set(group.offsets, 3 * i + 1);
        named.set(group.labels, 4 * i++);
      }
    });
    begin[tiles] = i;
  };
  const pass = (mode: number) => {
    const corners = [bilateral.corners, gaussian.corners] as const;
    const planes = [planeOf(bilateral, 4), planeOf(gaussian, 4)] as const;
    kernels.updateTiles(width, height, c, starts, entries, ...corners, ...planes, mode, scratch);
  };
  /** Blurs the messages of all groups, and follows them into the tiles that they newly reach. */
  const send = () => {
    let more = 0;
    for (const group of groups) {
      const [b, g] = group.offsets;
      blur(arena, { ...pairwise, bilateral: behind(bilateral, b), gaussian: behind(gaussian, g) });
      const count = kernels.reachedTiles(tiles, group.need, places[0], places[1], b, g, reached);
      for (const tile of arena.integers(reached, count).slice()) follow(group, tile);
      more += count;
    }
    if (more > 0) list();
  };

  const needs = groups.map(({ need }) => arena.floats(need, tiles).slice());
  for (let tile = 0; tile < tiles; tile++) {
    groups.forEach((group, i) => {
      if (needs[i][tile] <= 0) follow(group, tile);
    });
  }
  list();
  pass(splat);
  const marginals = (out: Address) => {
    kernels.tileMarginals(width, height, starts, entries, entryLabels, c, out);
  };
  return {
    step() {
      send();
      pass(slice | splat);
    },
    run(steps) {
      for (let i = 1; i <= steps; i++) {
        send();
        pass(i < steps ? slice | splat : slice);
      }
    },
    rows() {
      marginals(unary);
      return { at: unary, stride: c, given: c };
    },
    marginals,
  };
}

const behind = (lattice: PixelLattice, bytes: number): PixelLattice => ({ ...lattice, values: lattice.values + bytes });

const tileCount = ({ width, height }: Pairwise): number =>
  Math.ceil(width / tileWidth) * Math.ceil(height / tileHeight);

/** The vertices that the pixels of each tile touch. They depend on the image alone, so they stay with its pairwise terms. */
export function placeTiles(arena: Arena, pairwise: Pairwise): TilePlaces {
  settle(arena, pairwise, 4);
  const { width, height, bilateral, gaussian } = pairwise;
  const tiles = tileCount(pairwise);
  const places = [bilateral, gaussian].map(({ corners, d, values, m }) => {
    const starts = arena.reserve(4 * tiles + 4);
    const norms = arena.reserve(4 * tiles);
    const marks = arena.reserve(4 * m + 4);
    const list = (out: Address, room: number) => {
      arena.integers(marks, m + 1).fill(0);
      return arena.kernels.tileVertices(corners, d, width, height, values, 4, marks, starts, norms, out, room);
    };
    const count = list(0, 0);
    const vertices = arena.reserve(4 * count);
    list(vertices, count);
    return arena.put(Int32Array.from([starts, vertices, norms]));
  });
  return { places };
}

/** Puts labels into groups of four that share tiles as far as possible. */
function openGroups(
  arena: Arena,
  pairwise: Pairwise,
  above: Address,
  lowest: Address,
  c: number,
  tiles: number,
  threshold: number,
): Group[] {
  const words = Math.ceil(tiles / 32);
  const stride = (c + 3) & ~3;
  const shares = arena.floats(above, stride * tiles).slice();
  const floors = arena.floats(lowest, tiles).slice();
  const present = Array.from({ length: c }, (_, k) => {
    const bits = new Uint32Array(words);
    for (let t = 0; t < tiles; t++) if (shares[t * stride + k] > threshold) bits[t >> 5] |= 1 << (t & 31);
    return bits;
  });
  const grouped: number[][] = [];
  const left = new Set(present.keys());
  while (left.size > 0) {
    const [first] = left;
    const members = [first];
    left.delete(first);
    const union = present[first].slice();
    while (members.length < 4 && left.size > 0) {
      let [best] = left;
      let least = Number.POSITIVE_INFINITY;
      for (const k of left) {
        const growth = bitsBeyond(present[k], union);
        if (growth < least) [best, least] = [k, growth];
      }
      left.delete(best);
      members.push(best);
      for (let i = 0; i < words; i++) union[i] |= present[best][i];
    }
    grouped.push(members);
  }
  return grouped.map((members) => {
    const need = new Float32Array(tiles);
    for (let t = 0; t < tiles; t++) {
      let most = 0;
      for (const k of members) most = Math.max(most, shares[t * stride + k]);
      need[t] = Math.log((threshold + floors[t]) / (most + floors[t]));
    }
    const values = (lattice: PixelLattice) => {
      const bytes = 2 * planeOf(lattice, 4);
      const at = arena.reserve(bytes);
      arena.bytes(at, bytes).fill(0);
      return at - lattice.values;
    };
    const labels = Int32Array.from([...members, -1, -1, -1].slice(0, 4));
    return {
      labels,
      labelsAt: arena.put(labels),
      need: arena.put(need),
      offsets: [values(pairwise.bilateral), values(pairwise.gaussian)],
    };
  });
}

function bitsBeyond(bits: Uint32Array, known: Uint32Array): number {
  let count = 0;
  for (let i = 0; i < bits.length; i++) {
    for (let rest = bits[i] & ~known[i]; rest !== 0; rest &= rest - 1) count++;
  }
  return count;
}
