/** The keys file (spec/keys.md): safetensors, `keys [h, w, d]` before interpolation, their origin and a checksum as metadata. */
import { InvalidInputError } from '@saltworks/contract/errors';
import { defaultCodec } from '@saltworks/contract/kinds';
import type { ValueWindow } from '../image/image.ts';
import type { Keys } from '../keys/keys.ts';
import { fromHalf, toHalf } from './float16.ts';
import { decodeValues, encodeValues } from './key-codecs.ts';
import { checksumOf, checksumPlace, noChecksum } from './keys-checksum.ts';
import { decodeSafeTensors, encodeSafeTensors, type SafeTensors } from './safetensors.ts';

export interface KeysOrigin {
  /** Backbone id. */
  backbone: string;
  layer: number;
  facet: 'key' | 'query' | 'value';
  /** Size of the upright original image, in pixels. */
  image: { width: number; height: number };
  /** Hex sha256 of the image file's bytes. */
  imageSha256: string;
  /** The window that the image was seen through, if any. */
  window?: string;
}

/** A window in the form of a keys file; images of 8 bits have none. */
export const windowText = (window: ValueWindow | undefined): string | undefined =>
  window && `${window.low} ${window.high}`;

/** An image as it is seen: its size, and its window. */
export interface SeenImage {
  width: number;
  height: number;
  window?: ValueWindow;
}

/** Whether keys belong to an image as it is seen now: earlier versions may have seen the same file otherwise. */
export const keysFit = ({ window, image }: Pick<KeysOrigin, 'window' | 'image'>, seen: SeenImage): boolean =>
  window === windowText(seen.window) && image.width === seen.width && image.height === seen.height;

/**
 * Rounds keys to half precision, as in the file, so that fresh and cached keys give the same answer.
 */
export function roundToHalf(keys: Keys): Keys {
  return { ...keys, data: keys.data.map((value) => fromHalf(toHalf(value))) };
}

/** @param codec how values are kept */
export function encodeKeys(keys: Keys, origin: KeysOrigin, codec: string = defaultCodec): Uint8Array {
  const { tensors, metadata } = encodeValues(keys, codec);
  const file = encodeSafeTensors({
    tensors,
    metadata: {
      format: 'saltworks-keys',
      version: '1',
      backbone: origin.backbone,
      layer: String(origin.layer),
      facet: origin.facet,
      image_width: String(origin.image.width),
      image_height: String(origin.image.height),
      image_sha256: origin.imageSha256,
      ...(origin.window !== undefined && { image_window: origin.window }),
      ...metadata,
      checksum: noChecksum,
    },
  });
  const place = checksumPlace(file);
  file.set(new TextEncoder().encode(checksumOf(file, place)), place);
  return file;
}

/** @throws InvalidInputError if this is not a keys file of version 1, or damaged */
export function decodeKeys(file: Uint8Array): { keys: Keys; origin: KeysOrigin } {
  const { values, origin } = readKeys(file);
  return { keys: decodeValues(values), origin };
}

/**
 * The origin of the keys in a file, undefined where it is damaged or no keys file. Files of before there were checksums count as
 * undamaged.
 */
export function soundOrigin(file: Uint8Array): KeysOrigin | undefined {
  try {
    return readKeys(file).origin;
  } catch (error) {
    if (error instanceof InvalidInputError) return undefined;
    throw error;
  }
}

/** The file's parts, checked. */
function readKeys(file: Uint8Array): { values: SafeTensors; origin: KeysOrigin } {
  const values = decodeSafeTensors(file);
  const { format, version, backbone, layer, facet, image_width, image_height, image_sha256, image_window, checksum } =
    values.metadata;
  if (format !== 'saltworks-keys' || version !== '1') {
    throw new InvalidInputError(`format ${format} version ${version}; expected saltworks-keys version 1`);
  }
  if (checksum !== undefined) {
    const found = checksumOf(file, checksumPlace(file));
    if (found !== checksum) throw new InvalidInputError(`damaged keys: checksum ${found}; expected ${checksum}`);
  }
  if (facet !== 'key' && facet !== 'query' && facet !== 'value') {
    throw new InvalidInputError(`facet ${facet}; expected key, query or value`);
  }
  const count = (name: string, text: string) => {
    const value = Number(text);
    if (!Number.isInteger(value) || value < 0) throw new InvalidInputError(`${name} ${text}; expected a whole number`);
    return value;
  };
  return {
    values,
    origin: {
      backbone,
      layer: count('layer', layer),
      facet,
      image: { width: count('image_width', image_width), height: count('image_height', image_height) },
      imageSha256: image_sha256,
      window: image_window,
    },
  };
}
