import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BuildImage, BuildSettings, SnapshotImage } from '@saltworks/contract/documents/builds';
import { buildKey, maskKey, maskReportKey, strokesKey } from '@saltworks/contract/layout';
import { solveOptions } from '@saltworks/core/options';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readBuild, readSnapshot, writeBuild, writeSnapshot } from '../../src/builds/builds.ts';
import { readBuildLines, readSnapshotLines } from '../../src/builds/lines.ts';
import { recipeName } from '../../src/builds/mask-names.ts';
import { putBuildReport, readBuildReport, reportOf } from '../../src/builds/reports.ts';
import { keepStrokes, readStrokes } from '../../src/builds/strokes.ts';
import { sha256Of } from '../../src/objects/canonical.ts';
import { fileStore } from '../../src/objects/files/file-store.ts';
import { ObjectMissingError, type ObjectStore } from '../../src/objects/store.ts';
import { text } from '../bytes.ts';

let root: string;
let store: ObjectStore;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'saltworks-builds-'));
  store = fileStore(root);
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const subject = { kind: 'campaign', name: 'salt' } as const;
const options = solveOptions('best', { sigma: 0.15 });
const settings: BuildSettings[] = [
  {
    extract: { backbone: 'tiny', facet: 'key' },
    preset: 'best',
    options,
    recipe: recipeName('tiny', options),
    code: 5,
  },
];
const lineOf = (id: number, more: Partial<BuildImage> = {}): BuildImage => ({
  id,
  sha256: sha256Of(`image ${id}`),
  name: `${id}.png`,
  object: `images/${id}.png`,
  mask: sha256Of(`mask ${id}`),
  drawings: [{ strokes: sha256Of(`strokes ${id}`), extension: '.json', by: 'ann', assignment: 'a1', n: 3 }],
  settings: 0,
  ...more,
});

test('a build is named by its content: the same in whatever order its fields come, another once a line differs', async () => {
  const head = { subject, dataset: 'pans', settings };
  const made = await writeBuild(store, head, [[lineOf(1), lineOf(2, { kept: 'accepted' })], [], [lineOf(3)]]);
  expect(made).toMatchObject({
    version: 1,
    ...head,
    images: 3,
    kept: 1,
    lines: [expect.any(String), null, expect.any(String)],
  });
  expect(made.id).toMatch(/^[0-9a-f]{16}$/);
  expect(await readBuild(store, subject, made.id)).toEqual(made);
  expect(await readBuildLines(store, made.lines[0])).toEqual([lineOf(1), lineOf(2, { kept: 'accepted' })]);
  expect(await readBuildLines(store, null)).toEqual([]);

  const reversed = (value: object) => Object.fromEntries(Object.entries(value).reverse());
  const bytes = text(await store.get(buildKey(subject, made.id)));
  const again = await writeBuild(
    store,
    { settings: [reversed(settings[0]) as BuildSettings], dataset: 'pans', subject },
    [[reversed(lineOf(1)) as BuildImage, lineOf(2, { kept: 'accepted' })], [], [lineOf(3)]],
  );
  expect(again).toEqual(made);
  expect(text(await store.get(buildKey(subject, made.id)))).toBe(bytes);

  const other = await writeBuild(store, head, [[lineOf(1), lineOf(2)], [], [lineOf(3)]]);
  expect(other.id).not.toBe(made.id);
  await expect(readBuild(store, { kind: 'dataset', name: 'salt' }, made.id)).rejects.toThrow(
    `no build ${made.id} of dataset salt; expected one that was planned`,
  );
});

test('a snapshot is named by its bytes', async () => {
  const { mask, settings: of, ...image } = lineOf(1);
  const line: SnapshotImage = { ...image, shown: { mask, drawings: image.drawings, settings: of, accepted: true } };
  const { name, snapshot } = await writeSnapshot(store, { subject, dataset: 'pans', settings }, [[line], []]);
  expect(await readSnapshot(store, name)).toEqual(snapshot);
  expect(await readSnapshotLines(store, snapshot.lines[0])).toEqual([line]);
  expect(await writeSnapshot(store, { subject, dataset: 'pans', settings }, [[line], []])).toMatchObject({ name });
  await expect(readSnapshot(store, 'f'.repeat(64))).rejects.toThrow('no snapshot ffff');
});

test('strokes are kept once, under the hash of their bytes', async () => {
  const strokes = await keepStrokes(store, '{"strokes":[]}', '.json');
  expect(strokes).toBe(sha256Of('{"strokes":[]}'));
  expect(await keepStrokes(store, '{"strokes":[]}', '.json')).toBe(strokes);
  expect(text(await readStrokes(store, { strokes, extension: '.json' }))).toBe('{"strokes":[]}');
  expect(await store.head(strokesKey(strokes, '.json'))).toBeDefined();
});

test('the report of a build names every mask, the hash of its PNG, and all categories', async () => {
  const put = async ({ id, mask, sha256, name }: BuildImage, category: string) => {
    await store.put(maskKey(mask, '.png'), `png ${id}`);
    const document = {
      ...{ version: 1, image: { file_name: name, width: 1, height: 1, sha256 }, file_name: `${mask}.png` },
      ...{ segments_info: [], categories: [{ id: 1, name: category, isthing: 1 }], warnings: [] },
      nodes: { height: 1, width: 1, iterations: 0, converged: true },
    };
    await store.put(maskKey(mask, '.json'), JSON.stringify(document));
  };
  const lines = [lineOf(1), lineOf(2)];
  await put(lines[0], 'cup');
  await expect(reportOf(store, lines)).rejects.toThrow(ObjectMissingError);
  await put(lines[1], 'pan');
  const known = new Map([[lines[1].mask, 'known']]);
  const failures = [{ sha256: sha256Of('image 3'), name: '3.png', reason: 'broken', permanent: true }];
  const report = await reportOf(store, lines, { known, failures });
  expect(report).toEqual({
    version: 1,
    images: 3,
    failures,
    categories: [
      { id: 1, name: 'cup', isthing: 1 },
      { id: 2, name: 'pan', isthing: 1 },
    ],
    masks: [
      { id: 1, sha256: lines[0].sha256, name: '1.png', mask: lines[0].mask, content: sha256Of('png 1') },
      { id: 2, sha256: lines[1].sha256, name: '2.png', mask: lines[1].mask, content: 'known' },
    ],
  });
  const build = await writeBuild(store, { subject, dataset: 'pans', settings }, [lines]);
  expect(await readBuildReport(store, build, 0)).toBeUndefined();
  await putBuildReport(store, build, 0, report);
  expect(await readBuildReport(store, build, 0)).toEqual(report);
  expect(await store.head(maskReportKey('pans', `campaign-salt.${build.id}`, 0))).toBeDefined();
});
