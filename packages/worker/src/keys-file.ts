/** The file of an image's keys, computed now. */
import type { DecodedImage } from '@saltworks/backbone/image/decode';
import type { ExtractSettings } from '@saltworks/contract/options';
import { encodeKeys, windowText } from '@saltworks/core/formats/keys';
import type { Keys } from '@saltworks/core/keys/keys';
import type { KeysSource } from './keys-source.ts';

interface Seen {
  sha256: string;
  pixels: DecodedImage;
}

export const keysFile = async (
  source: KeysSource,
  image: Seen,
  settings: ExtractSettings,
  signal: AbortSignal,
): Promise<Uint8Array> => fileOf(await source.extract(image.pixels, signal), source, image, settings);

/** @param keys of the image, by the source */
export function fileOf(
  keys: Keys,
  { layer }: Pick<KeysSource, 'layer'>,
  { sha256, pixels: { width, height, window } }: Seen,
  { backbone, facet, codec }: ExtractSettings,
): Uint8Array {
  const origin = { backbone, layer, facet, image: { width, height }, imageSha256: sha256 };
  return encodeKeys(keys, { ...origin, window: windowText(window) }, codec);
}
