import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BuildImage, BuildSettings, SnapshotImage } from '@saltworks/contract/documents/builds';
import { presets } from '@saltworks/core/options';
import { readBuild, writeSnapshot } from '@saltworks/store/builds/builds';
import { readBuildLines } from '@saltworks/store/builds/lines';
import { CODE_VERSION, maskId, maskOf, recipeName } from '@saltworks/store/builds/mask-names';
import { fileStore } from '@saltworks/store/objects/files/file-store';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { planBuild } from '../../src/relabel/plan-build.ts';

const subject = { kind: 'campaign', name: 'pans' } as const;
const folders: string[] = [];
let store: ReturnType<typeof fileStore>;
beforeEach(() => {
  const folder = mkdtempSync(join(tmpdir(), 'saltworks-plan-'));
  folders.push(folder);
  store = fileStore(folder);
});
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

function settingsOf(layer: number, preset: 'best' | 'paper' = 'best'): BuildSettings {
  const options = presets[preset];
  const recipe = recipeName(`b-layer${layer}`, options);
  return { extract: { backbone: 'b', layer, facet: 'key' }, preset, options, recipe, code: CODE_VERSION };
}
const before = settingsOf(11);
const after = settingsOf(9);

const drawing = (digit: string, by = 'ann') => ({ strokes: digit.repeat(64), extension: '.json' as const, by });

function image(id: number, drawings: BuildImage['drawings'], more: Partial<SnapshotImage> = {}): SnapshotImage {
  const sha256 = id.toString(16).repeat(64).slice(0, 64);
  const mask = maskOf({ sha256, drawings }, before);
  return {
    ...{ id, sha256, name: `${id}.png`, object: `images/${id}.png`, drawings },
    ...(mask !== undefined && { shown: { mask, drawings, settings: 0 } }),
    ...more,
  };
}

async function planned(images: SnapshotImage[][], keep: 'accepted' | 'none' = 'accepted', settings = after) {
  const { snapshot } = await writeSnapshot(store, { subject, dataset: 'd', settings: [before] }, images);
  const build = await planBuild(store, snapshot, { settings, keep });
  const lines = await Promise.all(build.lines.map((sha256) => readBuildLines(store, sha256)));
  return { build, lines };
}

test('every image with strokes gets the mask that the new settings name, and the build lies in the store', async () => {
  const images = [[image(1, [drawing('1')])], [], [image(2, [drawing('2')]), image(3, [])]];
  const { build, lines } = await planned(images);
  expect(build).toMatchObject({ subject, dataset: 'd', settings: [after], images: 2, kept: 0 });
  expect(lines.map((shard) => shard.map(({ id, mask, settings }) => [id, mask, settings]))).toEqual([
    [[1, maskId(images[0][0].sha256, '1'.repeat(64), after.recipe), 0]],
    [],
    [[2, maskId(images[2][0].sha256, '2'.repeat(64), after.recipe), 0]],
  ]);
  expect(await readBuild(store, subject, build.id)).toEqual(build);
});

test('the same strokes and settings are the same build, whenever it is planned', async () => {
  const images = [[image(1, [drawing('1')]), image(2, [drawing('2')])]];
  const { build } = await planned(images);
  expect((await planned(images)).build).toEqual(build);
  expect((await planned([[images[0][0]]])).build.id).not.toBe(build.id);
  expect((await planned(images, 'accepted', settingsOf(9, 'paper'))).build.id).not.toBe(build.id);
});

test('a mask that a person accepted stays, with what the new settings would give beside it, unless none is kept', async () => {
  const plain = image(1, [drawing('1')]);
  const accepted = { ...plain, shown: { ...plain.shown!, accepted: true as const } };
  const kept = await planned([[accepted, image(2, [drawing('2')])]]);
  const offered = maskOf(plain, after);
  expect(kept.build).toMatchObject({ settings: [after, before], images: 2, kept: 1 });
  expect(kept.lines[0][0]).toMatchObject({ mask: plain.shown!.mask, settings: 1, kept: 'accepted', offered });
  expect(kept.lines[0][1]).not.toHaveProperty('kept');
  const none = await planned([[accepted]], 'none');
  expect(none.build).toMatchObject({ settings: [after], kept: 0 });
  expect(none.lines[0][0].mask).toBe(offered);
});

test('an accepted mask that the same settings give is offered nothing, and its settings count once', async () => {
  const plain = image(1, [drawing('1')]);
  const accepted = { ...plain, shown: { ...plain.shown!, accepted: true as const } };
  const { build, lines } = await planned([[accepted]], 'accepted', before);
  expect(build.settings).toEqual([before]);
  expect(lines[0][0]).toMatchObject({ mask: plain.shown!.mask, settings: 0, kept: 'accepted' });
  expect(lines[0][0]).not.toHaveProperty('offered');
});

test('several annotators’ strokes name one mask together, and each one’s own', async () => {
  const drawings = [
    { ...drawing('1', 'ann'), weight: 1 },
    { ...drawing('2', 'ben'), weight: 0.5 },
  ];
  const { lines } = await planned([[image(1, drawings, { consensus: true, shown: undefined })]]);
  const [line] = lines[0];
  expect(line.mask).toBe(maskOf({ sha256: line.sha256, drawings, consensus: true }, after));
  expect(line.drawings.map(({ mask }) => mask)).toEqual(
    drawings.map(({ strokes }) => maskId(line.sha256, strokes, after.recipe)),
  );
});

test('a mask of which nobody knows the strokes stays as it is', async () => {
  const shown = { mask: 'e'.repeat(64), drawings: [], settings: null };
  const { build, lines } = await planned([[image(1, [], { shown }), image(2, [drawing('2')])]]);
  expect(lines[0][0]).toMatchObject({ mask: shown.mask, drawings: [], settings: null });
  expect(build.kept).toBe(0);
});

test('without strokes there is nothing to plan', async () => {
  await expect(planned([[image(1, [])]])).rejects.toThrow('campaign pans has no strokes; expected some');
});
