import type { DatasetImage } from '@saltworks/contract/documents/dataset';
import { decodeRuns } from '@saltworks/contract/documents/run-lengths';
import { InvalidInputError } from '@saltworks/contract/errors';
import {
  drawingKey,
  keysKey,
  maskKey,
  nodeLabelsKey,
  scribblesKey,
  thumbnailKey,
  viewKey,
} from '@saltworks/contract/layout';
import type { AnswerRequest, ImageRequest } from '@saltworks/contract/messages/annotate';
import { openFast } from '@saltworks/core/fast/solver';
import { decodeKeys } from '@saltworks/core/formats/keys';
import { readScribbles } from '@saltworks/core/formats/scribble-file';
import { argmax } from '@saltworks/core/nodes/scores';
import { seedNodes } from '@saltworks/core/seeds/seeds';
import { openSessionThreads } from '@saltworks/worker/session-threads';
import { MockActivityEnvironment } from '@temporalio/testing';
import sharp from 'sharp';
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createActivities } from '../src/activities.ts';
import { type AnnotateDeps, answerMask, answerNodeLabels, attribute, openImage } from '../src/annotate.ts';
import { extractShard } from '../src/extract.ts';
import { propagateShard, recipeOf } from '../src/propagate.ts';
import {
  type Engine,
  height,
  importFiles,
  objectsBelow,
  openEngine,
  picture,
  pictures,
  pulse,
  removeEngine,
  rot,
  scribbles,
  width,
} from './engine.ts';

const backbone = 'dinov2-small-focus';
const extract = { backbone, facet: 'key' } as const;
const { signal } = new AbortController();

const sessions = openSessionThreads();
afterAll(() => sessions.close());

let engine: Engine;
let deps: AnnotateDeps;
let images: DatasetImage[];
/** Objects that were read. */
let read: string[];
beforeEach(async () => {
  engine = openEngine();
  images = await importFiles(engine.store, 'd', await pictures(2));
  await extractShard(engine, { dataset: 'd', shard: 0, extract }, pulse());
  read = [];
  const readObject: Engine['readObject'] = (object, signal) => {
    read.push(object);
    return engine.readObject(object, signal);
  };
  deps = { ...engine, readObject, sessions, queue: 'host' };
});
afterEach(() => removeEngine(engine));

const imageRequest = (changes: Partial<ImageRequest> = {}, { sha256, name, object } = images[0]): ImageRequest => ({
  image: { sha256, name, object },
  ...{ extract, preset: 'best', solve: {}, ...changes },
});

/** Stores a drawing as the n-th state of an assignment. @returns what asks for its answer */
async function draw(n: number, drawing: unknown = scribbles(), changes: Partial<ImageRequest> = {}) {
  await engine.store.put(drawingKey('a', n), JSON.stringify(drawing));
  return { ...imageRequest(changes), assignment: 'a', n } satisfies AnswerRequest;
}

const json = async (key: string) => JSON.parse(Buffer.from(await engine.store.get(key)).toString());

/** A third label, so that one session is asked for different numbers of them. */
function threeLabels() {
  const { segments, strokes, ...rest } = scribbles();
  return {
    ...rest,
    segments: [...segments, { id: 9, category: 'corner', isthing: false }],
    strokes: [...strokes, { segment: 9, points: [[4, 28]], radius: 3 }],
  };
}

describe('an opened image', () => {
  test('gets a lossless copy and a thumbnail; opening it again only reports its size', async () => {
    const [image] = images;
    const opened = await openImage(deps, imageRequest(), signal);
    expect(opened).toEqual({ queue: 'host', width, height });
    const pixels = (bytes: Uint8Array) => sharp(bytes).removeAlpha().raw().toBuffer();
    const view = await engine.store.get(viewKey(image.sha256));
    expect(await pixels(view)).toEqual(await pixels(await engine.store.get(image.object)));
    const { format, exif, icc } = await sharp(view).metadata();
    expect({ format, exif, icc }).toEqual({ format: 'webp', exif: undefined, icc: undefined });
    const thumbnail = await sharp(await engine.store.get(thumbnailKey(image.sha256))).metadata();
    expect(thumbnail).toMatchObject({ format: 'webp', width, height });
    read = [];
    expect(await openImage(deps, imageRequest(), signal)).toEqual(opened);
    expect(read).toEqual([]);
  });

  test('is copied upright, with a thumbnail of 256 pixels at the longer side', async () => {
    const raw = { width: 600, height: 300, channels: 3 } as const;
    const file = await sharp({ create: { ...raw, background: '#203040' } })
      .withMetadata({ orientation: 6 })
      .jpeg()
      .toBuffer();
    const [image] = await importFiles(engine.store, 'turned', { 'turned.jpg': file });
    await extractShard(engine, { dataset: 'turned', shard: 0, extract }, pulse());
    expect(await openImage(deps, imageRequest({}, image), signal)).toMatchObject({ width: 300, height: 600 });
    const sizeOf = async (key: string) => {
      const { width, height, orientation } = await sharp(await engine.store.get(key)).metadata();
      return { width, height, orientation };
    };
    expect(await sizeOf(viewKey(image.sha256))).toEqual({ width: 300, height: 600 });
    expect(await sizeOf(thumbnailKey(image.sha256))).toEqual({ width: 128, height: 256 });
  });

  test('without keys is refused with the reason', async () => {
    await engine.store.delete(keysKey(backbone, images[1].sha256));
    const refused = openImage(deps, imageRequest({}, images[1]), signal);
    await expect(refused).rejects.toThrow(
      new InvalidInputError(`image 1.png has no keys of ${backbone} yet; expected saltworks extract DATASET first`),
    );
  });
});

describe('an image whose keys are damaged', () => {
  test('is opened with keys made again', async () => {
    const key = keysKey(backbone, images[1].sha256);
    const keys = await engine.store.get(key);
    await rot(engine.store, key);
    engine.keys.extracted = 0;
    expect(await openImage(deps, imageRequest({}, images[1]), signal)).toEqual({ queue: 'host', width, height });
    expect(engine.keys.extracted).toBe(1);
    expect(await engine.store.get(key)).toEqual(keys);
  });

  test('is refused, for another worker to try, where they cannot be made again', async () => {
    const [dark] = await importFiles(engine.store, 'other', { 'other.png': await picture(77) });
    await extractShard(engine, { dataset: 'other', shard: 0, extract }, pulse());
    await rot(engine.store, keysKey(backbone, dark.sha256));
    engine.keys.open = () => Promise.reject(new Error('no backbone'));
    const refused = openImage(deps, imageRequest({}, dark), signal);
    await expect(refused).rejects.toThrow('damaged keys of other.png, not made again: no backbone; expected');
    await expect(refused).rejects.not.toThrow(InvalidInputError);
  });
});

describe('the answer on the node grid', () => {
  test.each(['best', 'paper'] as const)(
    'is that of a fresh solve with %s, whatever was asked before',
    async (preset) => {
      const drawings = [scribbles(), threeLabels(), { ...threeLabels(), strokes: threeLabels().strokes.slice(1) }];
      for (const [i, drawing] of [...drawings, drawings[0]].entries()) {
        const n = i + 1;
        expect(await answerNodeLabels(deps, await draw(n, drawing, { preset }), signal)).toMatchObject({
          n,
          queue: 'host',
        });
        const pixels = await sharp(await engine.store.get(images[0].object))
          .raw()
          .toBuffer();
        const image = { data: new Uint8Array(pixels), width, height };
        const { keys } = decodeKeys(await engine.store.get(keysKey(backbone, images[0].sha256)));
        const { raster } = readScribbles(Buffer.from(JSON.stringify(drawing)), '.json', image);
        const seeds = seedNodes(raster, 2 * keys.h, 2 * keys.w);
        const nodes = openFast(image, keys, recipeOf(imageRequest({ preset })).options).solve(seeds);
        const answer = await json(nodeLabelsKey('a', n));
        expect(answer).toMatchObject({ h: 8, w: 12, labels: seeds.labels });
        expect(decodeRuns(answer)).toEqual(argmax(nodes.data, seeds.labels.length));
      }
    },
  );

  test('to drawings that wait together is the answer to the last', async () => {
    await openImage(deps, imageRequest(), signal);
    const requests = [];
    for (let n = 1; n <= 5; n++) requests.push(await draw(n));
    const answers = await Promise.all(requests.map((request) => answerNodeLabels(deps, request, signal)));
    const solved = new Set(answers.map(({ n }) => n));
    expect(answers[4].n).toBe(5);
    expect(solved.size).toBeLessThanOrEqual(3);
    for (const [i, { n }] of answers.entries()) expect(n).toBeGreaterThanOrEqual(i + 1);
    for (const n of solved) expect(await json(nodeLabelsKey('a', n))).toMatchObject({ labels: [0, 7] });
  });

  test('needs two labels and a valid drawing', async () => {
    const one = { ...scribbles(), strokes: scribbles().strokes.slice(0, 1) };
    const refused = async (n: number, drawing: unknown) => answerNodeLabels(deps, await draw(n, drawing), signal);
    await expect(refused(1, one)).rejects.toThrow(
      new InvalidInputError('only label 7 is drawn; expected at least two, the background being one'),
    );
    await expect(refused(2, { ...scribbles(), image: { width: 9, height: 9 } })).rejects.toThrow(InvalidInputError);
    await expect(refused(3, 'text')).rejects.toThrow(InvalidInputError);
    // It harms nothing that follows.
    expect(await answerNodeLabels(deps, await draw(4), signal)).toMatchObject({ n: 4 });
  });
});

describe('the mask', () => {
  test.each(['best', 'paper'] as const)(
    'with %s is the one that a run makes, byte for byte, and serves it',
    async (preset) => {
      // After other drawings: nothing of them is left in the session.
      await answerMask(deps, await draw(1, threeLabels(), { preset }), signal);
      for (const name of objectsBelow(engine.root, ['masks/']).keys()) await engine.store.delete(name);
      const { mask } = await answerMask(deps, await draw(2, scribbles(), { preset }), signal);
      const made = objectsBelow(engine.root, ['masks/']);
      expect([...made.keys()].sort()).toEqual([maskKey(mask, '.json'), maskKey(mask, '.png')]);

      await engine.store.put(scribblesKey('d', 0, images[0].sha256, '.json'), JSON.stringify(scribbles()));
      const request = { dataset: 'd', shard: 0, extract, preset, solve: {} };
      expect(await propagateShard(engine, request, pulse())).toEqual({ images: 1, done: 0, cached: 1, failed: 0 });
      for (const name of made.keys()) await engine.store.delete(name);
      await propagateShard(engine, request, pulse());
      expect(objectsBelow(engine.root, ['masks/'])).toEqual(made);
    },
  );

  test.each(['hold', 'tolerate'] as const)(
    'has the label of a thin stroke on every pixel of it, alone and in a run: %s',
    async (strokes) => {
      // Beside the ground's strokes, in whose cells it has the fewer pixels.
      const drawing = scribbles();
      const line = (segment: number, y: number, radius: number) => ({ segment, points: [[36, y], [46, y]], radius }); // biome-ignore format: short
      drawing.strokes.push(line(0, 12, 1), line(0, 16, 1), line(7, 14, 0));
      const { mask } = await answerMask(deps, await draw(1, drawing, { solve: { strokes } }), signal);
      const image = { width, height };
      const { raster } = readScribbles(Buffer.from(JSON.stringify(drawing)), '.json', image);
      const ids = await sharp(await engine.store.get(maskKey(mask, '.png')))
        .extractChannel(0)
        .raw()
        .toBuffer();
      const lost = [...ids].filter((id, i) => raster.owner[i] && id !== raster.segments[raster.owner[i] - 1]);
      expect(lost.length > 0).toBe(strokes === 'tolerate');
      await engine.store.put(scribblesKey('d', 0, images[0].sha256, '.json'), JSON.stringify(drawing));
      const request = { dataset: 'd', shard: 0, extract, preset: 'best', solve: { strokes } } as const;
      expect(await propagateShard(engine, request, pulse())).toMatchObject({ done: 0, cached: 1 });
    },
  );

  test('that exists is not made again', async () => {
    const first = await answerMask(deps, await draw(1), signal);
    const unused = { ...sessions, run: () => Promise.reject(new Error('expected no solve')) };
    const again = await answerMask({ ...deps, sessions: unused }, await draw(2), signal);
    expect(again).toMatchObject({ n: 2, mask: first.mask });
  });
});

describe('a pixel', () => {
  test('is attributed to the strokes that own it, by their place in the drawing', async () => {
    const request = await draw(1, threeLabels());
    const at = (x: number, y: number) => attribute(deps, { ...request, x, y }, signal);
    expect(await at(22, 16)).toMatchObject({ segment: 7, strokes: [{ n: 1 }] });
    expect(await at(44, 10)).toMatchObject({ segment: 0, strokes: [{ n: 2 }] });
    // The far edges belong to the last pixels.
    expect(await at(0, height)).toMatchObject({ segment: 9 });
    const { strokes } = await at(22, 16);
    expect(strokes[0].share).toBeGreaterThan(0.5);
    expect(strokes[0].share).toBeLessThanOrEqual(1);
    await expect(at(-1, 0)).rejects.toThrow(new InvalidInputError("pixel -1, 0; expected one of the image's 48 × 32"));
  });
});

test('only a worker with sessions has the annotate activities', async () => {
  expect(createActivities(engine).openImage).toBeUndefined();
  const environment = new MockActivityEnvironment();
  const activities = createActivities({ ...engine, sessions, queue: 'host' });
  expect(await environment.run(activities.openImage!, imageRequest())).toEqual({ queue: 'host', width, height });
  await environment.run(activities.answerPatch!, await draw(1));
  await environment.run(activities.answerPixel!, await draw(1));
  const found = await environment.run(activities.attribute!, { ...(await draw(1)), x: 20, y: 16 });
  expect(found).toMatchObject({ segment: 7 });
});
