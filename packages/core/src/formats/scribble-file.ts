/** Scribbles of any form, read for the image that they belong to. */

import type { AttributeValues } from '@saltworks/contract/attributes';
import { parseScribbles, type Segment, type Stroke } from '@saltworks/contract/documents/scribbles';
import { InvalidInputError } from '@saltworks/contract/errors';
import { drawnLabels, rasterise, type StrokeRaster } from '../seeds/seeds.ts';
import { parseScribblePng } from './scribble-png.ts';

/** Size of the upright image, in pixels. */
interface Size {
  width: number;
  height: number;
}

interface Drawn {
  raster: StrokeRaster;
  segments: Segment[];
  /** Of a document. */
  strokes?: Stroke[];
  /** Values of the image by name. */
  attributes?: AttributeValues;
}

/** A reader for each form, by the extension of its files. */
const readers = {
  '.json': readDocument,
  '.png': parseScribblePng,
} satisfies Record<string, (bytes: Uint8Array, image: Size) => Drawn>;

/**
 * @param extension of the file's name
 * @throws InvalidInputError if the scribbles do not fit the image, or label fewer than two segments
 */
export function readScribbles(bytes: Uint8Array, extension: keyof typeof readers, image: Size): Drawn {
  const read = readers[extension](bytes, image);
  drawnLabels(read.raster);
  return read;
}

function readDocument(bytes: Uint8Array, { width, height }: Size): Drawn {
  const scribbles = parseScribbles(bytes);
  const { image, segments, attributes } = scribbles;
  if (image.width !== width || image.height !== height) {
    throw new InvalidInputError(
      `scribbles for ${image.width} × ${image.height} pixels; expected the image's ${width} × ${height}`,
    );
  }
  return { raster: rasterise(scribbles), segments, strokes: scribbles.strokes, ...(attributes && { attributes }) };
}
