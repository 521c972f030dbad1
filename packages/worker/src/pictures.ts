/** Image headers for imports: the store package cannot decode images. */
import { type DecodeOptions, decodeImage, describeImage, encodePng } from '@saltworks/backbone/image/decode';
import type { ValueWindow } from '@saltworks/core/image/image';
import type { ImportOptions } from '@saltworks/store/import/import';
import type { Offer } from '@saltworks/store/import/offers';

/**
 * Reads an image's header. With a window, an image of more than 8 bits is stored as the 8-bit PNG seen through it: later
 * results are named by those bytes.
 */
export function lookAt({ maxPixels, window }: DecodeOptions): NonNullable<ImportOptions['look']> {
  return async (bytes) => {
    const facts = await describeImage(bytes).catch(() => undefined);
    if (!facts?.deep || !window) return facts;
    const { data, width, height } = await decodeImage(bytes, { maxPixels, window });
    const png = await encodePng(data, { width, height, channels: 3 });
    return { ...facts, instead: { bytes: new Uint8Array(png), extension: '.png' } };
  };
}

/** Versions of files that include the window, so that an import through another window reads them again. */
export async function* throughWindow(files: AsyncIterable<Offer>, { low, high }: ValueWindow): AsyncGenerator<Offer> {
  for await (const file of files) {
    yield 'read' in file ? { ...file, version: `${file.version} ${low},${high}` } : file;
  }
}
