import type {
  Build,
  BuildImage,
  BuildReport,
  BuildSettings,
  RebuildReport,
} from '@saltworks/contract/documents/builds';
import { rebuildReport } from '@saltworks/contract/documents/builds';
import type { DatasetImage } from '@saltworks/contract/documents/dataset';
import {
  buildRecipe,
  drawingKey,
  keySetKey,
  maskKey,
  maskReportKey,
  rebuildReportKey,
  scribblesKey,
  strokesKey,
} from '@saltworks/contract/layout';
import type { MaskSettings } from '@saltworks/contract/messages/activities';
import { writeBuild } from '@saltworks/store/builds/builds';
import { CODE_VERSION, maskId, maskOf } from '@saltworks/store/builds/mask-names';
import { readBuildReport } from '@saltworks/store/builds/reports';
import { keepStrokes } from '@saltworks/store/builds/strokes';
import { readDocument } from '@saltworks/store/objects/documents';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { buildShard } from '../src/build.ts';
import { extractShard } from '../src/extract.ts';
import { makeConsensus } from '../src/measure.ts';
import { propagateShard, recipeOf } from '../src/propagate.ts';
import { describeBuild, rebuildShard } from '../src/rebuild.ts';
import {
  type Engine,
  importFiles,
  objectsBelow,
  openEngine,
  pictures,
  pulse,
  removeEngine,
  scribbles,
} from './engine.ts';

/** Known by name, for its σ factor; what its keys are is the stub's to say. */
const extract = { backbone: 'dinov2-small-focus', facet: 'key' } as const;
const best: MaskSettings = { extract, preset: 'best', solve: {} };
const paper: MaskSettings = { ...best, preset: 'paper' };
const subject = { kind: 'campaign', name: 'c' } as const;

let engine: Engine;
let images: DatasetImage[];
beforeEach(async () => {
  engine = openEngine();
  images = await importFiles(engine.store, 'd', await pictures(3));
  await extractShard(engine, { dataset: 'd', shard: 0, extract }, pulse());
});
afterEach(() => removeEngine(engine));

const settingsOf = (given: MaskSettings): BuildSettings => ({
  ...{ extract, preset: given.preset, code: CODE_VERSION, ...recipeOf(given) },
  keys: { backbone: extract.backbone, sha256: '5'.repeat(64), layer: 11, facet: 'key', codec: 'float16' },
});

const stroked = (note: number) => JSON.stringify(scribbles(note));

/** Keeps one annotator's strokes. */
const drawing = async (note: number, by?: string) => ({
  strokes: await keepStrokes(engine.store, stroked(note), '.json'),
  extension: '.json' as const,
  ...(by !== undefined && { by }),
});

/** The line of an image whose mask is made by the settings of this number. */
function line(
  image: DatasetImage,
  drawings: BuildImage['drawings'],
  of: { settings: BuildSettings[]; number?: number } & Pick<BuildImage, 'consensus' | 'kept' | 'offered'>,
): BuildImage {
  const { settings, number = 0, ...rest } = of;
  const { id, sha256, name, object } = image;
  const mask = maskOf({ sha256, drawings, ...rest }, settings[number])!;
  return { id, sha256, name, object, mask, drawings, settings: number, ...rest };
}

const write = (settings: BuildSettings[], lines: BuildImage[]): Promise<Build> =>
  writeBuild(engine.store, { subject, dataset: 'd', settings }, [lines]);

const at = ({ id }: Build) => ({ subject, dataset: 'd', shard: 0, build: id });
const reportOf = async (build: Build): Promise<BuildReport> => (await readBuildReport(engine.store, build, 0))!;
const masks = () => objectsBelow(engine.root, ['masks/']);

async function forget(): Promise<Map<string, string>> {
  const before = masks();
  for (const name of before.keys()) await engine.store.delete(name);
  return before;
}

describe('a shard of a build', () => {
  test('of single drawings gets the masks that propagate makes, byte for byte', async () => {
    for (const { sha256 } of images) await engine.store.put(scribblesKey('d', 0, sha256, '.json'), stroked(0));
    await propagateShard(engine, { dataset: 'd', shard: 0, ...best }, pulse());
    const expected = await forget();
    const settings = [settingsOf(best)];
    const build = await write(
      settings,
      await Promise.all(images.map(async (image) => line(image, [await drawing(0)], { settings }))),
    );
    expect(await buildShard(engine, at(build), pulse())).toEqual({ images: 3, done: 3, cached: 0, failed: 0 });
    expect(masks()).toEqual(expected);
    expect((await reportOf(build)).masks.map(({ name }) => name)).toEqual(['0.png', '1.png', '2.png']);
  });

  test('of several annotators gets the consensus that a campaign makes, and each one’s own mask', async () => {
    const [{ sha256, name, object }] = images;
    const settings = [settingsOf(best)];
    const annotations = await Promise.all(
      ['ann', 'ben'].map(async (annotator, i) => {
        await engine.store.put(drawingKey(annotator, 1), stroked(i));
        const { strokes } = await drawing(i);
        return {
          annotator,
          assignment: annotator,
          n: 1,
          weight: 1 / (i + 1),
          mask: maskId(sha256, strokes, settings[0].recipe),
        };
      }),
    );
    const drawings = await Promise.all(
      annotations.map(async ({ annotator, weight, mask }, i) => ({ ...(await drawing(i, annotator)), weight, mask })),
    );
    const build = await write(settings, [line(images[0], drawings, { settings, consensus: true })]);
    expect(await buildShard(engine, at(build), pulse())).toEqual({ images: 1, done: 1, cached: 0, failed: 0 });
    const made = masks();
    // Two files of each annotator’s mask, and of the mask of both.
    expect(made.size).toBe(6);
    const [{ mask }] = (await reportOf(build)).masks;
    for (const extension of ['.png', '.json'] as const) await engine.store.delete(maskKey(mask, extension));
    const image = { sha256, name, object };
    expect(await makeConsensus(engine, { ...best, image, annotations }, new AbortController().signal)).toMatchObject({
      mask,
    });
    expect(masks()).toEqual(made);
  });

  test('makes the offered mask of a kept line beside it, and lists the kept one', async () => {
    const settings = [settingsOf(paper), settingsOf(best)];
    const drawings = [await drawing(0)];
    const offered = maskOf({ sha256: images[0].sha256, drawings }, settings[0]);
    const build = await write(settings, [
      line(images[0], drawings, { settings, number: 1, kept: 'accepted', offered }),
    ]);
    expect(await buildShard(engine, at(build), pulse())).toMatchObject({ images: 1, done: 1, failed: 0 });
    expect(masks().size).toBe(4);
    const shown = maskOf({ sha256: images[0].sha256, drawings }, settings[1]);
    expect((await reportOf(build)).masks.map(({ mask }) => mask)).toEqual([shown]);
  });

  test('that is done costs no image and says the same', async () => {
    const settings = [settingsOf(best)];
    const build = await write(settings, [line(images[0], [await drawing(0)], { settings })]);
    await buildShard(engine, at(build), pulse());
    const before = objectsBelow(engine.root, ['masks/', 'datasets/']);
    engine.readObject = () => Promise.reject(new Error('expected no image to be read'));
    expect(await buildShard(engine, at(build), pulse())).toEqual({ images: 1, done: 0, cached: 1, failed: 0 });
    expect(objectsBelow(engine.root, ['masks/', 'datasets/'])).toEqual(before);
  });

  test('an image fails alone: without strokes, of other code, under another name than its inputs give', async () => {
    const settings = [settingsOf(best), { ...settingsOf(best), code: CODE_VERSION - 1 }];
    const gone = { strokes: '0'.repeat(64), extension: '.json' } as const;
    const build = await write(settings, [
      line(images[0], [gone], { settings }),
      { ...line(images[1], [await drawing(0)], { settings }), settings: 1 },
      { ...line(images[2], [await drawing(0)], { settings }), mask: 'f'.repeat(64) },
    ]);
    expect(await buildShard(engine, at(build), pulse())).toEqual({ images: 3, done: 0, cached: 0, failed: 3 });
    expect((await reportOf(build)).failures).toMatchObject([
      {
        name: '0.png',
        reason: expect.stringContaining(`no object ${strokesKey(gone.strokes, '.json')}`),
        permanent: false,
      },
      {
        name: '1.png',
        reason: expect.stringContaining(`version ${CODE_VERSION - 1} of the code made it`),
        permanent: true,
      },
      { name: '2.png', reason: expect.stringContaining('of other strokes or settings'), permanent: true },
    ]);
  });

  test('says where it is, and resumes from the last attempt’s count', async () => {
    const settings = [settingsOf(best)];
    const build = await write(
      settings,
      await Promise.all(images.map(async (image) => line(image, [await drawing(0)], { settings }))),
    );
    const now = pulse({ last: { next: 2, done: 2 } });
    await buildShard(engine, at(build), now);
    expect(now.beats).toEqual([2, 3, 4, 5].map((done, next) => ({ next, done })));
  });
});

describe('a build made again', () => {
  async function built() {
    const settings = [settingsOf(best)];
    const together = await Promise.all(['ann', 'ben'].map((by, i) => drawing(i, by)));
    const build = await write(settings, [
      line(images[0], [await drawing(0, 'ann')], { settings }),
      line(images[1], together, { settings, consensus: true }),
    ]);
    await buildShard(engine, at(build), pulse());
    return build;
  }
  const found = async (build: Build): Promise<RebuildReport> =>
    (await readDocument(engine.store, rebuildReportKey(subject, build.id, 0), rebuildReport))!;

  test('is the same, whatever is stored; masks that were lost are stored again, byte for byte', async () => {
    const build = await built();
    expect(await describeBuild(engine.store, at(build), new AbortController().signal)).toEqual({
      ...{ dataset: 'd', images: 2, shards: 1 },
      extract: [extract],
    });
    const before = masks();
    for (const { mask } of (await reportOf(build)).masks) {
      for (const extension of ['.png', '.json'] as const) await engine.store.delete(maskKey(mask, extension));
    }
    const tally = { images: 2, done: 2, cached: 0, failed: 0, differing: 0 };
    expect(await rebuildShard(engine, at(build), pulse())).toEqual(tally);
    expect((await found(build)).differing).toEqual([]);
    expect(masks()).toEqual(before);
  });

  test('lists masks of keys of another file, and of strokes that are gone', async () => {
    const build = await built();
    await engine.store.delete(strokesKey((await drawing(1)).strokes, '.json'));
    // Recorded were masks of keys that another file made.
    const report = await reportOf(build);
    report.masks[0].content = 'f'.repeat(64);
    await engine.store.put(maskReportKey('d', buildRecipe(subject, build.id), 0), JSON.stringify(report));
    const noted = JSON.parse(new TextDecoder().decode(await engine.store.get(keySetKey(extract.backbone))));
    await engine.store.put(keySetKey(extract.backbone), JSON.stringify({ ...noted, sha256: '6'.repeat(64) }));
    expect(await rebuildShard(engine, at(build), pulse())).toEqual({
      images: 2,
      done: 1,
      cached: 0,
      failed: 1,
      differing: 2,
    });
    expect((await found(build)).differing).toMatchObject([
      { name: '0.png', reason: expect.stringMatching(/^its keys came from a file with the sha256 5555/) },
      { name: '1.png', reason: expect.stringContaining('no object strokes/') },
    ]);
  });
});
