/** Labels of the node grid, as they are stored and sent. */
import { InvalidInputError } from '../errors.ts';

/** Labels of the node grid as they are sent: a run-length code. */
export interface PatchLabels {
  h: number;
  w: number;
  /** Segment ids, 0 the background: what labels mean. */
  labels: number[];
  /** Label, length, label, length …, row-major; lengths sum to h·w. */
  runs: number[];
}

export function encodeRuns(labels: ArrayLike<number>): number[] {
  const runs: number[] = [];
  for (let i = 0; i < labels.length; i++) {
    if (i > 0 && labels[i] === labels[i - 1]) runs[runs.length - 1]++;
    else runs.push(labels[i], 1);
  }
  return runs;
}

/** @throws InvalidInputError unless the runs are h·w labels */
export function decodeRuns({ h, w, labels, runs }: PatchLabels): Int32Array {
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
