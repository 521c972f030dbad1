/**
 * Bytes of an image file to 8-bit sRGB, and pixels back to PNG or WebP. Decoding is sharp's (libvips); what it may open is
 * narrowed here, once for the whole process: JPEG, PNG, WebP, GIF, TIFF and AVIF from memory, nothing else; BMP is ours.
 */
import { getEnvironmentData, setEnvironmentData } from 'node:worker_threads';
import { InvalidInputError } from '@saltworks/contract/errors';
import { orient, type RgbImage, type ValueWindow } from '@saltworks/core/image/image';
import sharp, { type Metadata } from 'sharp';
import { bmpSize, decodeBmp, isBmp } from './bmp.ts';
import { closeJpeg, continueJpeg, openJpeg } from './jpeg.ts';
import { mainPage } from './tiff.ts';
import { applyWindow, type DeepImage, findWindow } from './window.ts';

const FORMATS = 'JPEG, PNG, WebP, GIF, TIFF, AVIF or BMP';
const PNG_SIGNATURE = [137, 80, 78, 71, 13, 10, 26, 10];

// Not again in a thread of one that did it: for a moment no thread could read anything.
const NARROWED = 'saltworks: loaders are narrowed';
if (!getEnvironmentData(NARROWED)) {
  sharp.block({ operation: ['VipsForeignLoad'] });
  sharp.unblock({
    operation: ['Jpeg', 'Png', 'Webp', 'Nsgif', 'Tiff', 'Heif'].map((name) => `VipsForeignLoad${name}Buffer`),
  });
  setEnvironmentData(NARROWED, true);
}
// Every image is seen once, so a cache of operations only holds memory; several images decode beside each other in
// libuv's pool, so one thread for each is enough.
sharp.cache(false);
sharp.concurrency(1);

/** An image as everything here sees it, and what was done to have it so. */
export interface DecodedImage extends RgbImage {
  /** The values of the file that are seen as 0 and 255, where those are not all that it could hold. */
  window?: ValueWindow;
  /** What was left out, in words. */
  notes: string[];
}

export interface DecodeOptions {
  /** width × height that the header may claim; checked before anything is decoded */
  maxPixels?: number;
  /** Of pictures that hold more than 8 bits, instead of the one that each asks for; others stay as they are. */
  window?: ValueWindow;
}

/**
 * Decodes one image: the first frame or page, upright by its EXIF orientation, converted to sRGB by its colour profile
 * (grey, palette and CMYK too), alpha laid over white. TIFF and PNG of more than 8 bits are seen through a window.
 *
 * @throws InvalidInputError when the bytes are no whole image of these formats, or hold too many pixels
 */
export async function decodeImage(
  bytes: Uint8Array,
  { maxPixels = 100e6, window }: DecodeOptions = {},
): Promise<DecodedImage> {
  if (bytes.length === 0) throw new InvalidInputError(`0 bytes; expected an image (${FORMATS})`);
  const header = isBmp(bytes) ? bmpSize(bytes) : (pngSize(bytes) ?? (await readMetadata(bytes)));
  if (!(header.width * header.height <= maxPixels)) {
    throw new InvalidInputError(`${header.width} × ${header.height} pixels; expected at most ${maxPixels}`);
  }
  if (isBmp(bytes)) return { ...decodeBmp(bytes), notes: [] };
  const whole = await mended(bytes);
  const metadata = await readMetadata(whole);
  const { channels, space } = metadata;
  if (channels > (space === 'cmyk' ? 5 : 4)) {
    throw new InvalidInputError(
      `${channels} channels; expected grey, RGB or CMYK, with or without alpha (of bands that are more, choose three: gdal_translate -b 1 -b 2 -b 3 IN.tif OUT.tif)`,
    );
  }
  const notes = notesOf(bytes, metadata);
  const deep = isDeep(metadata) ? await readSamples(whole, metadata) : undefined;
  const seen = deep && (window ?? findWindow(deep) ?? (deep.data instanceof Uint16Array ? undefined : deep.scale));
  const upright = (data: Uint8Array, width: number, height: number) =>
    orient({ data, width, height }, metadata.orientation ?? 1);
  if (seen) return { ...upright(applyWindow(deep, seen), deep.width, deep.height), window: seen, notes };
  // What uses all 16 bits is an ordinary picture, with its colour profile.
  const { data, info } = await read(bytes, () =>
    sharp(whole, readingOf(whole))
      .flatten({ background: '#ffffff' })
      .toColourspace('srgb')
      .raw({ depth: 'uchar' })
      .toBuffer({ resolveWithObject: true }),
  );
  if (info.channels !== 3) throw new InvalidInputError(`${info.channels} channels; expected grey, RGB or CMYK`);
  return { ...upright(new Uint8Array(data.buffer, data.byteOffset, data.length), info.width, info.height), notes };
}

/** What is known of an image from its header. */
export interface ImageFacts {
  /** Of the upright image. */
  width: number;
  height: number;
  /** It holds more than 8 bits, and is seen through a window if it does not use them. */
  deep: boolean;
  /** What is left out of it, in words. */
  notes: string[];
}

/** @throws InvalidInputError when the bytes do not begin like an image of these formats */
export async function describeImage(bytes: Uint8Array): Promise<ImageFacts> {
  if (isBmp(bytes)) return { ...bmpSize(bytes), deep: false, notes: [] };
  const metadata = await readMetadata(bytes);
  const { width, height, orientation = 1 } = metadata;
  const size = orientation >= 5 && orientation <= 8 ? { width: height, height: width } : { width, height };
  return { ...size, deep: isDeep(metadata), notes: notesOf(bytes, metadata) };
}

/** Whether a file may hold several pages, as far as its name tells. */
export const mayHavePages = (name: string): boolean => /\.tiff?$/i.test(name);

/** Whether a file may hold more than 8 bits, as far as its name tells. */
export const mayBeDeep = (name: string): boolean => /\.(tiff?|a?png)$/i.test(name);

// failOn 'error' refuses what is cut short or corrupt and lets through what libvips only warns of, such as stray bytes
// between JPEG markers.
const READING = { limitInputPixels: false, failOn: 'error', autoOrient: false } as const;

/** How an image is read: of a TIFF, the page that it is taken for. */
function readingOf(bytes: Uint8Array) {
  const main = mainPage(bytes);
  if (!main) return READING;
  return { ...READING, page: main.page, ...(main.subifd >= 0 && { tiff: { subifd: main.subifd } }) };
}

const readMetadata = (bytes: Uint8Array): Promise<Metadata> =>
  read(bytes, () => sharp(bytes, readingOf(bytes)).metadata());

function notesOf(bytes: Uint8Array, { pages: frames = 1 }: Metadata): string[] {
  if (openJpeg(bytes)) return ['its end marker is missing'];
  const main = mainPage(bytes);
  if (!main) return frames > 1 ? [`frame 1 of ${frames} is taken`] : [];
  const { page, subifd, pages, width, height, first } = main;
  const place = `${subifd >= 0 ? `picture ${subifd + 1} below ` : ''}page ${page + 1} of ${pages} is taken`;
  if (page === 0 && subifd < 0) return pages > 1 ? [place] : [];
  const why = first.kind === 'mask' ? 'a mask' : `only ${first.width} × ${first.height}`;
  return [`${place}, ${width} × ${height}; page 1 is ${why}`];
}

/** A JPEG that lacks nothing but its end marker, with one; others, and JPEGs that lack more, as they are. */
async function mended(bytes: Uint8Array): Promise<Uint8Array> {
  const open = openJpeg(bytes);
  if (!open?.complete) return bytes;
  const pixels = (seed: number) =>
    sharp(continueJpeg(bytes, open, seed), READING)
      .raw()
      .toBuffer();
  try {
    const seen = await pixels(0);
    for (const seed of [3, 1, 2]) if (!seen.equals(await pixels(seed))) return bytes;
    return closeJpeg(bytes);
  } catch {
    return bytes;
  }
}

/** Photographs of 10 or 12 bits (AVIF) and inks (CMYK) say how their values are meant to be seen. */
const isDeep = ({ format, depth, space }: Metadata): boolean =>
  depth !== 'uchar' &&
  (format === 'tiff' || format === 'png') &&
  ['b-w', 'srgb', 'grey16', 'rgb16', 'scrgb', 'multiband'].includes(space);

/** What samples of a type hold, by libvips' names; of floats, what pictures are made of. */
const SCALES: Record<string, ValueWindow> = {
  char: { low: -(2 ** 7), high: 2 ** 7 - 1 },
  ushort: { low: 0, high: 2 ** 16 - 1 },
  short: { low: -(2 ** 15), high: 2 ** 15 - 1 },
  uint: { low: 0, high: 2 ** 32 - 1 },
  int: { low: -(2 ** 31), high: 2 ** 31 - 1 },
  float: { low: 0, high: 1 },
};

/** All values of an image, as they are in its file. */
async function readSamples(bytes: Uint8Array, { depth, space, channels, bitsPerSample }: Metadata): Promise<DeepImage> {
  const scale = SCALES[depth];
  // Of halves libvips keeps whole numbers only.
  if (!scale || (depth === 'float' && bitsPerSample === 16)) {
    throw new InvalidInputError(`values of ${bitsPerSample} bits (${depth}); expected integers, or floats of 32 bits`);
  }
  // It cuts off what is below 0 in 16 bits, unless that is lifted.
  const lift = depth === 'short' ? 2 ** 15 : 0;
  const { data, info } = await read(bytes, () => {
    const image = sharp(bytes, { ...readingOf(bytes), ignoreIcc: true });
    if (lift > 0) image.linear(1, lift);
    return image
      .toColourspace(space)
      .raw({ depth: depth === 'ushort' ? 'ushort' : 'float' })
      .toBuffer({ resolveWithObject: true });
  });
  const { width, height } = info;
  const { buffer } = data.byteOffset % 4 === 0 ? data : new Uint8Array(data);
  const offset = buffer === data.buffer ? data.byteOffset : 0;
  const count = width * height * info.channels;
  if (depth === 'ushort') return { data: new Uint16Array(buffer, offset, count), width, height, channels, scale };
  const values = new Float32Array(buffer, offset, count);
  if (lift > 0) for (let i = 0; i < count; i++) values[i] -= lift;
  return { data: values, width, height, channels, scale };
}

/** What a PNG header claims, even where nothing follows it that a decoder would take as an image. */
function pngSize(bytes: Uint8Array): { width: number; height: number } | undefined {
  if (bytes.length < 24 || PNG_SIGNATURE.some((byte, i) => bytes[i] !== byte)) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  return { width: view.getUint32(16), height: view.getUint32(20) };
}

async function read<T>(bytes: Uint8Array, reading: () => Promise<T>): Promise<T> {
  try {
    return await reading();
  } catch (error) {
    const reason = (error as Error).message.replace(/\s+/g, ' ').trim();
    throw new InvalidInputError(`${bytes.length} bytes that do not decode (${reason}); expected a whole ${FORMATS}`);
  }
}

/**
 * Encodes 8-bit pixels as PNG without loss.
 *
 * @param pixels row-major from the top left, interleaved; `channels` 1 is grey (never a palette), 3 is RGB
 * @throws InvalidInputError when the number of values is not width · height · channels
 */
export async function encodePng(
  pixels: Uint8Array,
  { width, height, channels }: { width: number; height: number; channels: 1 | 3 },
): Promise<Uint8Array> {
  if (pixels.length !== width * height * channels) {
    throw new InvalidInputError(`${pixels.length} values; expected ${width} × ${height} × ${channels}`);
  }
  const png = await sharp(pixels, { raw: { width, height, channels } })
    .toColourspace(channels === 1 ? 'b-w' : 'srgb')
    .png({ palette: false, compressionLevel: 6 })
    .toBuffer();
  return new Uint8Array(png.buffer, png.byteOffset, png.length);
}

const WEBP_SIDE = 16_383;

/** Whether WebP can hold an image. */
export const fitsWebp = ({ width, height }: { width: number; height: number }): boolean =>
  Math.max(width, height) <= WEBP_SIDE;

/**
 * Encodes 8-bit RGB as WebP with nothing but pixels in it.
 *
 * @param options quality: 1 … 100; left out, every pixel is kept as it is. side: a longer picture is shrunk to so many
 *   pixels at its longer side
 * @throws InvalidInputError when a side is longer than WebP can hold
 */
export async function encodeWebp(
  { data, width, height }: RgbImage,
  { quality, side }: { quality?: number; side?: number } = {},
): Promise<Uint8Array> {
  if (Math.min(Math.max(width, height), side ?? Number.POSITIVE_INFINITY) > WEBP_SIDE) {
    throw new InvalidInputError(`${width} × ${height} pixels; expected sides of at most ${WEBP_SIDE}`);
  }
  const image = sharp(data, { raw: { width, height, channels: 3 }, limitInputPixels: false });
  if (side !== undefined) image.resize({ width: side, height: side, fit: 'inside', withoutEnlargement: true });
  const webp = await image.webp(quality === undefined ? { lossless: true, effort: 0 } : { quality }).toBuffer();
  return new Uint8Array(webp.buffer, webp.byteOffset, webp.length);
}
