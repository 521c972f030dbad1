/** Keys for an image as it is seen now. */
import { InvalidInputError } from '@saltworks/contract/errors';
import { decodeKeys, keysFit, type SeenImage } from '@saltworks/core/formats/keys';
import type { Keys } from '@saltworks/core/keys/keys';

/** @throws InvalidInputError if this is no keys file, or its keys were computed from another view of the image */
export function fittingKeys(file: Uint8Array, image: SeenImage): Keys {
  const { keys, origin } = decodeKeys(file);
  if (keysFit(origin, image)) return keys;
  throw new InvalidInputError(
    `keys of ${origin.image.width} × ${origin.image.height} pixels, values ${origin.window ?? 'as an earlier version saw them'}; expected those of the picture as it is seen now (saltworks extract DATASET)`,
  );
}
