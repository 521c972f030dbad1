/** PNGs whose pixels are numbers: palette indices, grey levels or colours, unchanged. */
import { inflateSync } from 'node:zlib';
import { InvalidInputError } from '@saltworks/contract/errors';
import type { Plane } from '@saltworks/core/formats/class-mask';
import type { Size } from '../offers.ts';

const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
/** Samples of a pixel by colour type: grey, RGB, palette, grey and alpha, RGB and alpha. */
const samplesOf: Record<number, number> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };

/**
 * Decodes a PNG without colour management, so that a palette's index stays an index. It inflates no more than a picture of its
 * size takes.
 *
 * @param most the size that it may have, at most
 * @throws InvalidInputError if it is none, larger, interlaced or cut short
 */
export function decodeIndexPng(bytes: Uint8Array, most: Size): Plane {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (!file.subarray(0, 8).equals(signature) || file.length < 33) throw new InvalidInputError('no PNG');
  const [width, height] = [file.readUInt32BE(16), file.readUInt32BE(20)];
  const [depth, type, , , interlaced] = file.subarray(24, 29);
  if (!(width > 0 && height > 0) || width > most.width || height > most.height) {
    throw new InvalidInputError(
      `a PNG of ${width} × ${height} pixels; expected at most ${most.width} × ${most.height}`,
    );
  }
  const samples = samplesOf[type];
  if (samples === undefined || ![1, 2, 4, 8, 16].includes(depth)) throw new InvalidInputError('a damaged PNG');
  if (interlaced !== 0) throw new InvalidInputError('an interlaced PNG; expected one that is not');
  if ((type === 2 || type === 6) && depth !== 8) throw new InvalidInputError('a PNG of colours in 16 bits; expected 8');
  const data: Buffer[] = [];
  for (let at = 8; at + 12 <= file.length; ) {
    const length = file.readUInt32BE(at);
    const name = file.toString('latin1', at + 4, at + 8);
    if (name === 'IDAT') data.push(file.subarray(at + 8, at + 8 + length));
    at += 12 + length;
  }
  const pixelBits = samples * depth;
  const stride = Math.ceil((width * pixelBits) / 8);
  const whole = (stride + 1) * height;
  let raw: Buffer;
  try {
    raw = inflateSync(Buffer.concat(data), { maxOutputLength: whole });
  } catch {
    throw new InvalidInputError('a damaged PNG');
  }
  if (raw.length < whole) throw new InvalidInputError('a PNG that is cut short');
  unfilter(raw, stride, height, Math.max(1, pixelBits >> 3));
  return { ...{ width, height }, ...valuesOf(raw, { width, height, depth, type, samples, stride }) };
}

/** Undoes the filter of each row, in place: a byte of filter, then the row. */
function unfilter(raw: Buffer, stride: number, height: number, back: number): void {
  for (let y = 0; y < height; y++) {
    const row = y * (stride + 1) + 1;
    const filter = raw[row - 1];
    if (filter > 4) throw new InvalidInputError('a damaged PNG');
    for (let x = 0; x < stride && filter > 0; x++) {
      const left = x >= back ? raw[row + x - back] : 0;
      const up = y > 0 ? raw[row + x - stride - 1] : 0;
      const corner = y > 0 && x >= back ? raw[row + x - stride - 1 - back] : 0;
      const guess = filter === 1 ? left : filter === 2 ? up : filter === 3 ? (left + up) >> 1 : paeth(left, up, corner);
      raw[row + x] = (raw[row + x] + guess) & 255;
    }
  }
}

function paeth(left: number, up: number, corner: number): number {
  const guess = left + up - corner;
  const [a, b, c] = [Math.abs(guess - left), Math.abs(guess - up), Math.abs(guess - corner)];
  return a <= b && a <= c ? left : b <= c ? up : corner;
}

interface Layout extends Size {
  depth: number;
  type: number;
  samples: number;
  stride: number;
}

function valuesOf(
  raw: Buffer,
  { width, height, depth, type, samples, stride }: Layout,
): Pick<Plane, 'values' | 'isColour'> {
  const isColour = type === 2 || type === 6;
  const values = isColour ? new Uint32Array(width * height) : new Uint16Array(width * height);
  for (let y = 0, i = 0; y < height; y++) {
    const row = y * (stride + 1) + 1;
    for (let x = 0; x < width; x++, i++) {
      if (isColour) {
        const at = row + x * samples;
        values[i] = raw[at] + 256 * raw[at + 1] + 65536 * raw[at + 2];
      } else if (depth === 16) values[i] = raw.readUInt16BE(row + 2 * x * samples);
      else if (depth === 8) values[i] = raw[row + x * samples];
      else {
        const bit = x * depth;
        values[i] = (raw[row + (bit >> 3)] >> (8 - depth - (bit & 7))) & ((1 << depth) - 1);
      }
    }
  }
  return isColour ? { values, isColour } : { values };
}
