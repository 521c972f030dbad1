/** Keys of a sample: computed where they are missing, and timed. */
import { type DecodedImage, decodeImage } from '@saltworks/backbone/image/decode';
import { type BakeoffImage, type BakeoffKeys, bakeoffKeys } from '@saltworks/contract/documents/bakeoffs';
import { bakeoffPartKey, keysKey } from '@saltworks/contract/layout';
import type { Tally } from '@saltworks/contract/messages/activities';
import type { BakeoffPart } from '@saltworks/contract/messages/bakeoff';
import type { Keys } from '@saltworks/core/keys/keys';
import { readPlan } from '@saltworks/store/bakeoffs/bakeoffs';
import { readDocument } from '@saltworks/store/objects/documents';
import { findKeys, type KeysDeps } from '../cached-keys.ts';
import { noteKeySet } from '../key-sets.ts';
import { fileOf } from '../keys-file.ts';
import type { KeysSource } from '../keys-source.ts';
import { failureOf, type Pulse } from '../shard.ts';

/** Decoded images in memory at a time: as many as a run has under way. */
const ATONCE = 4;

/**
 * Stores the keys of some images of the sample, as `extract` would, which finds them there later. No report says that a
 * shard has them, so nothing takes them for a full set.
 *
 * The first images of a variant go through the backbone even where their keys are there, after one that does not count: so
 * that every variant's seconds are known, on a machine that is warm.
 */
export async function extractSample(
  { store, keys, readObject, maxPixels }: KeysDeps,
  { subject, bakeoff, variant, from, to }: BakeoffPart,
  { beat, signal, attempt }: Pick<Pulse, 'beat' | 'signal' | 'attempt'>,
): Promise<Tally> {
  const partKey = bakeoffPartKey(subject, bakeoff, 'keys', { variant, from });
  const before = await readDocument(store, partKey, bakeoffKeys, { signal });
  if (before) return tallyOf(before);
  const plan = await readPlan(store, subject, bakeoff, { signal });
  const { extract, keys: id } = plan.variants[variant];
  const part: BakeoffKeys = {
    version: 1,
    images: [],
    timed: 0,
    seconds: 0,
    device: null,
    precision: null,
    failures: [],
  };

  let source: KeysSource | undefined;
  const open = async () => {
    const opened = await keys.open(extract);
    await noteKeySet(store, extract, opened, { signal });
    part.device = opened.device ?? null;
    part.precision = opened.precision ?? null;
    return opened;
  };
  const failed = (image: BakeoffImage, error: unknown) => {
    signal.throwIfAborted();
    const { reason } = failureOf(image, error, attempt);
    part.failures.push({ id: image.id, reason });
  };

  /** An image that goes through the backbone. */
  interface Due {
    image: BakeoffImage;
    cached: boolean;
    pixels: DecodedImage;
  }
  async function due(image: BakeoffImage): Promise<Due | undefined> {
    const cached = (await findKeys(store, id, image.sha256, signal)) !== undefined;
    if (cached && from > 0) {
      part.images.push({ id: image.id, bytes: await sizeOf(image), cached });
      return undefined;
    }
    try {
      return { image, cached, pixels: await decodeImage(await readObject(image.object, signal), { maxPixels }) };
    } catch (error) {
      failed(image, error);
      return undefined;
    }
  }
  const sizeOf = async ({ sha256 }: BakeoffImage) => (await store.head(keysKey(id, sha256), { signal }))?.size ?? 0;

  const images = plan.images.slice(from, to);
  for (let i = 0; i < images.length; i += ATONCE) {
    const wanted = (await Promise.all(images.slice(i, i + ATONCE).map(due))).filter((one) => one !== undefined);
    if (wanted.length === 0) continue;
    if (!source) {
      source = await open();
      // Its first inference makes room; only a failure of its own matters, and comes again.
      if (from === 0) await source.extract(wanted[0].pixels, signal).catch(() => {});
      signal.throwIfAborted();
    }
    const opened = source;
    const start = performance.now();
    const made = await Promise.all(
      wanted.map(({ image, pixels }) =>
        opened.extract(pixels, signal).catch((error) => {
          failed(image, error);
          return undefined;
        }),
      ),
    );
    const through = made.filter((keys) => keys !== undefined).length;
    part.timed += through;
    if (through > 0) part.seconds += (performance.now() - start) / 1000;
    for (const [k, { image, cached, pixels }] of wanted.entries()) {
      const keys: Keys | undefined = made[k];
      if (!keys) continue;
      const file = fileOf(keys, opened, { sha256: image.sha256, pixels }, extract);
      if (!cached) await store.put(keysKey(id, image.sha256), file, { signal });
      part.images.push({ id: image.id, bytes: cached ? await sizeOf(image) : file.length, cached });
      beat({ next: part.images.length, done: part.images.length });
    }
  }
  part.images.sort((a, b) => a.id - b.id);
  part.failures.sort((a, b) => a.id - b.id);
  await store.put(partKey, JSON.stringify(part), { signal });
  return tallyOf(part);
}

function tallyOf({ images, failures }: BakeoffKeys): Tally {
  const cached = images.filter(({ cached }) => cached).length;
  return {
    ...{ images: images.length + failures.length, done: images.length - cached, cached },
    failed: failures.length,
  };
}
