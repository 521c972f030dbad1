/**
 * Bytes of an image file to 8-bit sRGB, and pixels back to PNG or WebP. Decoding is sharp's (libvips); what it may open is
 * narrowed here, once for the whole process: JPEG, PNG, WebP, GIF, TIFF and AVIF from memory, nothing else.
 */
import { getEnvironmentData, setEnvironmentData } from 'node:worker_threads';
import { InvalidInputError } from '@saltworks/core/errors';
import { orient, type RgbImage } from '@saltworks/core/image';
import sharp from 'sharp';

const FORMATS = 'JPEG, PNG, WebP, GIF, TIFF or AVIF';
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

/**
 * Decodes one image: the first frame of an animation, upright by its EXIF orientation, converted to sRGB by its colour
 * profile (grey, palette, CMYK and 16-bit too), alpha laid over white.
 *
 * @param maxPixels width × height that the header may claim; checked before anything is decoded
 * @throws InvalidInputError when the bytes are no whole image of these formats, or hold too many pixels
 */
export async function decodeImage(bytes: Uint8Array, { maxPixels = 100e6 } = {}): Promise<RgbImage> {
  if (bytes.length === 0) throw new InvalidInputError(`0 bytes; expected an image (${FORMATS})`);
  const options = { limitInputPixels: false, failOn: 'error', autoOrient: false } as const;
  const header = pngSize(bytes) ?? (await read(bytes, () => sharp(bytes, options).metadata()));
  if (!(header.width * header.height <= maxPixels)) {
    throw new InvalidInputError(`${header.width} × ${header.height} pixels; expected at most ${maxPixels}`);
  }
  // failOn 'error' refuses what is cut short or corrupt and lets through what libvips only warns of, such as stray
  // bytes between JPEG markers.
  return read(bytes, async () => {
    const image = sharp(bytes, options);
    const [{ orientation }, { data, info }] = await Promise.all([
      image.metadata(),
      image
        .flatten({ background: '#ffffff' })
        .toColourspace('srgb')
        .raw({ depth: 'uchar' })
        .toBuffer({ resolveWithObject: true }),
    ]);
    const { width, height, channels } = info;
    if (channels !== 3) throw new Error(`${channels} channels`);
    return orient({ data: new Uint8Array(data.buffer, data.byteOffset, data.length), width, height }, orientation ?? 1);
  });
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

/** What WebP can hold. */
const WEBP_SIDE = 16_383;

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
