/**
 * Products of a dense graph with what spreading changed, without the tiles that do not matter: the less an iteration
 * changes, the more they are. nb tiles a side; c labels, one plane of 4·nb floats each.
 */
import type { Address } from '../../arena/arena.ts';
import type { DenseGraph } from './graph.ts';

/**
 * What a tile must hand to a node, of all that the node has, to be worth its time. Each of nb tiles beyond the diagonal
 * may be left out for less than that share, at every iteration: with 1,036 a side and 7 iterations, scores move by at
 * most 7·10⁻⁵ (measured: 1·10⁻⁶).
 */
const leastShare = 1e-8;

/** How much more than when it was left out a tile may come to hand on before all are looked at again. */
const slack = 2;

/** Tiles are packed once no more than this share of them matters; before, reading them as they lie is as quick. */
const packedShare = 0.6;

/** Planes in the arena. */
export interface Change {
  /** What nodes have. */
  f: Address;
  /** By how much each node's scores changed last, all labels together, `[4·nb]`. */
  moved: Address;
  /** D^−½ times the change. */
  scaled: Address;
}

/** A·D^−½·change into `sums`, planes too. */
export type Multiply = (change: Change, alpha: number, sums: Address) => void;

/**
 * Products for one solve. The first packs the tiles that matter, one after the other, and those that follow leave out more
 * of them, so that they read little and in order. Since had and given change from one iteration to the next, a tile is
 * left out only if it would not matter either if they had changed `slack` times to its favour; once they have, all are
 * looked at again.
 *
 * Reserves memory, up to `packedShare` of the graph's own, which callers release.
 */
export function sparingProducts({ arena, nb, tiles, tops, scale }: DenseGraph, c: number): Multiply {
  const { kernels } = arena;
  const [given, had, starts] = [nb, nb, kernels.cellsOf(nb)].map((count) => arena.reserve(4 * count));
  const least = leastShare / slack;
  const mark = arena.mark();
  let packed: { list: Address; at: Address } | undefined;
  /** What blocks gave least and had most since tiles were packed: what is left out did not matter even then. */
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

  /** What the nodes of each block hand on together, and the least that one of them has. */
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
