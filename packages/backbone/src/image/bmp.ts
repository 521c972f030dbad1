/** Decodes BMP, which libvips cannot: a fixed header, perhaps a palette, rows of packed pixels, mostly from the bottom up. */
import { InvalidInputError } from '@saltworks/contract/errors';
import type { RgbImage } from '@saltworks/core/image/image';

export const isBmp = (bytes: Uint8Array): boolean => bytes[0] === 0x42 && bytes[1] === 0x4d;

interface BmpHeader {
  width: number;
  height: number;
  /** Rows run from the top down. */
  down: boolean;
  /** Bits per pixel. */
  depth: number;
  compression: number;
  /** Byte offset of the pixels. */
  offset: number;
  /** Byte offset of the palette, its number of colours, and bytes per colour. */
  palette: { offset: number; colours: number; stride: number };
}

/** Compressions that mean none: plain, or with masks for the bits of red, green and blue (and alpha). */
const rgb = 0;
const bitFields = 3;
const alphaBitFields = 6;

/** The size that the header claims, in pixels. @throws InvalidInputError if the header is malformed */
export function bmpSize(bytes: Uint8Array): { width: number; height: number } {
  const { width, height } = readHeader(bytes);
  return { width, height };
}

/**
 * Decodes an uncompressed BMP of 1, 4, 8, 16, 24 or 32 bits per pixel; alpha over white.
 *
 * @throws InvalidInputError for other kinds, and if the file is cut short
 */
export function decodeBmp(bytes: Uint8Array): RgbImage {
  const header = readHeader(bytes);
  const { width, height, down, depth, compression, offset } = header;
  const known = depth === 16 || depth === 32 ? [rgb, bitFields, alphaBitFields] : [rgb];
  if (![1, 4, 8, 16, 24, 32].includes(depth) || !known.includes(compression)) {
    throw new InvalidInputError(
      `a BMP of ${depth} bits with compression ${compression}; expected one that is not compressed (magick IN.bmp OUT.png)`,
    );
  }
  // Rows take multiples of four bytes.
  const stride = 4 * Math.ceil((width * depth) / 32);
  if (offset + stride * height > bytes.length) {
    throw new InvalidInputError(`a BMP of ${bytes.length} bytes; expected ${offset + stride * height}`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const data = new Uint8Array(3 * width * height);
  const colourOf = depth <= 8 ? paletteReader(bytes, header) : depth === 24 ? undefined : maskReader(view, header);
  for (let y = 0; y < height; y++) {
    const row = offset + (down ? y : height - 1 - y) * stride;
    for (let x = 0, o = 3 * y * width; x < width; x++, o += 3) {
      if (colourOf) {
        const colour = colourOf(row, x);
        data[o] = colour >>> 16;
        data[o + 1] = (colour >>> 8) & 255;
        data[o + 2] = colour & 255;
      } else {
        data[o] = bytes[row + 3 * x + 2];
        data[o + 1] = bytes[row + 3 * x + 1];
        data[o + 2] = bytes[row + 3 * x];
      }
    }
  }
  return { data, width, height };
}

/** A pixel's colour, red · 2¹⁶ + green · 2⁸ + blue, from the byte offset of its row and its column. */
type ReadColour = (row: number, x: number) => number;

function paletteReader(bytes: Uint8Array, { depth, palette }: BmpHeader): ReadColour {
  const colours = Array.from({ length: palette.colours }, (_, i) => {
    const [blue, green, red] = bytes.subarray(palette.offset + i * palette.stride);
    return (red << 16) | (green << 8) | blue;
  });
  return (row, x) => {
    const bit = x * depth;
    const index = (bytes[row + (bit >> 3)] >> (8 - depth - (bit & 7))) & ((1 << depth) - 1);
    // A colour that the palette lacks is black, as in viewers.
    return colours[index] ?? 0;
  };
}

function maskReader(view: DataView, { depth, compression }: BmpHeader): ReadColour {
  const masked = compression !== rgb;
  // Newer headers contain the masks, older ones precede them, at the same place. Without masks the fourth byte means nothing.
  const hasAlpha = compression === alphaBitFields || (masked && view.getUint32(14, true) >= 56);
  const usual = depth === 16 ? [0x7c00, 0x3e0, 0x1f] : [0xff0000, 0xff00, 0xff];
  const masks = masked ? [54, 58, 62].map((at) => view.getUint32(at, true)) : usual;
  const channels = masks.map(channelReader);
  const alphaMask = hasAlpha ? view.getUint32(66, true) : 0;
  const alpha = alphaMask === 0 ? undefined : channelReader(alphaMask);
  return (row, x) => {
    const pixel = depth === 16 ? view.getUint16(row + 2 * x, true) : view.getUint32(row + 4 * x, true);
    const share = alpha ? alpha(pixel) / 255 : 1;
    return channels.reduce((colour, read) => (colour << 8) | Math.round(255 + (read(pixel) - 255) * share), 0);
  };
}

/** Scales the bits under a mask to 0 … 255. */
function channelReader(mask: number): (pixel: number) => number {
  if (mask === 0) return () => 0;
  const shift = 31 - Math.clz32(mask & -mask);
  const most = mask >>> shift;
  return (pixel) => Math.round((255 * ((pixel & mask) >>> shift)) / most);
}

function readHeader(bytes: Uint8Array): BmpHeader {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const size = bytes.length >= 26 ? view.getUint32(14, true) : 0;
  // OS/2's header is short; the others begin alike and grew over time.
  const core = size === 12;
  if (!core && !(size >= 40 && size <= 124 && bytes.length >= 14 + size)) {
    throw new InvalidInputError(`a BMP whose header takes ${size} of ${bytes.length} bytes; expected 12, or 40 to 124`);
  }
  const depth = view.getUint16(core ? 24 : 28, true);
  const rows = core ? view.getUint16(20, true) : view.getInt32(22, true);
  const width = core ? view.getUint16(18, true) : view.getInt32(18, true);
  const compression = core ? rgb : view.getUint32(30, true);
  if (!(width > 0 && rows !== 0)) throw new InvalidInputError(`a BMP of ${width} × ${rows} pixels; expected some`);
  const masks = size === 40 && compression === bitFields ? 12 : size === 40 && compression === alphaBitFields ? 16 : 0;
  const listed = core ? 0 : view.getUint32(46, true);
  const most = depth <= 8 ? 1 << depth : 0;
  return {
    ...{ width, height: Math.abs(rows), down: rows < 0, depth, compression, offset: view.getUint32(10, true) },
    palette: {
      offset: 14 + size + masks,
      colours: listed > 0 ? Math.min(listed, most) : most,
      stride: core ? 3 : 4,
    },
  };
}
