/** Shapes painted one over another into a mask with one owner a pixel: how labels of other tools are read. */
import type { Category } from '@saltworks/contract/categories';
import type { SegmentInfo } from '@saltworks/contract/documents/masks';
import { maxSegmentId } from '@saltworks/contract/documents/scribbles';
import { InvalidInputError } from '@saltworks/contract/errors';
import { findCategory, type Mask, segmentsInfo } from '../mask/mask.ts';

/** The labels of a picture, as a file of another tool gives them. */
export interface ReadLabels {
  mask: Mask;
  /** Those with pixels. */
  segments: SegmentInfo[];
  /** What was left out or decided, a line each. */
  notes: string[];
}

/** Categories in the order in which they were first met, numbered from 1. */
export class Classes {
  readonly list: Category[] = [];

  /** The number of a category, old or new. */
  id(name: string, isthing: 0 | 1 = 1): number {
    const known = findCategory(this.list, { name, isthing });
    if (known) return known.id;
    this.list.push({ id: this.list.length + 1, name, isthing });
    return this.list.length;
  }
}

/** Receives pixels `from` … `to`, `to` not included, row by row from the top left. */
export type Run = (from: number, to: number) => void;

export class Painter {
  readonly #mask: Mask;
  /** Category ids of segments 1, 2, 3 … */
  readonly #categories: number[] = [];
  readonly #groups = new Map<string, number>();
  /** Whether a pixel lay in two segments. */
  readonly #shared: Uint8Array;

  constructor({ width, height }: { width: number; height: number }) {
    this.#mask = { ids: new Uint32Array(width * height), width, height };
    this.#shared = new Uint8Array(width * height);
  }

  /**
   * Begins a segment, or goes on with that of a group.
   *
   * @param group shapes of one category that share it are one segment; undefined for a shape alone
   * @returns its id
   * @throws InvalidInputError if there are too many
   */
  segment(category: number, group?: unknown): number {
    const key = JSON.stringify([category, group]);
    const known = group === undefined ? undefined : this.#groups.get(key);
    if (known !== undefined) return known;
    if (this.#categories.length === maxSegmentId) throw new InvalidInputError(`more than ${maxSegmentId} segments`);
    this.#categories.push(category);
    if (group !== undefined) this.#groups.set(key, this.#categories.length);
    return this.#categories.length;
  }

  /** Gives pixels to a segment, whoever had them. */
  run(segment: number): Run {
    const { ids } = this.#mask;
    return (from, to) => {
      for (let i = from; i < to; i++) {
        if (ids[i] !== 0 && ids[i] !== segment) this.#shared[i] = 1;
        ids[i] = segment;
      }
    };
  }

  /** @param winner says who has a pixel of several shapes */
  done(notes: readonly string[] = [], winner = 'the later one'): ReadLabels {
    const segments = segmentsInfo(this.#mask, [], []).map((segment) => ({
      ...segment,
      category_id: this.#categories[segment.id - 1],
    }));
    const shared = this.#shared.reduce((sum, value) => sum + value, 0);
    const told = shared === 0 ? [] : [`${shared} pixels lie in several shapes; ${winner} has them`];
    return { mask: this.#mask, segments, notes: [...notes, ...told] };
  }
}

/** What is left out of a picture's labels: one line a reason, since boxes come by the million. */
export class LeftOut {
  readonly #left = new Map<string, { first: string[]; count: number }>();
  readonly #noun: string;

  /** @param noun what is left out: `shape` */
  constructor(noun: string) {
    this.#noun = noun;
  }

  /** @param reason goes after "has" */
  add(which: unknown, reason: string): void {
    const same = this.#left.get(reason) ?? { first: [], count: 0 };
    if (same.first.length < 3) same.first.push(shown(which));
    same.count++;
    this.#left.set(reason, same);
  }

  /** Does a piece of work that may find its shape unusable. */
  attempt(which: unknown, work: () => void): void {
    try {
      work();
    } catch (error) {
      if (!(error instanceof InvalidInputError)) throw error;
      this.add(which, error.message);
    }
  }

  notes(): string[] {
    return [...this.#left].map(([reason, { first, count }]) => {
      const names = first.join(', ');
      if (count === 1) return `${this.#noun} ${names} has ${reason}; it is left out`;
      const more = count > first.length ? ` and ${count - first.length} more` : '';
      return `${this.#noun}s ${names}${more} have ${reason}; they are left out`;
    });
  }
}

/** A value of a document in a message, cut short. */
export function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > 40 ? `${text.slice(0, 37)}…` : text;
}
