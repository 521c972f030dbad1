/** The keys file (spec/keys.md): safetensors, float16 `keys [h, w, d]` before interpolation, its origin as metadata. */
import { InvalidInputError } from '@saltworks/contract/errors';
import type { ValueWindow } from '../image/image.ts';
import type { Keys } from '../keys/keys.ts';
import { fromHalf, toHalf } from './float16.ts';
import { decodeSafeTensors, encodeSafeTensors, halfTensor, readFloats } from './safetensors.ts';

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

export function encodeKeys({ data, h, w, d }: Keys, origin: KeysOrigin): Uint8Array {
  return encodeSafeTensors({
    tensors: new Map([['keys', halfTensor(data, [h, w, d])]]),
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
    },
  });
}

/** @throws InvalidInputError if this is not a keys file of version 1 */
export function decodeKeys(file: Uint8Array): { keys: Keys; origin: KeysOrigin } {
  const { tensors, metadata } = decodeSafeTensors(file);
  const { format, version, backbone, layer, facet, image_width, image_height, image_sha256, image_window } = metadata;
  if (format !== 'saltworks-keys' || version !== '1') {
    throw new InvalidInputError(`format ${format} version ${version}; expected saltworks-keys version 1`);
  }
  const tensor = tensors.get('keys');
  if (tensor?.dtype !== 'F16' || tensor.shape.length !== 3 || tensor.shape.includes(0)) {
    throw new InvalidInputError(
      `keys ${tensor ? `${tensor.dtype} [${tensor.shape}]` : 'missing'}; expected F16 [h, w, d]`,
    );
  }
  if (facet !== 'key' && facet !== 'query' && facet !== 'value') {
    throw new InvalidInputError(`facet ${facet}; expected key, query or value`);
  }
  const count = (name: string, text: string) => {
    const value = Number(text);
    if (!Number.isInteger(value) || value < 0) throw new InvalidInputError(`${name} ${text}; expected a whole number`);
    return value;
  };
  const [h, w, d] = tensor.shape;
  return {
    keys: { data: readFloats(tensor), h, w, d },
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
