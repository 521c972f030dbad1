/** Scribbles of either form, read for the image they belong to. */

import { parseScribbles, type Segment } from '@saltworks/contract/documents/scribbles';
import { InvalidInputError } from '@saltworks/contract/errors';
import { drawnLabels, rasterise, type StrokeRaster } from '../seeds/seeds.ts';
import { parseScribblePng } from './scribble-png.ts';

/**
 * @param extension what the file's name ends with
 * @param image size of the upright image
 * @throws InvalidInputError if they do not fit the image, or label fewer than two things
 */
export function readScribbles(
  bytes: Uint8Array,
  extension: '.json' | '.png',
  image: { width: number; height: number },
): { raster: StrokeRaster; segments: Segment[] } {
  const read = extension === '.png' ? parseScribblePng(bytes, image) : fromDocument(bytes, image);
  drawnLabels(read.raster);
  return read;
}

function fromDocument(bytes: Uint8Array, { width, height }: { width: number; height: number }) {
  const scribbles = parseScribbles(bytes);
  const { image, segments } = scribbles;
  if (image.width !== width || image.height !== height) {
    throw new InvalidInputError(
      `scribbles for ${image.width} × ${image.height} pixels; expected the image's ${width} × ${height}`,
    );
  }
  return { raster: rasterise(scribbles), segments };
}
