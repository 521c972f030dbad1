/** Strokes as builds use them: copies that stay, whatever becomes of drawings and scribbles. */
import { type ScribblesExtension, strokesKey } from '@saltworks/contract/layout';
import { sha256Of } from '../objects/canonical.ts';
import type { CallOptions, ObjectStore } from '../objects/store.ts';

/** Keeps a copy. @returns the sha256 that names it, hex */
export async function keepStrokes(
  store: ObjectStore,
  bytes: Uint8Array | string,
  extension: ScribblesExtension,
  options?: CallOptions,
): Promise<string> {
  const strokes = sha256Of(bytes);
  await store.putIfAbsent(strokesKey(strokes, extension), bytes, options);
  return strokes;
}

/** @throws ObjectMissingError if no build has used them */
export const readStrokes = (
  store: ObjectStore,
  { strokes, extension }: { strokes: string; extension: ScribblesExtension },
  options?: CallOptions,
): Promise<Uint8Array> => store.get(strokesKey(strokes, extension), options);
