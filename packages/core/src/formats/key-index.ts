/**
 * A part of the index for search: safetensors with `rows` int8 `[n, d]` and `scales` float32 `[n]`, the summaries of images one
 * after the other, and their hashes as metadata.
 */
import { parseDocument } from '@saltworks/contract/documents/document';
import { type IndexedImage, indexedImages } from '@saltworks/contract/documents/searches';
import { InvalidInputError } from '@saltworks/contract/errors';
import type { Summary } from '../search/summary.ts';
import { decodeFormat, encodeSafeTensors, floatTensor, readFloats } from './safetensors.ts';

const [format, version] = ['saltworks-key-index', '1'];

export interface KeyIndex {
  images: IndexedImage[];
  /** Of all images together, in their order. */
  summary: Summary;
}

/** @param parts above 0 of them, all of one d */
export function encodeKeyIndex(parts: readonly { sha256: string; summary: Summary }[]): Uint8Array {
  const { d } = parts[0].summary;
  const images = parts.map(({ sha256, summary }) => ({ sha256, rows: summary.scales.length }));
  const n = images.reduce((sum, { rows }) => sum + rows, 0);
  const bytes = new Uint8Array(n * d);
  const scales = new Float32Array(n);
  let at = 0;
  for (const { summary } of parts) {
    bytes.set(new Uint8Array(summary.data.buffer, summary.data.byteOffset, summary.data.length), at * d);
    scales.set(summary.scales, at);
    at += summary.scales.length;
  }
  return encodeSafeTensors({
    tensors: new Map([
      ['rows', { dtype: 'I8', shape: [n, d], bytes }],
      ['scales', floatTensor(scales, [n])],
    ]),
    metadata: { format, version, images: JSON.stringify(images) },
  });
}

/** @throws InvalidInputError if this is no such file of version 1, UnreadableDocumentError if its images are none */
export function decodeKeyIndex(file: Uint8Array): KeyIndex {
  const { tensors, metadata } = decodeFormat(file, format, version);
  const images = parseDocument('images of an index', metadata.images ?? '', indexedImages);
  const n = images.reduce((sum, { rows }) => sum + rows, 0);
  const [rows, scales] = [tensors.get('rows'), tensors.get('scales')];
  if (rows?.dtype !== 'I8' || rows.shape.length !== 2 || rows.shape[0] !== n || scales?.shape.join() !== `${n}`) {
    throw new InvalidInputError(
      `an index of ${rows?.dtype} ${rows?.shape.join(' × ')} and ${scales?.shape.join(' × ')} scales; expected ${n} rows and scales`,
    );
  }
  const data = new Int8Array(rows.bytes.buffer, rows.bytes.byteOffset, rows.bytes.length);
  return { images, summary: { d: rows.shape[1], data, scales: readFloats(scales) } };
}

/** The summary of one image of an index. @param from the number of rows before it */
export const summaryAt = ({ d, data, scales }: Summary, from: number, rows: number): Summary => ({
  d,
  data: data.subarray(from * d, (from + rows) * d),
  scales: scales.subarray(from, from + rows),
});
