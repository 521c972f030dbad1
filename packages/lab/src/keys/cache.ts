/** Keys of images, kept in a folder in half precision: extracted once, whatever protocols and runs ask for them. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { BackboneSpec } from '@saltworks/backbone/registry/entries';
import { type KeySession, openSession } from '@saltworks/backbone/session/session';
import { InvalidInputError } from '@saltworks/contract/errors';
import { keysId, keysKey } from '@saltworks/contract/layout';
import { decodeKeys, encodeKeys, type KeysOrigin, windowText } from '@saltworks/core/formats/keys';
import type { ValueWindow } from '@saltworks/core/image/image';
import type { Keys } from '@saltworks/core/keys/keys';
import type { Case } from '../dataset/case.ts';
import { writeWhole } from '../files.ts';
import type { KeysChoice, ProtocolSettings } from '../protocols/protocol.ts';

type Backbones = Pick<ProtocolSettings, 'spec' | 'installed'>;

/** @throws Error if it is not here */
function specOf({ spec, installed }: Backbones, { backbone = spec.id }: KeysChoice): BackboneSpec {
  const found = [spec, ...installed].find(({ id }) => id === backbone);
  if (!found) throw new Error(`no backbone ${backbone} here; expected one that is installed`);
  return found;
}

/** Where an image's keys are kept. */
function pathOf(folder: string, spec: BackboneSpec, sha256: string, choice: KeysChoice): string {
  const { layer, facet = spec.facet ?? 'key', longSide, doubling } = choice;
  const set = keysId(spec.id, { layer, facet, longSide });
  return join(folder, keysKey(doubling === undefined ? set : `${set}-${doubling}`, sha256));
}

/** An image's keys, if the folder has them undamaged. */
export async function cachedKeys(
  folder: string,
  backbones: Backbones,
  { sha256, image }: Pick<Case, 'sha256' | 'image'>,
  choice: KeysChoice,
): Promise<Keys | undefined> {
  const spec = specOf(backbones, choice);
  const file = await readFile(pathOf(folder, spec, sha256, choice)).catch(() => undefined);
  if (!file) return undefined;
  try {
    const { keys, origin } = decodeKeys(file);
    return origin.imageSha256 === sha256 && isSize(origin, image) ? keys : undefined;
  } catch (error) {
    if (error instanceof InvalidInputError) return undefined;
    throw error;
  }
}

const isSize = ({ image }: KeysOrigin, { width, height }: Case['image']) =>
  image.width === width && image.height === height;

export interface Extractor {
  /** Adds an image's keys to the folder, unless they are there. */
  add(one: Case, choice: KeysChoice): Promise<void>;
  close(): Promise<void>;
}

/** Opens one backbone at a time, layer by layer: ask for all images of one choice before the next. */
export function openExtractor(folder: string, backbones: Backbones): Extractor {
  let open: { name: string; session: Promise<KeySession> } | undefined;
  const close = async () => {
    const closing = open;
    open = undefined;
    await (await closing?.session.catch(() => undefined))?.close();
  };
  const sessionOf = async (spec: BackboneSpec, { layer = spec.layer, facet = spec.facet ?? 'key' }: KeysChoice) => {
    const name = `${spec.id} ${layer} ${facet}`;
    if (open?.name !== name) {
      const closed = close();
      open = { name, session: closed.then(() => openSession(spec, { layer, facet })) };
    }
    return open.session;
  };
  return {
    async add(one, choice) {
      const spec = specOf(backbones, choice);
      if (await cachedKeys(folder, backbones, one, choice)) return;
      const session = await sessionOf(spec, choice);
      const { longSide, doubling } = choice;
      const { sha256, image } = one;
      const keys = await session.extract(image, { longSide, doubling });
      const { layer, facet } = session.facts;
      const size = { width: image.width, height: image.height };
      const window = windowText((image as { window?: ValueWindow }).window);
      const origin = { backbone: spec.id, layer, facet, image: size, imageSha256: sha256, window };
      await writeWhole(pathOf(folder, spec, sha256, choice), encodeKeys(keys, origin));
    },
    close,
  };
}
