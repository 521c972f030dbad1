import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, posix } from 'node:path';
import { decodeImage } from '@saltworks/backbone/image/decode';
import type { CalledClass } from '@saltworks/contract/documents/classes';
import { exportPlan, exportSummary } from '@saltworks/contract/documents/exports';
import { maskReport, shardReport } from '@saltworks/contract/documents/reports';
import { type ExportFormat, exportFormatNames } from '@saltworks/contract/export-formats';
import {
  exportFilesPrefix,
  exportPlanKey,
  exportReportKey,
  exportSummaryKey,
  maskKey,
  maskReportKey,
  scribblesKey,
} from '@saltworks/contract/layout';
import { numberClasses, pinClasses } from '@saltworks/store/datasets/classes';
import { readDataset, readShard } from '@saltworks/store/datasets/dataset';
import { importScribbles } from '@saltworks/store/import/import-scribbles';
import { readDocument } from '@saltworks/store/objects/documents';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { random } from '../../core/test/golden.ts';
import { exportShard, finishExport, prepareExport } from '../src/export.ts';
import { extractShard } from '../src/extract.ts';
import { propagateShard, recipeOf } from '../src/propagate.ts';
import {
  type Engine,
  importFiles,
  objectsBelow,
  openEngine,
  picture,
  pulse,
  removeEngine,
  scribbles,
} from './engine.ts';
import { labelsOf, readings } from './export-readings.ts';

const extract = { backbone: 'dinov2-small-focus', facet: 'key' } as const;
const settings = { extract, preset: 'best', solve: {} } as const;
const { recipe } = recipeOf(settings);
const { signal } = new AbortController();

let engine: Engine;
beforeEach(() => {
  engine = openEngine();
});
afterEach(() => removeEngine(engine));

/** A shade that a name has in whatever order the pictures come. */
const sumOf = (name: string, _: number) => [...name].reduce((sum, c) => sum + c.charCodeAt(0), 0) % 90;

/** Imports pictures by these names in this order. */
async function imported(dataset: string, names: string[], shadeOf = sumOf) {
  const files: Record<string, Uint8Array> = {};
  for (const [i, name] of names.entries()) files[name] = await picture(shadeOf(name, i));
  const images = await importFiles(engine.store, dataset, files);
  await extractShard(engine, { dataset, shard: 0, extract }, pulse());
  return images;
}

/** Draws on an image of a dataset. */
const draw = (dataset: string, { sha256 }: { sha256: string }, category = 'square') => {
  const drawn = scribbles();
  const document = { ...drawn, segments: [{ ...drawn.segments[0], category }] };
  return engine.store.put(scribblesKey(dataset, 0, sha256, '.json'), JSON.stringify(document));
};

/** Texts of objects by their paths below a name. */
const textsBelow = (name: string) =>
  new Map(
    [...objectsBelow(engine.root, [name])].map(([path, hex]) => [
      path.slice(name.length),
      Buffer.from(hex, 'hex').toString(),
    ]),
  );

/** Makes masks of what is drawn, and exports them. @returns the files' texts by their paths, and the tally */
async function exportOf(dataset: string, format: ExportFormat) {
  const request = { dataset, shard: 0 };
  await propagateShard(engine, { ...request, ...settings }, pulse());
  const { id } = await prepareExport(engine.store, { dataset, recipe, format }, signal);
  const tally = await exportShard(engine, { ...request, recipe, format, id }, pulse());
  await finishExport(engine.store, { dataset, format, id }, signal);
  const files = textsBelow(exportFilesPrefix(dataset, id));
  const report = await readDocument(engine.store, exportReportKey(dataset, id, 0), shardReport);
  return { tally, files, failures: report?.failures ?? [] };
}

/** Imports pictures by these names in this order, draws on each, and exports. @returns paths of the export's files, and tallies */
async function exported(dataset: string, names: string[], format: ExportFormat) {
  for (const image of await imported(dataset, names)) await draw(dataset, image);
  const { tally, files } = await exportOf(dataset, format);
  return { tally, found: [...files.keys()].sort() };
}

test('categories are numbered in the order of images, and keep their numbers when later scribbles add more', async () => {
  const names = Array.from({ length: 7 }, (_, i) => `${i}.png`);
  const images = await imported('pans', names);
  for (const i of [3, 4, 5]) await draw('pans', images[i], `c${i}`);
  for (const format of exportFormatNames) {
    const { files } = await exportOf('pans', format);
    const { numbers } = readings[format];
    if (numbers) expect(numbers(files), format).toEqual(['1 c3', '2 c4', '3 c5']);
  }
  for (const i of [6, 1, 0, 2]) await draw('pans', images[i], `c${i}`);
  for (const format of exportFormatNames) {
    const { files, tally } = await exportOf('pans', format);
    expect(tally).toMatchObject({ images: 7, failed: 0 });
    const { numbers } = readings[format];
    const all = ['c3', 'c4', 'c5', 'c0', 'c1', 'c2', 'c6'];
    if (numbers) expect(numbers(files), format).toEqual(all.map((name, i) => `${i + 1} ${name}`));
    if (format === 'yolo-seg') expect(files.get('labels/3.txt')).toMatch(/^0 /);
  }
  // A list that is supplied is another export, though the masks are the same.
  await pinClasses(engine.store, 'pans', [{ id: 1, name: 'c6', isthing: 1 }]);
  const { files, tally } = await exportOf('pans', 'yolo-seg');
  expect(tally).toMatchObject({ images: 7, failed: 0 });
  expect(files.get('labels/6.txt')).toMatch(/^0 /);
});

test('an image of background only is in every export, without segments', async () => {
  const images = await imported('pans', ['a.png', 'b.png']);
  await draw('pans', images[0]);
  const { strokes, ...document } = scribbles();
  const nothing = { ...document, strokes: strokes.filter(({ segment }) => segment === 0) };
  await engine.store.put(scribblesKey('pans', 0, images[1].sha256, '.json'), JSON.stringify(nothing));
  const listed = ({ images, annotations }: { images: object[]; annotations: { image_id: number }[] }) => [
    images.length,
    annotations.map(({ image_id }) => image_id),
  ];
  for (const format of exportFormatNames) {
    const { files, tally } = await exportOf('pans', format);
    expect(tally).toMatchObject({ images: 2, done: 2, failed: 0 });
    if (format === 'coco-instances') expect(listed(JSON.parse(files.get('instances.json')!))).toEqual([2, [1]]);
    if (format === 'coco-panoptic') {
      const panoptic = JSON.parse(files.get('panoptic.json')!);
      expect(listed(panoptic)).toEqual([2, [1, 2]]);
      expect(panoptic.annotations[1]).toMatchObject({ file_name: 'b.png', segments_info: [] });
    }
    if (format === 'voc') expect(files.get('ImageSets/Segmentation/all.txt')).toBe('a\nb\n');
    if (format === 'yolo-seg') expect(files.get('labels/b.txt')).toBe('');
    for (const path of [...files.keys()].filter((path) => path.endsWith('/b.png'))) {
      const [key] = [...objectsBelow(engine.root, ['exports/']).keys()].filter((key) => key.endsWith(path));
      const { data } = await decodeImage(await engine.store.get(key));
      expect(
        data.every((value) => value === 0),
        path,
      ).toBe(true);
    }
  }
});

test.each([
  ['images', ['a.jpg', 'images/train/a.jpg', 'x/images/y/a.jpg', 'b.v2.final.jpg', 'images.jpg', 'labels/c.jpg']],
  ['.', ['images/train/a.jpg', 'images/val/a.b.jpg', 'x/images/y/a.jpg', 'x/images/images/d.jpg']],
])('yolo-seg: labels are where Ultralytics looks for those of pictures below %s', async (folder, names) => {
  for (const image of await imported('pans', names)) await draw('pans', image, image.name);
  const { files } = await exportOf('pans', 'yolo-seg');
  const yaml = files.get('data.yaml')!;
  expect(yaml).toContain(`\ntrain: ${folder}\nval: ${folder}\n`);
  for (const name of names) {
    const label = labelsOf(posix.join('/home/images/export', folder, name));
    const [classOf] = files.get(posix.relative('/home/images/export', label))?.split(' ') ?? [];
    expect(yaml, name).toContain(`\n  ${classOf}: ${JSON.stringify(name)}\n`);
  }
  expect(files.size).toBe(names.length + 1);
});

test.each(exportFormatNames)(
  '%s holds x.jpg and x.png of one folder, under names that do not depend on which came first',
  async (format) => {
    const names = ['x.jpg', 'x.png', 'sub/x.jpg', 'y.png'];
    const one = await exported('one', names, format);
    expect(one.tally).toMatchObject({ images: 4, done: 4, failed: 0 });
    const other = await exported('other', [...names].reverse(), format);
    expect(other).toEqual(one);
    expect(one.found).toEqual(expect.arrayContaining(readings[format].stems));
  },
);

test.each(exportFormatNames)(
  '%s holds a mask under the names of its image that were drawn on, and none of a former version, though its run is not repeated',
  async (format) => {
    const [same, changed, other] = await Promise.all([1, 2, 3].map((n) => picture(n)));
    await importFiles(engine.store, 'd', { 'a/x.png': same, 'b/x.png': same, 'twin.png': same, 'c.png': changed });
    const drawn = mkdtempSync(join(tmpdir(), 'saltworks-drawn-'));
    for (const file of ['a/x.json', 'b/x.json', 'c.json']) {
      mkdirSync(dirname(join(drawn, file)), { recursive: true });
      writeFileSync(join(drawn, file), JSON.stringify(scribbles()));
    }
    await importScribbles(engine.store, await readDataset(engine.store, 'd'), drawn);
    rmSync(drawn, { recursive: true });
    const images = await readShard(engine.store, 'd', 0);
    expect(images.map(({ names }) => names.length)).toEqual([3, 1]);
    await extractShard(engine, { dataset: 'd', shard: 0, extract }, pulse());
    await propagateShard(engine, { dataset: 'd', shard: 0, ...settings }, pulse());
    await importFiles(engine.store, 'd', { 'c.png': other }, { version: '2' });
    const { id } = await prepareExport(engine.store, { dataset: 'd', recipe, format }, signal);
    const tally = await exportShard(engine, { dataset: 'd', shard: 0, recipe, format, id }, pulse());
    expect(tally).toMatchObject({ images: 2, done: 2, failed: 0 });
    await finishExport(engine.store, { dataset: 'd', format, id }, signal);
    const root = exportFilesPrefix('d', id);
    const files = textsBelow(root);
    expect(readings[format].pictures(files, ['a/x.png', 'b/x.png', 'twin.png', 'c.png'])).toEqual([
      'a/x.png',
      'b/x.png',
    ]);
    expect([...files].join()).not.toMatch(/twin|\bc\.(png|txt)/);
    if (!format.startsWith('coco-')) return;
    const document = JSON.parse([...files].find(([path]) => path.endsWith('.json'))![1]);
    const ids = (list: { id: number }[]) => new Set(list.map(({ id }) => id)).size;
    expect(ids(document.images)).toBe(2);
    if (format === 'coco-instances') expect(ids(document.annotations)).toBe(document.annotations.length);
  },
);

test.each([1, 2, 3])(
  'every picture with a mask is in every export once, or listed with its reason: folder %d',
  async (seed) => {
    const next = random(seed);
    const pick = <T>(list: readonly T[]): T => list[Math.floor(next() * list.length)];
    const folders =
      seed === 3 ? ['images/', 'x/images/y.z/', 'images/images/'] : ['', 'images/', 'x/images/y/', 'day 1/', 'labels/'];
    const names = new Set<string>();
    while (names.size < 14)
      names.add(`${pick(folders)}${pick(['a', 'a.b', 'ü', 'images', '0'])}${pick(['.jpg', '.png', '.JPEG'])}`);
    const images = await imported('pans', [...names], (_, i) => i);
    const drawn = images.filter(() => next() < 0.8);
    for (const image of drawn) await draw('pans', image, pick(['cat', 'dog', 'a thing']));
    const { strokes, ...document } = scribbles();
    const [refused, nothing, lost] = drawn;
    await engine.store.put(scribblesKey('pans', 0, refused.sha256, '.json'), '{}');
    const background = { ...document, strokes: strokes.slice(1) };
    await engine.store.put(scribblesKey('pans', 0, nothing.sha256, '.json'), JSON.stringify(background));
    await propagateShard(engine, { dataset: 'pans', shard: 0, ...settings }, pulse());
    const { masks } = (await readDocument(engine.store, maskReportKey('pans', recipe, 0), maskReport))!;
    await engine.store.delete(maskKey(masks.find(({ name }) => name === lost.name)!.mask, '.png'));
    for (const format of exportFormatNames) {
      const { files, tally, failures } = await exportOf('pans', format);
      expect(tally).toMatchObject({ images: drawn.length - 1, failed: 1 });
      expect(failures).toMatchObject([{ name: lost.name, reason: expect.stringContaining('no object') }]);
      const expected = drawn.filter((image) => image !== refused && image !== lost).map(({ name }) => name);
      expect(readings[format].pictures(files, [...names]).sort(), format).toEqual(expected.sort());
    }
  },
);

test('an export of a build names it in its plan, its summary and what has room for it; of other masks nothing changes', async () => {
  const [image] = await imported('pans', ['a.png']);
  await draw('pans', image);
  await propagateShard(engine, { dataset: 'pans', shard: 0, ...settings }, pulse());
  const report = await engine.store.get(maskReportKey('pans', recipe, 0));
  const build = '0123456789abcdef';
  await engine.store.put(maskReportKey('pans', `build.${build}`, 0), report);
  const exported = async (of: string, format: ExportFormat) => {
    const { id } = await prepareExport(engine.store, { dataset: 'pans', recipe: of, format }, signal);
    await exportShard(engine, { dataset: 'pans', shard: 0, recipe: of, format, id }, pulse());
    await finishExport(engine.store, { dataset: 'pans', format, id }, signal);
    const summary = await readDocument(engine.store, exportSummaryKey('pans', id), exportSummary);
    const plan = await readDocument(engine.store, exportPlanKey('pans', id), exportPlan);
    return { id, texts: textsBelow(exportFilesPrefix('pans', id)), named: [summary?.build, plan?.build] };
  };
  for (const format of ['coco-instances', 'yolo-seg'] as const) {
    const [plain, built] = [await exported(recipe, format), await exported(`build.${build}`, format)];
    expect([plain.named, built.named]).toEqual([
      [undefined, undefined],
      [build, build],
    ]);
    expect(built.id).not.toBe(plain.id);
    const [before, after] = [plain, built].map(({ texts }) => JSON.stringify([...texts.values()]));
    expect(before).not.toContain(build);
    expect(
      after.replace(
        format === 'yolo-seg' ? /# The masks are those of the build \w+\.\\n/ : /,\\"build\\":\\"\w+\\"/,
        '',
      ),
    ).toBe(before);
  }
});

test('an export of a campaign’s masks names the version of its classes, and another version is another export', async () => {
  const [image] = await imported('pans', ['a.png']);
  await draw('pans', image);
  await propagateShard(engine, { dataset: 'pans', shard: 0, ...settings }, pulse());
  const of = 'campaign-plates';
  await engine.store.put(maskReportKey('pans', of, 0), await engine.store.get(maskReportKey('pans', recipe, 0)));
  const exported = async (schema: number, format: ExportFormat) => {
    const classes = [{ name: 'square', isthing: 1 as const }];
    await numberClasses(engine.store, { dataset: 'pans', recipe: of }, [], classes, {
      schema: { version: schema, called: () => [] },
    });
    const { id } = await prepareExport(engine.store, { dataset: 'pans', recipe: of, format }, signal);
    await exportShard(engine, { dataset: 'pans', shard: 0, recipe: of, format, id }, pulse());
    await finishExport(engine.store, { dataset: 'pans', format, id }, signal);
    const summary = await readDocument(engine.store, exportSummaryKey('pans', id), exportSummary);
    const plan = await readDocument(engine.store, exportPlanKey('pans', id), exportPlan);
    expect([summary?.schema, plan?.schema]).toEqual([schema, schema]);
    return { id, text: [...textsBelow(exportFilesPrefix('pans', id)).values()].join('\n') };
  };
  const first = await exported(1, 'coco-panoptic');
  const second = await exported(2, 'coco-panoptic');
  expect(first.text).toContain('"schema":1}');
  expect(second.text).toContain('"schema":2}');
  expect(second.id).not.toBe(first.id);
  expect((await exported(2, 'yolo-seg')).text).toContain("# The classes are version 2 of the campaign's.\n");
});

test('an export calls classes as the version that is asked for does, and counts merged ones as others', async () => {
  const [image] = await imported('pans', ['a.png']);
  await draw('pans', image);
  await propagateShard(engine, { dataset: 'pans', shard: 0, ...settings }, pulse());
  const of = 'campaign-plates';
  await engine.store.put(maskReportKey('pans', of, 0), await engine.store.get(maskReportKey('pans', recipe, 0)));
  const classes = ['lid', 'square'].map((name) => ({ name, isthing: 1 as const }));
  const versions: Record<number, CalledClass[]> = {
    1: [],
    2: [{ id: 2, name: 'tile' }],
    3: [{ id: 2, name: 'tile', merged: 1 }],
  };
  const note = (version: number) =>
    numberClasses(engine.store, { dataset: 'pans', recipe: of }, [], classes, {
      schema: { version, called: () => versions[version] },
    });
  const exported = async (schema?: number) => {
    const { id } = await prepareExport(
      engine.store,
      { dataset: 'pans', recipe: of, format: 'coco-instances', schema },
      signal,
    );
    await exportShard(engine, { dataset: 'pans', shard: 0, recipe: of, format: 'coco-instances', id }, pulse());
    await finishExport(engine.store, { dataset: 'pans', format: 'coco-instances', id }, signal);
    const [text] = textsBelow(exportFilesPrefix('pans', id)).values();
    const { categories, annotations } = JSON.parse(text) as Record<
      string,
      { id: number; name: string; category_id: number }[]
    >;
    const drawn = [...new Set(annotations.map(({ category_id }) => category_id))];
    return { names: categories.map(({ id, name }) => `${id} ${name}`), drawn };
  };
  for (const version of [1, 2, 3]) await note(version);
  const third = { names: ['1 lid', '2 tile'], drawn: [1] };
  expect(await exported()).toEqual(third);
  await note(1);
  // The newest version is what nobody has to name.
  expect(await exported()).toEqual(third);
  expect(await exported(1)).toEqual({ names: ['1 lid', '2 square'], drawn: [2] });
  expect(await exported(2)).toEqual({ names: ['1 lid', '2 tile'], drawn: [2] });
  await expect(exported(4)).rejects.toThrow('no version 4 of the classes was published');
});

const split = {
  seed: 7,
  shares: [
    { name: 'train', share: 0.6 },
    { name: 'val', share: 0.4 },
  ],
};

test('with pictures, every format has each where it looks for it, byte for byte', async () => {
  const names = ['x.png', 'sub/x.png', 'y.png'];
  const images = await imported('pans', names);
  for (const image of images) await draw('pans', image);
  await propagateShard(engine, { dataset: 'pans', shard: 0, ...settings }, pulse());
  const bytes = await Promise.all(images.map(({ object }) => engine.store.get(object)));
  for (const format of exportFormatNames) {
    const { id } = await prepareExport(engine.store, { dataset: 'pans', recipe, format, pictures: true }, signal);
    const { failed } = await exportShard(engine, { dataset: 'pans', shard: 0, recipe, format, id }, pulse());
    expect(failed).toBe(0);
    await finishExport(engine.store, { dataset: 'pans', format, id }, signal);
    const files: Buffer[] = [];
    for await (const { key } of engine.store.list(exportFilesPrefix('pans', id))) {
      files.push(Buffer.from(await engine.store.get(key)));
    }
    const found = bytes.filter((picture) => files.some((file) => file.includes(Buffer.from(picture))));
    expect(found.length, format).toBe(format === 'overlays' ? 0 : names.length);
    const without = await prepareExport(engine.store, { dataset: 'pans', recipe, format }, signal);
    expect(without.id).not.toBe(id);
  }
});

test.each(exportFormatNames)('%s in parts: every image is in one, the same for the same seed', async (format) => {
  const names = [...'abcdefghijkl'].map((letter, i) => `${i % 2 ? 'sub/' : ''}p${letter}q.png`);
  for (const image of await imported('pans', names, (_, i) => i)) await draw('pans', image);
  await propagateShard(engine, { dataset: 'pans', shard: 0, ...settings }, pulse());
  const export_ = async (parts: typeof split) => {
    const { id } = await prepareExport(engine.store, { dataset: 'pans', recipe, format, split: parts }, signal);
    await exportShard(engine, { dataset: 'pans', shard: 0, recipe, format, id }, pulse());
    await finishExport(engine.store, { dataset: 'pans', format, id }, signal);
    const found: Record<string, string> = {};
    for await (const { key } of engine.store.list(exportFilesPrefix('pans', id))) {
      found[key.slice(exportFilesPrefix('pans', id).length)] = Buffer.from(await engine.store.get(key)).toString(
        'latin1',
      );
    }
    return { id, found };
  };
  const { id, found } = await export_(split);
  // Each format tells parts in the names of its files, or in the lines of them.
  const inPart = (name: string, part: string) => {
    const stem = name.replace('.png', '');
    const told = (path: string, text: string) =>
      format === 'cvat'
        ? text.includes(`name="${name}" subset="${part}"`)
        : format === 'fiftyone'
          ? text.split('\n').some((line) => line.includes(`"data/${name}","tags":["${part}"]`))
          : path.split(/[/_.-]/).includes(part) &&
            (path.includes(stem) ||
              new RegExp(`(^|["=/])${stem}(\\.png)?("|$)`, 'm').test(text) ||
              text.includes(name));
    return Object.entries(found).some(([path, text]) => told(path, text));
  };
  const parts = names.map((name) => ['train', 'val'].filter((part) => inPart(name, part)));
  if (format === 'overlays') return expect(parts.flat()).toEqual([]);
  expect(parts.map((each) => each.length)).toEqual(names.map(() => 1));
  expect(new Set(parts.flat())).toEqual(new Set(['train', 'val']));
  expect((await export_(split)).id).toBe(id);
  expect((await export_({ ...split, seed: 8 })).id).not.toBe(id);
});
