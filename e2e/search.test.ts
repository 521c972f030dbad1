// `saltworks search`: an example on one photograph finds the others that show it, by the default backbone.
import { copyFileSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { beforeAll, expect, test } from 'vitest';
import { hasWorker, mortalStacks } from './mortal-stack.ts';
import { root, saltworks } from './saltworks.ts';

const { scratch, home, up } = mortalStacks('search');
const { env, objects } = home('home');
const [images, scribbles] = ['images', 'scribbles'].map((name) => join(scratch, name));
const command = (...args: string[]) => saltworks(args, { env });
const lastLine = (text: string) => text.trimEnd().split('\n').at(-1)!;
const cutAt = [0.05, 0.1];
let width: number;

/** A photograph that was drawn on, two pieces of it, and others. */
beforeAll(async () => {
  for (const folder of [images, scribbles]) mkdirSync(folder);
  for (const name of ['coffee.jpg', 'chelsea.png', 'raccoon.jpg', 'flower.jpg']) {
    copyFileSync(join(root, 'examples/images', name), join(images, name));
  }
  copyFileSync(join(root, 'examples/scribbles/coffee.json'), join(scribbles, 'coffee.json'));
  const meta = await sharp(join(images, 'coffee.jpg')).metadata();
  width = meta.width;
  for (const [i, left] of cutAt.entries()) {
    await sharp(join(images, 'coffee.jpg'))
      .extract({ left: Math.round(left * width), top: 0, width: Math.round(0.85 * width), height: meta.height })
      .jpeg()
      .toFile(join(images, `piece-${i}.jpg`));
  }
});

test('a segment finds its like first, at its place; strokes do, too; the index is made once', async () => {
  const stack = up(env);
  await hasWorker(stack);
  const imported = await command('dataset', 'import', images, '--scribbles', scribbles, '--name', 'cups');
  expect(imported.status, imported.stderr).toBe(0);

  const drawn = JSON.parse(readFileSync(join(scribbles, 'coffee.json'), 'utf8'));
  const { id } = drawn.segments[0];
  const like = `coffee.jpg:${id}`;
  const refused = async (...args: string[]) => {
    const { status, stderr, stdout } = await command('search', ...args);
    return [status, lastLine(stderr), stdout];
  };
  expect(await refused('cups', '--like', like)).toEqual([
    2,
    'saltworks: no keys dinov2-small-focus of cups; expected some (saltworks extract cups)',
    '',
  ]);
  expect((await command('extract', 'cups')).status).toBe(0);
  const line = (text: string) => [2, expect.stringContaining(`saltworks: ${text}`), ''];
  expect(await refused('cups')).toEqual(line('no example; expected --like IMAGE:SEGMENT or --scribble FILE'));
  expect(await refused('cups', '--like', 'coffee.jpg')).toEqual(line('--like coffee.jpg; expected IMAGE:SEGMENT'));
  expect(await refused('cups', '--like', 'tea.jpg:1')).toEqual(line('no image tea.jpg in cups; expected the name'));
  expect(await refused('cups', '--like', 'coffee.jpg:99')).toEqual(
    line('coffee.jpg has no segment 99; expected one of'),
  );
  expect(await refused('mugs', '--like', like)).toEqual(line('no dataset mugs; expected one that was imported'));
  expect(await refused('cups', '--scribble', join(scratch, 'coffee.json'))).toEqual(line('--scribble '));

  const first = await command('search', 'cups', '--like', like, '--top', '3', '--json');
  expect(first.status, first.stderr).toBe(0);
  const { seconds: _, results, ...counts } = JSON.parse(lastLine(first.stdout));
  expect(counts).toEqual({
    query: { dataset: 'cups', image: 'coffee.jpg', id: expect.any(Number), segment: id },
    images: 5,
    compared: 5,
  });
  type Result = { image: string; id: number; score: number; box: number[]; place: number[] };
  expect(
    results
      .map(({ image }: Result) => image)
      .slice(0, 2)
      .sort(),
  ).toEqual(['piece-0.jpg', 'piece-1.jpg']);
  expect(results).toHaveLength(3);
  expect(results[1].score).toBeGreaterThan(results[2].score);
  // Where the photograph itself has what was drawn: its strokes, seen from the piece.
  const points: [number, number][] = drawn.strokes
    .filter(({ segment }: { segment: number }) => segment === id)
    .flatMap(({ points }: { points: [number, number][] }) => points);
  const xs = points.map(([x]) => x);
  for (const { image, box, place } of results.slice(0, 2) as Result[]) {
    const left = Math.round(cutAt[Number(image.at(-5))] * width);
    expect(box[0] + left).toBeLessThan(Math.max(...xs));
    expect(box[2] + left).toBeGreaterThan(Math.min(...xs));
    expect(box[0] <= place[0] && place[0] < box[2] && box[1] <= place[1] && place[1] < box[3]).toBe(true);
  }

  const index = join(objects, 'datasets/cups/index');
  const filesOf = () => readdirSync(index, { recursive: true, encoding: 'utf8' }).sort();
  const made = filesOf().map((name) => statSync(join(index, name)).mtimeMs);
  // One stroke alone, which makes no mask; without JSON, as people read it.
  const stroke = join(scratch, 'my-stroke.json');
  const strokes = drawn.strokes.filter(({ segment }: { segment: number }) => segment === id).slice(0, 1);
  writeFileSync(stroke, JSON.stringify({ ...drawn, strokes }));
  expect(await refused('cups', '--scribble', stroke)).toEqual([
    2,
    expect.stringContaining('no image of cups called my-stroke; expected one, or --image IMAGE'),
    '',
  ]);
  const second = await command('search', 'cups', '--scribble', stroke, '--image', 'coffee.jpg', '--top', '2');
  expect(second.status, second.stderr).toBe(0);
  const shown = second.stdout.trimEnd().split('\n');
  expect(shown).toHaveLength(3);
  for (const text of shown.slice(0, 2))
    expect(text).toMatch(/^\d\.\d{3} {2}piece-\d\.jpg {2}at \d+, \d+ {2}box \d+, \d+, \d+, \d+$/);
  expect(shown[2]).toMatch(/^cups: 5 images searched, 5 compared in full, /);
  expect(filesOf().map((name) => statSync(join(index, name)).mtimeMs)).toEqual(made);
  await stack.stop();
}, 600_000);
