/** What stored masks were made with, worked out from their documents. */
import type { BuildSettings, Drawing } from '@saltworks/contract/documents/builds';
import type { Lineage } from '@saltworks/contract/documents/key-sets';
import { maskDocument } from '@saltworks/contract/documents/masks';
import { defaultPreset } from '@saltworks/contract/kinds';
import { keysId, maskKey } from '@saltworks/contract/layout';
import { type ExtractSettings, segmentOptions } from '@saltworks/contract/options';
import * as z from '@saltworks/contract/zod';
import { CODE_VERSION, maskOf, recipeName } from '@saltworks/store/builds/mask-names';
import { lineageOf } from '@saltworks/store/datasets/key-sets';
import { canonical } from '@saltworks/store/objects/canonical';
import { readDocument } from '@saltworks/store/objects/documents';
import type { ObjectStore } from '@saltworks/store/objects/store';
import { originOf } from '../datasets/mask-sets.ts';

/** Settings of a build, each once, in the order in which they are met. */
export class SettingsList {
  readonly all: BuildSettings[];

  constructor(first: readonly BuildSettings[]) {
    this.all = [...first];
  }

  /** @returns their place */
  place(settings: BuildSettings): number {
    const found = this.all.findIndex((known) => nameOf(known) === nameOf(settings));
    return found >= 0 ? found : this.all.push(settings) - 1;
  }
}

/** A recipe says it all; where it is not known, the settings do. */
const nameOf = ({ recipe, extract, options }: BuildSettings) =>
  recipe === '' ? canonical([extract, options]) : recipe;

interface Made {
  sha256: string;
  mask: string;
  drawings: Drawing[];
  consensus?: true;
}

export interface Origins {
  /**
   * @param made a mask, and the strokes that it is thought to be made of
   * @returns settings null where nobody knows; whether these strokes and settings give the mask's name. Undefined if the mask
   * is not there.
   */
  of(made: Made): Promise<{ settings: BuildSettings | null; proven: boolean } | undefined>;
}

/** Reads what masks are made with: masks of the same keys ask the store once for these. */
export function openOrigins(store: ObjectStore): Origins {
  const lineages = new Map<string, Promise<Lineage | undefined>>();

  return {
    async of(made) {
      const document = await readDocument(store, maskKey(made.mask, '.json'), maskDocument);
      if (!document) return undefined;
      const { backbone: keys, ...parameters } = document.parameters ?? {};
      const options = z.safeParse(segmentOptions, parameters).data;
      if (keys === undefined || !options) return { settings: null, proven: false };
      const noted = lineages.get(keys) ?? lineageOf(store, keys);
      lineages.set(keys, noted);
      const lineage = document.keys ?? (await noted);
      const code = versionOf(made, keys, options);
      const settings: BuildSettings = {
        extract: extractOf(keys, lineage),
        ...(lineage && { keys: lineage }),
        preset: originOf(document.parameters).preset ?? defaultPreset,
        options,
        recipe: code === null ? '' : recipeName(keys, options, code),
        code,
      };
      return { settings, proven: code !== null };
    },
  };
}

/** The version of the code that gives a mask its name; null where none does. */
function versionOf(made: Made, keys: string, options: BuildSettings['options']): number | null {
  for (let code = CODE_VERSION; code > 0; code--) {
    if (maskOf(made, { recipe: recipeName(keys, options, code) }) === made.mask) return code;
  }
  return null;
}

/** The settings of extraction that give an id of keys. */
function extractOf(keys: string, made: Lineage | undefined): ExtractSettings {
  if (!made) return { backbone: keys, facet: 'key' };
  const { backbone, facet, layer, long_side: longSide, codec } = made;
  for (const own of [{}, { layer }]) {
    for (const size of [{}, { longSide }]) {
      for (const kept of [{}, { codec }]) {
        const extract = { backbone, facet, ...own, ...size, ...kept };
        if (keysId(backbone, extract) === keys) return extract;
      }
    }
  }
  return { backbone: keys, facet };
}
