/** The file of an image's keys, computed now. */
import type { DecodedImage } from '@saltworks/backbone/image/decode';
import type { ExtractSettings } from '@saltworks/contract/options';
import { encodeKeys, windowText } from '@saltworks/core/formats/keys';
import type { KeysSource } from './keys-source.ts';

export async function keysFile(
  source: KeysSource,
  { sha256, pixels }: { sha256: string; pixels: DecodedImage },
  { backbone, facet, codec }: ExtractSettings,
  signal: AbortSignal,
): Promise<Uint8Array> {
  const { width, height, window } = pixels;
  const origin = { backbone, layer: source.layer, facet, image: { width, height }, imageSha256: sha256 };
  return encodeKeys(await source.extract(pixels, signal), { ...origin, window: windowText(window) }, codec);
}
