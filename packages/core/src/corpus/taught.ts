/** Statistics with the names of their categories, so that those of images that show different ones add up. */
import type { TaughtCategory } from '@saltworks/contract/documents/statistics';
import { addStatistics, noStatistics, type Statistics, subtractStatistics } from './statistics.ts';

export interface Taught {
  statistics: Statistics;
  /** `[c]`, each once. */
  categories: TaughtCategory[];
  /** That taught them. */
  images: number;
}

/** Of nothing yet. @param d dimensions of keys */
export const nothingTaught = (d: number): Taught => ({ statistics: noStatistics(d, 0), categories: [], images: 0 });

/** Adds what others were taught; categories that are new come last. @throws InvalidInputError if keys have other dimensions */
export function addTaught(to: Taught, other: Taught): void {
  for (const category of other.categories) if (placeOf(to.categories, category) < 0) to.categories.push(category);
  to.statistics = ofCategories(to.statistics, to.categories, to.categories);
  addStatistics(to.statistics, ofCategories(other.statistics, other.categories, to.categories));
  to.images += other.images;
}

/** Takes out what others were taught, all of it a part of what was added; categories stay, with nothing in them perhaps. */
export function subtractTaught(from: Taught, other: Taught): void {
  subtractStatistics(from.statistics, ofCategories(other.statistics, other.categories, from.categories));
  from.images -= other.images;
}

/** The same statistics with rows for more categories. @param wanted all of `categories`, in any order, and others */
function ofCategories(
  { d, c, xx, xy }: Statistics,
  categories: readonly TaughtCategory[],
  wanted: readonly TaughtCategory[],
): Statistics {
  const out = { d, c: wanted.length, xx, xy: new Float64Array(wanted.length * (d + 1)) };
  for (let k = 0; k < c; k++) {
    const place = placeOf(wanted, categories[k]);
    out.xy.set(xy.subarray(k * (d + 1), (k + 1) * (d + 1)), place * (d + 1));
  }
  return out;
}

export const placeOf = (categories: readonly TaughtCategory[], wanted: TaughtCategory): number =>
  categories.findIndex((known) => known?.name === wanted?.name && known?.isthing === wanted?.isthing);
