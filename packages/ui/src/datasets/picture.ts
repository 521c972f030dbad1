/** Masks as small bitmaps over thumbnails: a few load at a time, and the latest are cached. */
import type { Rgb } from '@saltworks/core/screen/colours';
import { labelPicture } from '../annotate/board/paint.ts';
import { idsOf, type Labels } from '../annotate/labels.ts';
import { bytes } from '../api.ts';

const keptPictures = 400;
const pictures = new Map<string, Promise<ImageBitmap>>();
/** The most masks loaded at the same time. */
let free = 4;
const waiting: (() => void)[] = [];

export interface MaskSource {
  path: string;
  /** Colours by segment id. */
  colours: ReadonlyMap<number, Rgb>;
}

/** @param side the most pixels of the longer side @param signal cancels the wait for a turn */
export function maskPicture(source: MaskSource, side: number, signal: AbortSignal): Promise<ImageBitmap> {
  const key = JSON.stringify([source.path, side, ...source.colours]);
  const known = pictures.get(key);
  if (known) {
    pictures.delete(key);
    pictures.set(key, known);
    // The first caller may have cancelled.
    return known.catch(() => {
      signal.throwIfAborted();
      return maskPicture(source, side, signal);
    });
  }
  const picture = inTurn(() => read(source, side), signal);
  pictures.set(key, picture);
  picture.catch(() => pictures.delete(key));
  const [oldest] = pictures.keys();
  if (pictures.size > keptPictures) pictures.delete(oldest);
  return picture;
}

async function inTurn<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> {
  if (free === 0) await new Promise<void>((turn) => waiting.push(turn));
  else free--;
  try {
    signal.throwIfAborted();
    return await work();
  } finally {
    const next = waiting.shift();
    if (next) next();
    else free++;
  }
}

async function read({ path, colours }: MaskSource, side: number): Promise<ImageBitmap> {
  return createImageBitmap(labelPicture(await labelsAt(path, side), { colours, contours: true }));
}

/** A mask's segment ids, at most `side` pixels long. @throws ApiError */
export async function labelsAt(path: string, side: number): Promise<Labels> {
  const file = new Blob([await bytes(path)], { type: 'image/png' });
  const exact = { colorSpaceConversion: 'none', premultiplyAlpha: 'none' } as const;
  const whole = await createImageBitmap(file, exact);
  const scale = Math.min(1, side / Math.max(whole.width, whole.height));
  const [width, height] = [whole.width, whole.height].map((length) => Math.max(1, Math.round(length * scale)));
  const context = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true })!;
  // No smoothing: an id between two ids would name another segment.
  context.imageSmoothingEnabled = false;
  context.drawImage(whole, 0, 0, width, height);
  whole.close();
  return { n: 0, width, height, ids: idsOf(context.getImageData(0, 0, width, height).data) };
}
