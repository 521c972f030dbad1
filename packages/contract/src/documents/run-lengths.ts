/** Run-length codes of node labels. */
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
