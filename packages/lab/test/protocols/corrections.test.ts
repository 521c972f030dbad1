import type { BackboneSpec } from '@saltworks/backbone/registry/entries';
import type { Mask } from '@saltworks/core/mask/mask';
import type { StrokeRaster } from '@saltworks/core/seeds/seeds';
import { describe, expect, test } from 'vitest';
import type { Case } from '../../src/dataset/case.ts';
import type { Peer } from '../../src/peers/peers.ts';
import { correct, corrections, isOwn } from '../../src/protocols/corrections.ts';
import { ideal } from '../../src/robots/corrector.ts';
import { makeCase } from '../scene.ts';

// Four stripes of 20 columns: the background and three segments.
const [width, height] = [80, 20];
const stripe = (i: number) => Math.floor((i % width) / 20);
const truth: Mask = { ids: Uint32Array.from({ length: width * height }, (_, i) => 10 * stripe(i)), width, height };
const nothing: StrokeRaster = { width, height, owner: new Uint16Array(width * height), segments: [] };
const ignore = new Uint8Array(width * height);

/** A method that gives a stripe to the last stroke that touches it, and the rest to the background. */
function byStripes(raster: StrokeRaster): Mask {
  const owners = [0, 0, 0, 0];
  const last = [0, 0, 0, 0];
  raster.owner.forEach((stroke, i) => {
    if (stroke > last[stripe(i)]) {
      last[stripe(i)] = stroke;
      owners[stripe(i)] = raster.segments[stroke - 1];
    }
  });
  return { ids: truth.ids.map((_, i) => owners[stripe(i)]), width, height };
}

const settings = { budget: 10, bar: 0.85 };

describe('corrections', () => {
  test('a method that takes one correction a segment needs as many as there are segments', async () => {
    const { mask, counts } = await correct({ truth, ignore }, nothing, byStripes, ideal, settings, Math.random);
    expect(mask.ids).toEqual(truth.ids);
    // The first of equal errors is corrected first; the background was right.
    expect(counts.needed).toEqual([3, 1, 2, 3]);
    expect(counts.per_segment).toBe(3 / 4);
    expect(counts.sufficed).toBe(true);
    expect(counts.curve.slice(0, 4)).toEqual([0.0625, 0.333333, 0.625, 1].map((iou) => expect.closeTo(iou, 5)));
    expect(counts.curve).toHaveLength(13);
    expect(counts.noc).toBeUndefined();
  });

  test('effects are counted since two labels were drawn', async () => {
    const { counts } = await correct({ truth, ignore }, nothing, byStripes, ideal, settings, Math.random);
    expect(counts.effects).toEqual([
      { breaks: 0, mends: 1, harms: false },
      { breaks: 0, mends: 1, harms: false },
    ]);
  });

  test('a method that learns nothing spends the budget, and its segments fail', async () => {
    const stubborn = (): Mask => ({ ids: new Uint32Array(width * height), width, height });
    const { counts } = await correct({ truth, ignore }, nothing, stubborn, ideal, { budget: 3, bar: 0.5 }, Math.random);
    expect(counts.needed).toEqual([null, null, null, null]);
    expect(counts.per_segment).toBe(3);
    expect(counts.sufficed).toBe(false);
    expect(counts.curve).toEqual(Array.from({ length: 13 }, () => 0.0625));
  });

  test('ignored pixels are never corrected and never count', async () => {
    const most = ignore.map((_, i) => (stripe(i) > 1 ? 1 : 0));
    const { counts } = await correct({ truth, ignore: most }, nothing, byStripes, ideal, settings, Math.random);
    expect(counts.needed).toEqual([1, 1]);
    expect(counts.per_segment).toBe(1 / 2);
  });

  test('of one object the corrections until 85 % and 90 % are counted', async () => {
    const ids = truth.ids.map((id) => (id === 10 ? 10 : 0));
    // Each correction adds four columns of the object's twenty.
    const bit = (raster: StrokeRaster): Mask => {
      const columns = 4 * raster.segments.length;
      return { ids: ids.map((id, i) => ((i % width) - 20 < columns ? id : 0)), width, height };
    };
    const one = { truth: { ids, width, height }, ignore };
    const { counts } = await correct(one, nothing, bit, ideal, settings, Math.random);
    expect(counts.noc).toEqual({ at85: 5, at90: 5 });
    expect(counts.per_segment).toBe(5 / 2);
  });
});

test('other methods are corrected from strokes beside ours, each as far as it goes', async () => {
  const { keys, ...scene } = makeCase();
  const spec: BackboneSpec = {
    ...{ id: 'toy', path: 'toy.onnx', sha256: '', patch: 8, longSide: 96, mean: [], std: [] },
    ...{ interpolation: 'bicubic', sigma: 0.15 },
  };
  /** Solves of each: a peer may be asked for several corrections. */
  let asked = 0;
  const peers: Peer[] = [
    {
      name: 'known',
      open: () => async () => {
        asked++;
        return scene.truth;
      },
    },
    {
      name: 'broken',
      open: () => async () => {
        throw new Error('it ended');
      },
    },
    { name: 'of two', labels: 2, open: () => async () => scene.truth },
  ];
  const notes: string[] = [];
  const run = (one: Case, preset: 'best' | 'paper') =>
    corrections.run(one, async () => keys, {
      ...{ preset, spec, installed: [], budget: 2, bar: 0.85, seed: 3 },
      ...{ peers, note: (line: string) => notes.push(line) },
    });
  const rows = await run(scene, 'best');
  const variants = rows.map(({ variant }) => variant);
  const own = ['from strokes', 'from strokes, human-like', 'from nothing', 'from nothing, human-like'];
  expect(variants).toEqual([...own, 'from strokes, paper', 'from strokes, known']);
  expect(variants.filter(isOwn)).toEqual(own);
  expect(notes).toEqual(['broken failed: it ended']);
  expect(rows.at(-1)?.corrections).toMatchObject({ per_segment: 0, sufficed: true });
  // Nothing was wrong.
  expect(asked).toBe(1);
  expect((await run(scene, 'paper')).map(({ variant }) => variant)).toEqual([...own, 'from strokes, known']);
  expect((await run({ ...scene, raster: undefined }, 'best')).map(({ variant }) => variant)).toEqual(own.slice(2));
});
