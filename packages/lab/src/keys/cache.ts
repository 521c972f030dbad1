/** Keys of images, kept in a folder in half precision: extracted once, whatever protocols and runs ask for them. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { BackboneSpec } from '@saltworks/backbone/registry/entries';
import { type FacetsSession, openFacets } from '@saltworks/backbone/session/session';
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

/** Keeps a file of an image's keys that was made elsewhere. */
export const keepKeys = (
  folder: string,
  backbones: Backbones,
  sha256: string,
  choice: KeysChoice,
  file: Uint8Array,
): Promise<void> => writeWhole(pathOf(folder, specOf(backbones, choice), sha256, choice), file);

const isSize = ({ image }: KeysOrigin, { width, height }: Case['image']) =>
  image.width === width && image.height === height;

export interface Extractor {
  /** Adds an image's keys to the folder: those that are not there, in as few inferences as they take. */
  add(one: Pick<Case, 'sha256' | 'image'>): Promise<void>;
  close(): Promise<void>;
}

/** Choices of one backbone each, in the order in which they come. */
export function byBackbone(choices: readonly KeysChoice[]): KeysChoice[][] {
  const found = new Map<string | undefined, KeysChoice[]>();
  for (const choice of choices) found.set(choice.backbone, [...(found.get(choice.backbone) ?? []), choice]);
  return [...found.values()];
}

/** @param choices of one backbone, which is opened for their layers and facets when keys are missing */
export function openExtractor(folder: string, backbones: Backbones, choices: readonly KeysChoice[]): Extractor {
  const spec = specOf(backbones, choices[0]);
  const wantedOf = ({ layer = spec.layer, facet = spec.facet ?? 'key' }: KeysChoice) => ({ layer, facet });
  const nameOf = (choice: KeysChoice) => JSON.stringify(wantedOf(choice));
  const wanted = new Map(choices.map((choice) => [nameOf(choice), wantedOf(choice)]));
  const places = new Map([...wanted.keys()].map((name, place) => [name, place]));
  let open: Promise<FacetsSession> | undefined;
  return {
    async add(one) {
      const { sha256, image } = one;
      const missing: KeysChoice[] = [];
      for (const choice of choices) if (!(await cachedKeys(folder, backbones, one, choice))) missing.push(choice);
      if (missing.length === 0) return;
      open ??= openFacets(spec, [...wanted.values()]);
      const session = await open;
      const size = { width: image.width, height: image.height };
      const window = windowText((image as { window?: ValueWindow }).window);
      /** Keys of all layers and facets, by the size of the image and the way to the nodes. */
      const extracted = new Map<string, Keys[]>();
      for (const choice of missing) {
        const { longSide, doubling } = choice;
        const way = JSON.stringify([longSide, doubling]);
        const all = extracted.get(way) ?? (await session.extract(image, { longSide, doubling }));
        extracted.set(way, all);
        const place = places.get(nameOf(choice))!;
        const origin = {
          ...{ backbone: spec.id, ...session.facts.outputs[place] },
          ...{ image: size, imageSha256: sha256, window },
        };
        await writeWhole(pathOf(folder, spec, sha256, choice), encodeKeys(all[place], origin));
      }
    },
    async close() {
      await (await open?.catch(() => undefined))?.close();
    },
  };
}
