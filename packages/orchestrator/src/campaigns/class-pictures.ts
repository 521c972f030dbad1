/** Example pictures of a campaign's classes. They are kept as long as the campaign, since earlier versions of its classes show them. */
import type { LabelCategory } from '@saltworks/contract/api/campaigns';
import { classPictureLimits } from '@saltworks/contract/api/class-pictures';
import { classPictureKey } from '@saltworks/contract/layout';
import { inOrder } from '@saltworks/store/in-order';
import { sha256Of } from '@saltworks/store/objects/canonical';
import type { ObjectStore } from '@saltworks/store/objects/store';
import { slots } from '../concurrency/slots.ts';
import { ConflictError, inputIsConflict } from '../errors.ts';

/** Makes a picture of a file that somebody sent: WebP within `classPictureLimits`. @throws InvalidInputError */
export type ShrinkPicture = (file: Uint8Array) => Promise<Uint8Array>;

/** Decodings side by side: each may hold as many pixels as are allowed. */
const slot = slots(2);

/** Calls to the store side by side. */
const atOnce = 16;

/**
 * Keeps a picture, which no class has yet.
 *
 * @returns its name, and how many bytes are kept
 * @throws ConflictError if it is none, or too large
 */
export async function keepPicture(
  { store, shrinkPicture }: { store: ObjectStore; shrinkPicture: ShrinkPicture },
  campaign: string,
  { length = 0, chunks }: Sent,
): Promise<{ picture: string; bytes: number }> {
  expectBytes(length);
  const file = await gather(chunks);
  const made = await slot(() => shrinkPicture(file)).catch(inputIsConflict);
  const picture = sha256Of(made);
  await store.put(classPictureKey(campaign, picture), made);
  return { picture, bytes: made.length };
}

/** A file as it arrives. @property length bytes, where its sender says how many */
interface Sent {
  length: number | undefined;
  chunks: AsyncIterable<Uint8Array> | undefined;
}

/** @throws ConflictError if a file has more than it may */
function expectBytes(bytes: number): void {
  const { bytes: most } = classPictureLimits;
  if (bytes > most) throw new ConflictError(`${bytes} bytes or more; expected at most ${most}`);
}

async function gather(chunks: Sent['chunks']): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of chunks ?? []) {
    bytes += chunk.length;
    expectBytes(bytes);
    parts.push(chunk);
  }
  if (bytes === 0) throw new ConflictError('no bytes; expected a JPEG, PNG or WebP');
  return Buffer.concat(parts);
}

/** @throws ConflictError for a picture that was not sent to this campaign @param before classes as they are */
export async function expectPictures(
  store: ObjectStore,
  { id, categories: before }: { id: string; categories: readonly LabelCategory[] },
  after: readonly LabelCategory[],
): Promise<void> {
  const known = new Set(before.flatMap(({ pictures = [] }) => pictures.map(({ picture }) => picture)));
  const asked = after.flatMap(({ name, pictures = [] }) => pictures.map(({ picture }) => ({ name, picture })));
  const look = async ({ name, picture }: (typeof asked)[number]) => {
    if (known.has(picture) || (await store.head(classPictureKey(id, picture)))) return;
    throw new ConflictError(`class ${name} has picture ${picture}; expected one that was sent to this campaign`);
  };
  for await (const _ of inOrder(asked, atOnce, look));
}
