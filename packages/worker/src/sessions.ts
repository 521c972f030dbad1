/** Images that are open for strokes, in the memory of one thread: the last that were used, as many as fit. */

import type { Segment } from '@saltworks/contract/documents/scribbles';
import type { SegmentOptions } from '@saltworks/contract/options';
import type { Answer } from '@saltworks/core/answer';
import { Arena } from '@saltworks/core/arena/arena';
import { type CorpusPrior, hearCorpus } from '@saltworks/core/corpus/prior';
import { type Arenas, openFast } from '@saltworks/core/fast/solver';
import type { RgbImage } from '@saltworks/core/image/image';
import type { Keys } from '@saltworks/core/keys/keys';
import { type Grid, gridOf } from '@saltworks/core/nodes/grid';
import type { Solver } from '@saltworks/core/solver';

export interface Session {
  image: RgbImage;
  grid: Grid;
  solver: Solver;
  options: SegmentOptions;
  /** Of the drawing that is solved next, for the corpus that is heard. */
  segments: readonly Segment[];
  /** Of the last strokes. */
  last?: Pick<Answer, 'seeds' | 'nodes'>;
  /** Memory that it takes now; it grows with use. */
  bytes(): number;
}

export function openSession(image: RgbImage, keys: Keys, options: SegmentOptions, prior?: CorpusPrior): Session {
  // Arenas of its own: WebAssembly memory never shrinks, and is freed as a whole once unreferenced.
  const arenas: Arenas = { nodes: new Arena(), pixels: new Arena() };
  const opinion = prior && hearCorpus(prior, keys, options, () => session.segments);
  const session: Session = {
    ...{ image, options, segments: [] },
    grid: gridOf(keys, options.upsample),
    solver: openFast(image, keys, options, { arenas, opinion }),
    bytes: () => arenas.nodes.size + arenas.pixels.size + image.data.byteLength + keys.data.byteLength,
  };
  return session;
}

export class Sessions {
  readonly #limit: number;
  /** The one that was used longest ago is the first. */
  readonly #open = new Map<string, Session>();

  /** @param limit bytes that all together may take; the last used one stays, however large */
  constructor(limit: number) {
    this.#limit = limit;
  }

  get size(): number {
    return this.#open.size;
  }

  get bytes(): number {
    return [...this.#open.values()].reduce((sum, session) => sum + session.bytes(), 0);
  }

  /** A session that is open; it is now the last used one. */
  get(name: string): Session | undefined {
    const session = this.#open.get(name);
    if (session) this.add(name, session);
    return session;
  }

  add(name: string, session: Session): void {
    this.#open.delete(name);
    this.#open.set(name, session);
  }

  /** Closes those that were used longest ago until the others fit. To be called after every job: sessions grow. */
  shrink(): void {
    for (const name of this.#open.keys()) {
      if (this.#open.size === 1 || this.bytes <= this.#limit) return;
      this.#open.delete(name);
    }
  }
}
