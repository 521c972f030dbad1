import type { BuildInfo } from '@saltworks/contract/api/builds';
import { getBuildShown, getBuilds } from '@saltworks/contract/api/builds';
import { expect, test } from 'vitest';
import type { Api } from '../src/api.ts';
import { buildNamed } from '../src/builds.ts';

const ids = ['0123456789abcdef', '0123ffffffffffff', 'abcd000000000000'];
const builds = ids.map((id) => ({ id }) as BuildInfo);

/** One build a page. @param shown the one that is shown */
const serving = (shown?: BuildInfo): Api =>
  (async (endpoint: object, { query }: { query?: { after?: string } }) => {
    if (endpoint === getBuildShown) return { build: shown ?? null };
    expect(endpoint).toBe(getBuilds);
    const at = Number(query?.after ?? 0);
    return { items: [builds[at]], next: at + 1 < builds.length ? String(at + 1) : null };
  }) as never;

const of = { name: 'pets', subject: 'campaign:pets' };

test('a build is meant by its id, by first digits that no other has, or as the one that is shown', async () => {
  expect(await buildNamed(serving(), of, '01234')).toBe(ids[0]);
  expect(await buildNamed(serving(), of, 'abcd')).toBe(ids[2]);
  expect(await buildNamed(serving(builds[1]), of, undefined)).toBe(ids[1]);
  // The server says whether there is one of a whole id.
  expect(await buildNamed(serving(), of, 'f'.repeat(16))).toBe('f'.repeat(16));
});

test.each([
  ['0123', '2 builds of pets begin with 0123'],
  ['ffff', 'no build ffff of pets'],
  ['012', 'no build 012 of pets'],
  ['ABCD', 'no build ABCD of pets'],
  [undefined, 'pets shows no build yet'],
])('%s means none', async (given, message) => {
  await expect(buildNamed(serving(), of, given)).rejects.toThrow(message);
});
