/**
 * Products of a dense affinity with an iteration's change, without the tiles that do not matter. The smaller the change, the
 * more tiles these are. nb tiles a side; c labels, a plane of 4·nb floats each.
 */
import type { Address } from '../../arena/arena.ts';
import type { DenseGraph } from './graph.ts';

/**
 * A tile matters if it hands a node at least this share of the node's scores. Each of nb tiles off the diagonal may be left
 * out for less, at every iteration: with 1,036 a side and 7 iterations, scores move by at most 7·10⁻⁵ (measured: 1·10⁻⁶).
 */
const leastShare = 1e-8;

/** The factor by which a left-out tile's share may grow before all tiles are looked at again. */
const slack = 2;

/** Tiles are packed once at most this share of them matters; before, reading them in place is as quick. */
const packedShare = 0.6;

/** The last iteration's change: planes in the arena. */
export interface Change {
  /** The nodes' scores. */
  f: Address;
  /** The sum of each node's changes over all labels, `[4·nb]`. */
  moved: Address;
  /** D^−½ times the change. */
  scaled: Address;
}

/** Writes A·D^−½·change into `sums`, as planes. */
export type Multiply = (change: Change, alpha: number, sums: Address) => void;

/**
 * Products for one solve. The first product packs the tiles that matter one after the other, and later ones leave out more
 * of them, so that they read little and in order. Scores and changes differ from one iteration to the next, so a tile is
 * left out only if it would not matter even after they had moved in its favour by `slack`; once they have, all tiles are
 * looked at again.
 *
 * Reserves memory, up to `packedShare` of the graph's own; callers release it.
 */
export function sparingProducts({ arena, nb, tiles, tops, scale }: DenseGraph, c: number): Multiply {
  const { kernels } = arena;
  const [given, had, starts] = [nb, nb, kernels.cellsOf(nb)].map((count) => arena.reserve(4 * count));
  const least = leastShare / slack;
  const mark = arena.mark();
  let packed: { list: Address; at: Address } | undefined;
  /** The least that each block gave and the most that it had since tiles were packed: left-out tiles did not matter even so. */
  const gave = new Float32Array(nb);
  const held = new Float32Array(nb);
  const covered = (gives: Float32Array, has: Float32Array) => {
    let growth = 0;
    let shrinkage = 0;
    for (let I = 0; I < nb; I++) {
      if (gives[I] > growth * gave[I]) growth = gives[I] / gave[I];
      if (held[I] > shrinkage * has[I]) shrinkage = held[I] / has[I];
    }
    return growth * shrinkage <= slack;
  };
  return (change, alpha, sums) => {
    const { gives, has } = survey(change, alpha);
    const begun = packed !== undefined && covered(gives, has);
    for (let I = 0; I < nb; I++) {
      gave[I] = begun ? Math.min(gave[I], gives[I]) : gives[I];
      held[I] = begun ? Math.max(held[I], has[I]) : has[I];
    }
    if (!begun) {
      arena.release(mark);
      const count = kernels.countTiles(tops, nb, given, had, least);
      const few = count <= (packedShare * nb * (nb - 1)) / 2;
      packed = few ? { list: arena.reserve(4 * count), at: arena.reserve(64 * count) } : undefined;
    }
    if (packed) {
      const limits = [given, had, least, begun] as const;
      kernels.sparingProduct(tiles, tops, nb, change.scaled, c, ...limits, starts, packed.list, packed.at, sums);
    } else kernels.product(tiles, nb, change.scaled, c, sums);
  };

  /** The sum that the nodes of each block hand on, and the least that one of them has. */
  function survey({ f, moved }: Change, alpha: number): { gives: Float32Array; has: Float32Array } {
    const plane = 4 * nb;
    const scales = arena.floats(scale, plane);
    const moves = arena.floats(moved, plane);
    const scores = arena.floats(f, plane * c);
    const all = new Float32Array(plane);
    for (let k = 0, o = 0; k < c; k++) for (let i = 0; i < plane; i++) all[i] += scores[o++];
    const gives = arena.floats(given, nb).fill(0);
    const has = arena.floats(had, nb).fill(Number.POSITIVE_INFINITY);
    for (let i = 0; i < plane; i++) {
      gives[i >> 2] += alpha * scales[i] * moves[i];
      has[i >> 2] = Math.min(has[i >> 2], all[i] / scales[i]);
    }
    return { gives, has };
  }
}
