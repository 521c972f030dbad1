/** Pictures that people send to be looked at, made small: pixels alone, whatever else the file holds. */
import { InvalidInputError } from '@saltworks/contract/errors';
import sharp from 'sharp';
// It narrows sharp's loaders.
import './decode.ts';

/** Whether a file begins as those of the formats that are taken; what follows is for the decoder to judge. @param head 12 bytes, Latin-1 */
const isTaken = (head: string): boolean =>
  head.startsWith('\xff\xd8\xff') ||
  head.startsWith('\x89PNG\r\n\x1a\n') ||
  (head.startsWith('RIFF') && head.endsWith('WEBP'));

/** WebP qualities, tried in turn until a picture is small enough. */
const qualities = [85, 70, 50, 30, 10];

/** Seconds of one encoding at most. */
const seconds = 10;

export interface ShrinkLimits {
  /** Most pixels, width × height, that the header may claim; checked before decoding. */
  pixels: number;
  /** Most pixels of the longer side, to which a larger picture is shrunk. */
  side: number;
  /** Most bytes. */
  bytes: number;
}

/**
 * Decodes a JPEG, PNG or WebP, and encodes it as WebP: upright, sRGB, the first frame, alpha over white, without metadata.
 *
 * @throws InvalidInputError if the bytes are no whole picture of these formats, or larger than the limits say
 */
export async function shrinkPicture(file: Uint8Array, { pixels, side, bytes }: ShrinkLimits): Promise<Uint8Array> {
  const head = Buffer.from(file.subarray(0, 12)).toString('latin1');
  if (!isTaken(head)) {
    throw new InvalidInputError(`${file.length} bytes of another kind; expected a JPEG, PNG or WebP`);
  }
  const { width, height } = await read(() => sharp(file, { limitInputPixels: false }).metadata());
  if (width * height > pixels) {
    throw new InvalidInputError(`${width} × ${height} pixels; expected at most ${pixels}`);
  }
  const { data, info } = await read(() =>
    sharp(file, { limitInputPixels: pixels, failOn: 'error', autoOrient: true })
      .timeout({ seconds })
      .resize({ width: side, height: side, fit: 'inside', withoutEnlargement: true })
      .flatten({ background: '#ffffff' })
      .toColourspace('srgb')
      .raw({ depth: 'uchar' })
      .toBuffer({ resolveWithObject: true }),
  );
  const raw = { width: info.width, height: info.height, channels: info.channels };
  for (const quality of qualities) {
    const webp = await sharp(data, { raw }).webp({ quality }).toBuffer();
    if (webp.length <= bytes) return new Uint8Array(webp.buffer, webp.byteOffset, webp.length);
  }
  throw new InvalidInputError(`a picture that takes more than ${bytes} bytes at ${side} pixels; expected another one`);
}

async function read<T>(reading: () => Promise<T>): Promise<T> {
  try {
    return await reading();
  } catch (error) {
    const reason = (error as Error).message.replace(/\s+/g, ' ').trim();
    throw new InvalidInputError(`a picture that does not decode (${reason}); expected a whole JPEG, PNG or WebP`);
  }
}
