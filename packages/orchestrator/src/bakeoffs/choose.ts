/** The images of a sample: by chance that a seed settles, with some whose mask is known or accepted, and of all classes. */
import { sha256Of } from '@saltworks/store/objects/canonical';

/** A drawn image that may be sampled. */
export interface Candidate {
  sha256: string;
  known: boolean;
  accepted: boolean;
  /** Names of what was drawn on it. */
  classes: readonly string[];
}

/** Where an image stands: the same for a seed, whatever else is drawn. */
export const placeOf = (seed: number, sha256: string): string => sha256Of(`${seed}/${sha256}`);

/**
 * Up to half of the sample are images whose mask is known, else accepted, as far as there are some; for the rest it does not
 * matter. Among those the next one is always an image with a class that the sample has least of, by its place.
 */
export function choose<C extends Candidate>(candidates: readonly C[], count: number, seed: number): C[] {
  const left = new Set(
    candidates
      .map((candidate) => ({ candidate, place: placeOf(seed, candidate.sha256) }))
      .sort((a, b) => (a.place < b.place ? -1 : 1))
      .map(({ candidate }) => candidate),
  );
  const chosen: C[] = [];
  const seen = new Map<string, number>();
  const timesOf = (name: string) => seen.get(name) ?? 0;
  const least = ({ classes }: C) => Math.min(...classes.map(timesOf), chosen.length);
  const take = (most: number, fits: (candidate: C) => boolean) => {
    while (chosen.length < most) {
      const fitting = [...left].filter(fits);
      if (fitting.length === 0) return;
      const next = fitting.reduce((best, one) => (least(one) < least(best) ? one : best));
      left.delete(next);
      chosen.push(next);
      for (const name of next.classes) seen.set(name, timesOf(name) + 1);
    }
  };
  const half = Math.floor(count / 2);
  take(half, ({ known }) => known);
  take(half, ({ accepted }) => accepted);
  take(count, () => true);
  return chosen;
}

/** The items of least place, without holding the others. */
export function leastOf<T extends { sha256: string }>(most: number, seed: number) {
  let kept: { item: T; place: string }[] = [];
  const sort = () => {
    kept = kept.sort((a, b) => (a.place < b.place ? -1 : 1)).slice(0, most);
  };
  return {
    add(item: T): void {
      kept.push({ item, place: placeOf(seed, item.sha256) });
      if (kept.length >= 2 * most + 64) sort();
    },
    items(): T[] {
      sort();
      return kept.map(({ item }) => item);
    },
  };
}
