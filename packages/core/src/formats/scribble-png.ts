/** Scribbles as a PNG of the image's size (spec/scribbles.md): 0 = no scribble, k = segment k. */

import { type Segment, unnamed } from '@saltworks/contract/documents/scribbles';
import { InvalidInputError } from '@saltworks/contract/errors';
import { decode } from 'fast-png';
import type { StrokeRaster } from '../seeds/seeds.ts';

/**
 * Reads grey values or palette indices as segment ids. All strokes of a segment count as one; the higher of two ids counts as
 * the later.
 *
 * @param image the size that the scribbles must have, checked in the header before anything is decoded
 * @throws InvalidInputError if this is no such PNG
 */
export function parseScribblePng(
  file: Uint8Array,
  image: { width: number; height: number },
): { raster: StrokeRaster; segments: Segment[] } {
  checkHeader(file, image);
  let png: ReturnType<typeof decode>;
  try {
    png = decode(file);
  } catch (error) {
    throw new InvalidInputError(`not a readable PNG: ${(error as Error).message}`);
  }
  const { width, height, depth } = png;
  const values = depth === 8 ? (png.data as Uint8Array) : unpack(png.data as Uint8Array, width, height, depth);

  const present = new Uint8Array(256);
  for (const value of values) present[value] = 1;
  const ids = [...present.keys()].filter((id) => id > 0 && present[id]);
  const strokeOf = new Uint8Array(256);
  ids.forEach((id, stroke) => {
    strokeOf[id] = stroke + 1;
  });
  return {
    raster: { width, height, owner: Uint8Array.from(values, (value) => strokeOf[value]), segments: ids },
    segments: ids.map((id) => ({ id, category: unnamed, isthing: true })),
  };
}

/** Checks the header, at PNG's fixed offsets: signature, IHDR, width, height, depth, colour type. */
function checkHeader(file: Uint8Array, image: { width: number; height: number }): void {
  const signature = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
  if (file.length < 33 || signature.some((byte, i) => file[i] !== byte)) {
    throw new InvalidInputError(`not a PNG (${file.length} bytes); expected an 8-bit grey or palette PNG`);
  }
  const view = new DataView(file.buffer, file.byteOffset);
  const [width, height] = [view.getUint32(16), view.getUint32(20)];
  if (width !== image.width || height !== image.height) {
    throw new InvalidInputError(
      `scribbles for ${width} × ${height} pixels; expected the image's ${image.width} × ${image.height}`,
    );
  }
  const [depth, colour] = [file[24], file[25]];
  if (depth > 8 || (colour !== 0 && colour !== 3)) {
    const kind = { 0: 'grey', 2: 'RGB', 3: 'palette', 4: 'grey with alpha', 6: 'RGBA' }[colour] ?? 'unknown colour';
    throw new InvalidInputError(`a ${depth}-bit ${kind} PNG; expected 8-bit grey or palette, 0 = no scribble`);
  }
}

/** Unpacks values of 1, 2 or 4 bits, which writers use for few colours: each row starts on a byte. */
function unpack(data: Uint8Array, width: number, height: number, depth: number): Uint8Array {
  const stride = Math.ceil((width * depth) / 8);
  const out = new Uint8Array(width * height);
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0; x < width; x++, i++) {
      const bit = x * depth;
      out[i] = (data[y * stride + (bit >> 3)] >> (8 - depth - (bit & 7))) & ((1 << depth) - 1);
    }
  }
  return out;
}
