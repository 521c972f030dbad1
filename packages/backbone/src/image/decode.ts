/**
 * Decodes image files to 8-bit sRGB, and encodes pixels as PNG or WebP. sharp (libvips) decodes JPEG, PNG, WebP, GIF, TIFF
 * and AVIF from memory; this file closes its other loaders, once for the whole process. BMP has a decoder of our own.
 */
import { getEnvironmentData, setEnvironmentData } from 'node:worker_threads';
import { InvalidInputError } from '@saltworks/contract/errors';
import { orient, type RgbImage, type ValueWindow } from '@saltworks/core/image/image';
import sharp, { type Metadata } from 'sharp';
import { bmpSize, decodeBmp, isBmp } from './bmp.ts';
import { closeJpeg, continueJpeg, type OpenJpeg, openJpeg } from './jpeg.ts';
import { type MainPage, mainPage } from './tiff.ts';
import { applyWindow, type DeepImage, findWindow } from './window.ts';

const FORMATS = 'JPEG, PNG, WebP, GIF, TIFF, AVIF or BMP';
const PNG_SIGNATURE = [137, 80, 78, 71, 13, 10, 26, 10];

// libvips keeps one list for all threads: narrowing it again in a new thread would, for a moment, forbid every format to all.
const NARROWED = 'saltworks: loaders are narrowed';
if (!getEnvironmentData(NARROWED)) {
  sharp.block({ operation: ['VipsForeignLoad'] });
  sharp.unblock({
    operation: ['Jpeg', 'Png', 'Webp', 'Nsgif', 'Tiff', 'Heif'].map((name) => `VipsForeignLoad${name}Buffer`),
  });
  setEnvironmentData(NARROWED, true);
}
// Each image is decoded once, so a cache of operations would only hold memory. Several images decode at once in libuv's
// pool, so one thread per image is enough.
sharp.cache(false);
sharp.concurrency(1);

/** An upright 8-bit RGB image, and how it was made from the file. */
export interface DecodedImage extends RgbImage {
  /** The file's values that became 0 and 255; undefined if those are the whole range of its type. */
  window?: ValueWindow;
  /** Parts of the file that were left out or mended, one sentence each. */
  notes: string[];
}

export interface DecodeOptions {
  /** Most pixels, width × height, that the header may claim; checked before decoding. */
  maxPixels?: number;
  /** Replaces the window that an image of more than 8 bits gets by itself; other images ignore it. */
  window?: ValueWindow;
}

/**
 * Decodes one image to upright 8-bit sRGB: the first frame, or a TIFF's main page; turned by its EXIF orientation,
 * converted by its colour profile (grey, palette and CMYK too), alpha over white. A TIFF or PNG of more than 8 bits is
 * decoded through a window of values (window.ts).
 *
 * @throws InvalidInputError if the bytes are not a whole image of these formats, or hold too many pixels
 */
export async function decodeImage(
  bytes: Uint8Array,
  { maxPixels = 100e6, window }: DecodeOptions = {},
): Promise<DecodedImage> {
  if (bytes.length === 0) throw new InvalidInputError(`0 bytes; expected an image (${FORMATS})`);
  if (isBmp(bytes)) {
    checkSize(bmpSize(bytes), maxPixels);
    return { ...decodeBmp(bytes), notes: [] };
  }
  const claimed = pngSize(bytes);
  if (claimed) checkSize(claimed, maxPixels);
  const file = lookAt(bytes);
  const header = await readMetadata(file);
  checkSize(header, maxPixels);
  const whole = await mended(file);
  const metadata = whole === file ? header : await readMetadata(whole);
  const { channels, space } = metadata;
  if (channels > (space === 'cmyk' ? 5 : 4)) {
    throw new InvalidInputError(
      `${channels} channels; expected grey, RGB or CMYK, with or without alpha (of bands that are more, choose three: gdal_translate -b 1 -b 2 -b 3 IN.tif OUT.tif)`,
    );
  }
  const notes = notesOf(file, metadata);
  const deep = isDeep(metadata) ? await readSamples(whole, metadata) : undefined;
  const seen = deep && (window ?? findWindow(deep) ?? (deep.data instanceof Uint16Array ? undefined : deep.scale));
  const upright = (data: Uint8Array, width: number, height: number) =>
    orient({ data, width, height }, metadata.orientation ?? 1);
  if (seen) return { ...upright(applyWindow(deep, seen), deep.width, deep.height), window: seen, notes };
  // An image that uses all of its 16 bits is decoded as usual, by its colour profile.
  const { data, info } = await read(bytes, () =>
    sharp(whole.bytes, readingOf(whole))
      .flatten({ background: '#ffffff' })
      .toColourspace('srgb')
      .raw({ depth: 'uchar' })
      .toBuffer({ resolveWithObject: true }),
  );
  if (info.channels !== 3) throw new InvalidInputError(`${info.channels} channels; expected grey, RGB or CMYK`);
  return { ...upright(new Uint8Array(data.buffer, data.byteOffset, data.length), info.width, info.height), notes };
}

function checkSize({ width, height }: { width: number; height: number }, maxPixels: number): void {
  if (!(width * height <= maxPixels)) {
    throw new InvalidInputError(`${width} × ${height} pixels; expected at most ${maxPixels}`);
  }
}

/** Facts from an image's header. */
export interface ImageFacts {
  /** Pixels of the upright image. */
  width: number;
  height: number;
  /** The image has more than 8 bits per value, so decoding may choose a window. */
  deep: boolean;
  /** The notes of its decoding. */
  notes: string[];
}

/** @throws InvalidInputError if the bytes do not begin like an image of these formats */
export async function describeImage(bytes: Uint8Array): Promise<ImageFacts> {
  if (isBmp(bytes)) return { ...bmpSize(bytes), deep: false, notes: [] };
  const file = lookAt(bytes);
  const metadata = await readMetadata(file);
  const { width, height, orientation = 1 } = metadata;
  const size = orientation >= 5 && orientation <= 8 ? { width: height, height: width } : { width, height };
  return { ...size, deep: isDeep(metadata), notes: notesOf(file, metadata) };
}

/** Whether a file of this name may hold several pages. */
export const mayHavePages = (name: string): boolean => /\.tiff?$/i.test(name);

/** Whether a file of this name may hold more than 8 bits per value. */
export const mayBeDeep = (name: string): boolean => /\.(tiff?|a?png)$/i.test(name);

/** A file's bytes, and the structure that libvips does not report. */
interface ImageFile {
  bytes: Uint8Array;
  /** The page to read, if this is a TIFF. */
  main?: MainPage;
  /** Set if this is a JPEG without its end marker. */
  open?: OpenJpeg;
}

const lookAt = (bytes: Uint8Array): ImageFile => ({ bytes, main: mainPage(bytes), open: openJpeg(bytes) });

// failOn 'error' refuses a file that is cut short or corrupt, and accepts faults that libvips only warns of, such as stray
// bytes between JPEG markers.
const READING = { limitInputPixels: false, failOn: 'error', autoOrient: false } as const;

/** sharp's options for a file; of a TIFF they choose the main page. */
function readingOf({ main }: ImageFile) {
  if (!main) return READING;
  return { ...READING, page: main.page, ...(main.subifd >= 0 && { tiff: { subifd: main.subifd } }) };
}

const readMetadata = (file: ImageFile): Promise<Metadata> =>
  read(file.bytes, () => sharp(file.bytes, readingOf(file)).metadata());

function notesOf({ main, open }: ImageFile, { pages: frames = 1 }: Metadata): string[] {
  if (open) return ['its end marker is missing'];
  if (!main) return frames > 1 ? [`frame 1 of ${frames} is taken`] : [];
  const { page, subifd, pages, width, height, first } = main;
  const place = `${subifd >= 0 ? `picture ${subifd + 1} below ` : ''}page ${page + 1} of ${pages} is taken`;
  if (page === 0 && subifd < 0) return pages > 1 ? [place] : [];
  const why = first.kind === 'mask' ? 'a mask' : `only ${first.width} × ${first.height}`;
  return [`${place}, ${width} × ${height}; page 1 is ${why}`];
}

/** Adds the end marker to a JPEG that lacks nothing else. @returns any other file unchanged, for libvips to judge */
async function mended(file: ImageFile): Promise<ImageFile> {
  const { bytes, open } = file;
  if (!open?.complete) return file;
  const pixels = (seed: number) =>
    sharp(continueJpeg(bytes, open, seed), READING)
      .raw()
      .toBuffer();
  try {
    const seen = await pixels(0);
    for (const seed of [3, 1, 2]) if (!seen.equals(await pixels(seed))) return file;
    return { bytes: closeJpeg(bytes) };
  } catch {
    return file;
  }
}

/** AVIF of 10 or 12 bits and CMYK define how their values look, so they need no window. */
const isDeep = ({ format, depth, space }: Metadata): boolean =>
  depth !== 'uchar' &&
  (format === 'tiff' || format === 'png') &&
  ['b-w', 'srgb', 'grey16', 'rgb16', 'scrgb', 'multiband'].includes(space);

/** The range of a sample type, by libvips' names; of floats, the range of ordinary images. */
const SCALES: Record<string, ValueWindow> = {
  char: { low: -(2 ** 7), high: 2 ** 7 - 1 },
  ushort: { low: 0, high: 2 ** 16 - 1 },
  short: { low: -(2 ** 15), high: 2 ** 15 - 1 },
  uint: { low: 0, high: 2 ** 32 - 1 },
  int: { low: -(2 ** 31), high: 2 ** 31 - 1 },
  float: { low: 0, high: 1 },
};

/** Reads an image's values as they stand in its file. @throws InvalidInputError for a type that libvips cannot hand out */
async function readSamples(file: ImageFile, { depth, space, channels, bitsPerSample }: Metadata): Promise<DeepImage> {
  const scale = SCALES[depth];
  // libvips rounds half floats to whole numbers.
  if (!scale || (depth === 'float' && bitsPerSample === 16)) {
    throw new InvalidInputError(`values of ${bitsPerSample} bits (${depth}); expected integers, or floats of 32 bits`);
  }
  // libvips clips negative 16-bit values, so they are lifted above 0 first.
  const lift = depth === 'short' ? 2 ** 15 : 0;
  const { data, info } = await read(file.bytes, () => {
    const image = sharp(file.bytes, { ...readingOf(file), ignoreIcc: true });
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

/** The size that a PNG header claims, even if no decodable image follows it. */
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
 * Encodes 8-bit pixels as PNG, without loss.
 *
 * @param pixels `[height, width, channels]`, row-major from the top left; `channels` 1 is grey (never a palette), 3 is RGB
 * @throws InvalidInputError if the number of values is not width · height · channels
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
 * Encodes 8-bit RGB as WebP, without metadata.
 *
 * @param options quality: 1 … 100, lossless without it; side: the most pixels of the longer side, to which a larger image is
 *   shrunk
 * @throws InvalidInputError if a side is longer than WebP can hold
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
