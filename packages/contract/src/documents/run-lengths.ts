/** Run-length codes: of node labels, and of regions of an image. */
import { InvalidInputError } from '../errors.ts';
import type { NodeLabels } from './node-labels.ts';

/** @returns label, length, label, length … */
export function encodeRuns(labels: ArrayLike<number>): number[] {
  const runs: number[] = [];
  for (let i = 0; i < labels.length; i++) {
    if (i > 0 && labels[i] === labels[i - 1]) runs[runs.length - 1]++;
    else runs.push(labels[i], 1);
  }
  return runs;
}

/** @throws InvalidInputError unless the runs are h·w labels */
export function decodeRuns({ h, w, labels, runs }: NodeLabels): Int32Array {
  const out = new Int32Array(h * w);
  let at = 0;
  for (let i = 0; i + 1 < runs.length; i += 2) {
    const [label, length] = [runs[i], runs[i + 1]];
    if (!(label in labels) || !(length > 0) || at + length > out.length) break;
    out.fill(label, at, at + length);
    at += length;
  }
  if (at !== out.length) throw new InvalidInputError(`runs of ${at} labels; expected ${h} × ${w}`);
  return out;
}

/**
 * Run lengths of a region of pixels, row-major: so many outside, so many inside, outside, inside …; the rest lies outside.
 *
 * @param ids segment id by pixel
 * @param id the region holds the pixels of this segment
 */
export function encodeRegion(ids: ArrayLike<number>, id: number): number[] {
  const region: number[] = [];
  let last = 0;
  for (let i = 0; i < ids.length; ) {
    while (i < ids.length && ids[i] !== id) i++;
    const start = i;
    while (i < ids.length && ids[i] === id) i++;
    if (i === start) break;
    region.push(start - last, i - start);
    last = i;
  }
  return region;
}

/** The regions of all segments but the background (0), as `encodeRegion` writes each, in one pass. */
export function encodeRegions(ids: ArrayLike<number>): Map<number, number[]> {
  const regions = new Map<number, number[]>();
  const ends = new Map<number, number>();
  for (let i = 0; i < ids.length; ) {
    const id = ids[i];
    const start = i;
    while (i < ids.length && ids[i] === id) i++;
    if (id === 0) continue;
    const region = regions.get(id) ?? [];
    region.push(start - (ends.get(id) ?? 0), i - start);
    regions.set(id, region);
    ends.set(id, i);
  }
  return regions;
}

/** A region whose run lengths cover all pixels: what lies outside after its last run is written, too. */
export function wholeRegion(region: number[], pixels: number): number[] {
  const rest = pixels - regionEnd(region);
  return rest > 0 ? [...region, rest] : region;
}

/** The pixels that none of the regions holds; empty where they hold all. @param pixels of the image */
export function regionOutside(regions: readonly (readonly number[])[], pixels: number): number[] {
  const runs: [number, number][] = [];
  for (const region of regions) eachRun(region, (start, end) => runs.push([start, end]));
  runs.sort(([a], [b]) => a - b);
  const outside: number[] = [];
  let [at, last] = [0, 0];
  for (const [start, end] of [...runs, [pixels, pixels]]) {
    if (start > at) {
      outside.push(at - last, start - at);
      last = start;
    }
    at = Math.max(at, end);
  }
  return outside;
}

/** Visits the runs of a region that lie inside: pixels start … end − 1. */
export function eachRun(region: readonly number[], visit: (start: number, end: number) => void): void {
  for (let i = 0, at = 0; i + 1 < region.length; i += 2) {
    const start = at + region[i];
    at = start + region[i + 1];
    if (at > start) visit(start, at);
  }
}

/** Left, top, right and bottom of a region that is not empty, pixels, right and bottom not included. @param width of the image */
export function regionBox(region: readonly number[], width: number): [number, number, number, number] {
  let [left, top, right, bottom] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY, 0, 0];
  eachRun(region, (start, end) => {
    const [first, last] = [Math.floor(start / width), Math.floor((end - 1) / width)];
    [top, bottom] = [Math.min(top, first), Math.max(bottom, last + 1)];
    const wraps = first !== last;
    left = wraps ? 0 : Math.min(left, start % width);
    right = wraps ? width : Math.max(right, ((end - 1) % width) + 1);
  });
  return [left, top, right, bottom];
}

/** The number of pixels in a region. */
export const regionArea = (region: readonly number[]): number =>
  region.reduce((sum, length, i) => (i % 2 === 1 ? sum + length : sum), 0);

/** The number of the last pixel that a region names, plus one: at most height · width in an image that it fits. */
export const regionEnd = (region: readonly number[]): number => region.reduce((sum, length) => sum + length, 0);
