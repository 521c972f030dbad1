/** What an import needs to know of pictures, which stores cannot decode. */
import { type DecodeOptions, decodeImage, describeImage, encodePng } from '@saltworks/backbone/decode';
import type { ValueWindow } from '@saltworks/core/image/image';
import type { ImportOptions, Offer } from '@saltworks/store/import/import';

/**
 * Looks at a picture's header. With a window, a picture of more than 8 bits is kept as what is seen through it, a PNG:
 * whatever is computed from it later is named by those bytes.
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

/** Files as other versions of themselves, so that pictures imported through another window are read anew. */
export async function* throughWindow(files: AsyncIterable<Offer>, { low, high }: ValueWindow): AsyncGenerator<Offer> {
  for await (const file of files) {
    yield 'read' in file ? { ...file, version: `${file.version} ${low},${high}` } : file;
  }
}
