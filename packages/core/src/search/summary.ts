/** An image's keys in brief, for an index of many images: means of what differs most, a byte a value. */
import type { Keys } from '../keys/keys.ts';
import { meanOf } from '../walk/whiten.ts';
import { meansOf, pickFarthest } from './picks.ts';
import { directionsFrom } from './space.ts';

/** Means of an image, at most. docs/search.md says how often they name the right images. */
export const summarySize = 32;

/** `[n, d]`, row-major: value = byte · scale of its row. */
export interface Summary {
  d: number;
  data: Int8Array;
  scales: Float32Array;
}

/** The same for the same keys. */
export function summarise({ data, d }: Keys): Summary {
  const picks = pickFarthest(directionsFrom(meanOf(data, d), data), d, summarySize);
  const means = meansOf(picks, data, d);
  const scales = new Float32Array(picks.picked.length);
  const bytes = new Int8Array(means.length);
  for (let i = 0; i < scales.length; i++) {
    const row = means.subarray(i * d, (i + 1) * d);
    scales[i] = row.reduce((most, value) => Math.max(most, Math.abs(value)), 0) / 127;
    if (scales[i] > 0) for (let k = 0; k < d; k++) bytes[i * d + k] = Math.round(row[k] / scales[i]);
  }
  return { d, data: bytes, scales };
}

/** The means that a summary stands for. @returns float32 `[n, d]` */
export function meansIn({ d, data, scales }: Summary): Float32Array {
  const means = new Float32Array(data.length);
  for (let i = 0, o = 0; i < scales.length; i++) for (let k = 0; k < d; k++, o++) means[o] = data[o] * scales[i];
  return means;
}
