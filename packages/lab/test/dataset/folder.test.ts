import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { encodePng } from '@saltworks/backbone/image/decode';
import { InvalidInputError } from '@saltworks/contract/errors';
import { afterAll, expect, test } from 'vitest';
import { listFolder, readCase } from '../../src/dataset/folder.ts';
import { isDisc, size, writeTiny } from '../tiny-dataset.ts';

const scratch = mkdtempSync(join(tmpdir(), 'saltworks-lab-'));
afterAll(() => rmSync(scratch, { recursive: true }));
const folder = (name: string) => join(scratch, name);

test('a folder gives its images, in the order of their names, with strokes of both forms', async () => {
  const tiny = folder('both');
  await writeTiny(tiny, [
    { name: 'b', source: 'two', strokes: 'json' },
    { name: 'a', source: 'one', strokes: 'png' },
    { name: 'c' },
  ]);
  const { name, images, leftOut } = await listFolder(tiny);
  expect(name).toBe('both');
  expect(leftOut).toEqual([]);
  expect(images.map(({ name, source, strokes }) => [name, source, strokes?.slice(tiny.length)])).toEqual([
    ['a', 'one', '/scribbles/a.png'],
    ['b', 'two', '/scribbles/b.json'],
    ['c', '', undefined],
  ]);
  const { case: one } = await readCase(images[0]);
  expect([one.image.width, one.image.height]).toEqual([96, 72]);
  const truth = Uint32Array.from(one.truth.ids, (_, i) => (isDisc(1, i % 96, Math.floor(i / 96)) ? 5 : 0));
  expect(one.truth.ids).toEqual(truth);
  expect(one.categories).toEqual(new Map([[5, 'disc']]));
  // What was drawn over stuff is drawn over the background.
  expect(Array.from(one.raster!.segments)).toEqual([5, 0]);
  expect((await readCase(images[2])).case.raster).toBeUndefined();
});

test('strokes lie in scribbles, then in folders named like it, or where they are said to lie', async () => {
  const tiny = folder('folders');
  await writeTiny(tiny, [{ name: 'a', strokes: 'json' }, { name: 'b' }]);
  mkdirSync(join(tiny, 'scribbles_simulated'));
  mkdirSync(join(tiny, 'other'));
  for (const name of ['a', 'b']) {
    cpSync(join(tiny, 'scribbles/a.json'), join(tiny, 'scribbles_simulated', `${name}.json`));
  }
  cpSync(join(tiny, 'scribbles/a.json'), join(tiny, 'other/b.json'));
  const strokesOf = async (options?: { scribbles: string }) =>
    (await listFolder(tiny, options)).images.map(({ strokes }) => strokes?.slice(tiny.length + 1));
  expect(await strokesOf()).toEqual(['scribbles/a.json', 'scribbles_simulated/b.json']);
  expect(await strokesOf({ scribbles: join(tiny, 'other') })).toEqual([undefined, 'other/b.json']);
});

test('a robot draws where strokes are to be simulated, the same each time, whatever lies beside', async () => {
  const tiny = folder('robot');
  await writeTiny(tiny, [{ name: 'a', strokes: 'json' }, { name: 'b' }]);
  const read = async () => {
    const { images } = await listFolder(tiny, { scribbles: 'simulated' });
    return Promise.all(images.map((image) => readCase(image)));
  };
  const [first, again] = [await read(), await read()];
  expect(again).toEqual(first);
  for (const { case: one } of first) expect([...new Set(Array.from(one.raster!.segments))]).toEqual([0, 5]);
  expect(first[0].sha256).not.toBe((await readCase((await listFolder(tiny)).images[0])).sha256);
});

test('the hash of a case changes with the image, the mask, the strokes, and nothing else', async () => {
  const tiny = folder('hash');
  await writeTiny(tiny, [{ name: 'a', strokes: 'json' }]);
  const hash = async () => (await readCase((await listFolder(tiny)).images[0])).sha256;
  const first = await hash();
  expect(await hash()).toBe(first);
  const white = await encodePng(new Uint8Array(96 * 72 * 3).fill(255), { ...size, channels: 3 });
  writeFileSync(join(tiny, 'images/a.png'), white);
  const second = await hash();
  expect(second).not.toBe(first);
  await writeTiny(tiny, [{ name: 'a', strokes: 'png' }]);
  rmSync(join(tiny, 'scribbles/a.json'));
  expect([first, second]).not.toContain(await hash());
});

test('what is missing or broken is named, and leaves the others alone', async () => {
  const tiny = folder('broken');
  await writeTiny(
    tiny,
    ['a', 'b', 'c', 'd', 'e'].map((name) => ({ name, strokes: 'json' }) as const),
  );
  rmSync(join(tiny, 'images/a.png'));
  rmSync(join(tiny, 'panoptic/b.png'));
  writeFileSync(join(tiny, 'panoptic/c.png'), 'no picture');
  writeFileSync(join(tiny, 'scribbles/d.json'), '{"version": 1');
  const { images, leftOut } = await listFolder(tiny);
  expect(leftOut).toEqual([
    { name: 'a', reason: 'no images/a.png' },
    { name: 'b', reason: 'no panoptic/b.png' },
  ]);
  const [c, d, e] = images;
  await expect(readCase(c)).rejects.toThrow(/^panoptic\/c\.png: 10 bytes that do not decode/);
  await expect(readCase(d)).rejects.toThrow(/^scribbles\/d\.json: scribbles are not JSON/);
  expect((await readCase(e)).case.name).toBe('e');
});

test('a mask of another size is refused', async () => {
  const tiny = folder('sizes');
  await writeTiny(tiny, [{ name: 'a' }]);
  const small = await encodePng(new Uint8Array(3 * 40 * 30), { width: 40, height: 30, channels: 3 });
  writeFileSync(join(tiny, 'panoptic/a.png'), small);
  const [a] = (await listFolder(tiny)).images;
  await expect(readCase(a)).rejects.toThrow('a known mask of 40 × 30 pixels; expected the image’s'.replace('’', "'"));
});

test('a name that leads out of the folder finds nothing', async () => {
  const tiny = folder('out');
  await writeTiny(tiny, [{ name: '../../both/images/a' }]).catch(() => {});
  await writeTiny(tiny, [{ name: 'a' }]);
  writeFileSync(
    join(tiny, 'panoptic.json'),
    JSON.stringify({
      images: [{ id: 1, file_name: '../panoptic/a.png' }],
      annotations: [{ image_id: 1, file_name: 'a.png', segments_info: [] }],
      categories: [],
    }),
  );
  expect((await listFolder(tiny)).leftOut).toEqual([{ name: '../panoptic/a', reason: 'no images/../panoptic/a.png' }]);
});

test('a folder that is no dataset is refused in one line', async () => {
  await expect(listFolder(scratch)).rejects.toThrow(InvalidInputError);
  await expect(listFolder(scratch)).rejects.toThrow('expected a folder with images/, panoptic/ and panoptic.json');
  const tiny = folder('document');
  await writeTiny(tiny, [{ name: 'a' }]);
  writeFileSync(join(tiny, 'panoptic.json'), '{"images": 3}');
  await expect(listFolder(tiny)).rejects.toThrow('images is 3; expected array');
});

const data = fileURLToPath(new URL('../../../../../shared/data', import.meta.url));
test.skipIf(!existsSync(data))(
  `the evaluation images all have strokes: named things of COCO, regions of icgbench${existsSync(data) ? '' : ' (skipped: no ../shared/data)'}`,
  async () => {
    const { images, leftOut } = await listFolder(data);
    expect(leftOut).toEqual([]);
    expect(images.every(({ strokes }) => strokes !== undefined)).toBe(true);
    expect(new Set(images.map(({ source, counting }) => `${source} ${counting}`))).toEqual(
      new Set(['coco big-things', 'icg regions']),
    );
  },
);
