import { exportFile, scribblesKey } from '@saltworks/core/contract/layout';
import { type ExportFormat, exportFormats } from '@saltworks/core/formats/export';
import { afterEach, beforeEach, expect, test } from 'vitest';
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

const extract = { backbone: 'dinov2-small-focus', facet: 'key' } as const;
const settings = { extract, preset: 'best', solve: {} } as const;
const { recipe } = recipeOf(settings);
const { signal } = new AbortController();

let engine: Engine;
beforeEach(() => {
  engine = openEngine();
});
afterEach(() => removeEngine(engine));

/** Imports pictures by these names in this order, draws on each, and exports. @returns paths of the export's files, and tallies */
async function exported(dataset: string, names: string[], format: ExportFormat) {
  const files: Record<string, Uint8Array> = {};
  for (const name of names) files[name] = await picture([...name].reduce((sum, c) => sum + c.charCodeAt(0), 0) % 90);
  const images = await importFiles(engine.store, dataset, files);
  const request = { dataset, shard: 0 };
  await extractShard(engine, { ...request, extract }, pulse());
  for (const { sha256 } of images) {
    await engine.store.put(scribblesKey(dataset, 0, sha256, '.json'), JSON.stringify(scribbles()));
  }
  await propagateShard(engine, { ...request, ...settings }, pulse());
  const { id } = await prepareExport(engine.store, { dataset, recipe, format }, signal);
  const tally = await exportShard(engine.store, { ...request, recipe, format, id }, pulse());
  await finishExport(engine.store, { dataset, format, id }, signal);
  const root = exportFile(dataset, id, '');
  const found = [...objectsBelow(engine.root, [root])].map(([path]) => path.slice(root.length)).sort();
  return { tally, found };
}

test.each(Object.keys(exportFormats) as ExportFormat[])(
  '%s holds x.jpg and x.png of one folder, under names that do not depend on which came first',
  async (format) => {
    const names = ['x.jpg', 'x.png', 'sub/x.jpg', 'y.png'];
    const one = await exported('one', names, format);
    expect(one.tally).toMatchObject({ images: 4, done: 4, failed: 0 });
    const other = await exported('other', [...names].reverse(), format);
    expect(other).toEqual(one);
    const own = {
      'coco-panoptic': ['panoptic/sub/x.png', 'panoptic/x.jpg.png', 'panoptic/x.png.png', 'panoptic/y.png'],
      'coco-instances': [],
      voc: ['SegmentationClass/x.jpg.png', 'SegmentationObject/x.png.png', 'SegmentationClass/y.png'],
      'yolo-seg': ['labels/sub/x.txt', 'labels/x.jpg.txt', 'labels/x.png.txt', 'labels/y.txt'],
    }[format];
    expect(one.found).toEqual(expect.arrayContaining(own));
  },
);
