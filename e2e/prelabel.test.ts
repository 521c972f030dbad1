// `saltworks prelabel`: photographs that were drawn on teach, the others are predicted, by the default backbone.
import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { beforeAll, expect, test } from 'vitest';
import { hasWorker, mortalStacks } from './mortal-stack.ts';
import { root, saltworks } from './saltworks.ts';

const { scratch, home, up } = mortalStacks('prelabel');
const { env, objects } = home('home');
const [images, scribbles] = ['images', 'scribbles'].map((name) => join(scratch, name));
const command = (...args: string[]) => saltworks(args, { env });
const lastLine = (stdout: string) => JSON.parse(stdout.trimEnd().split('\n').at(-1)!);

/** A photograph that was drawn on, and pieces of it that were not. */
beforeAll(async () => {
  for (const folder of [images, scribbles]) mkdirSync(folder);
  copyFileSync(join(root, 'examples/images/coffee.jpg'), join(images, 'coffee.jpg'));
  copyFileSync(join(root, 'examples/scribbles/coffee.json'), join(scribbles, 'coffee.json'));
  const { width, height } = await sharp(join(images, 'coffee.jpg')).metadata();
  for (const [i, left] of [0, 0.1].entries()) {
    await sharp(join(images, 'coffee.jpg'))
      .extract({ left: Math.round(left * width), top: 0, width: Math.round(0.9 * width), height })
      .jpeg()
      .toFile(join(images, `piece-${i}.jpg`));
  }
});

test('drawn photographs teach, the others get masks, the same another time; only --prelabels exports them', async () => {
  const stack = up(env);
  await hasWorker(stack);
  const imported = await command('dataset', 'import', images, '--scribbles', scribbles, '--name', 'cups');
  expect(imported.status, imported.stderr).toBe(0);

  const keyless = await command('prelabel', 'cups');
  expect([keyless.status, keyless.stderr.trim().split('\n').at(-1)]).toEqual([
    2,
    'saltworks: no keys dinov2-small-focus of cups; expected some (saltworks extract cups)',
  ]);
  await command('dataset', 'import', images, '--name', 'bare');
  for (const name of ['cups', 'bare']) expect((await command('extract', name)).status).toBe(0);
  const undrawn = await command('prelabel', 'bare');
  expect(undrawn.status).toBe(2);
  expect(undrawn.stderr).toContain('no image of bare has strokes; expected some');
  const lost = await command('prelabel', 'cups', '--from', 'nobody');
  expect(lost.status).toBe(2);
  expect(lost.stderr).toContain('no campaign and no dataset nobody');

  const first = await command('prelabel', 'cups', '--json');
  expect(first.status, first.stderr).toBe(0);
  const { seconds: _, model, ...counts } = lastLine(first.stdout);
  // Of one image nothing is left to agree with it.
  expect(counts).toEqual({ images: 3, labelled: 1, predicted: 2, classes: expect.any(Number), failed: 0, trust: 0 });
  const filesOf = (folder: string) =>
    readdirSync(join(objects, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .sort()
      .map((path) => [path, readFileSync(path).toString('latin1')]);
  const made = ['masks', 'statistics', 'prelabels'].map(filesOf);
  const again = await command('prelabel', 'cups', '--json');
  expect(lastLine(again.stdout)).toMatchObject({ ...counts, model });
  expect(['masks', 'statistics', 'prelabels'].map(filesOf)).toEqual(made);

  const out = join(scratch, 'out');
  const exported = await command('dataset', 'export', 'cups', '--prelabels', '--format', 'coco-panoptic', '--out', out);
  expect(exported.status, exported.stderr).toBe(0);
  const document = JSON.parse(readFileSync(join(out, 'panoptic.json'), 'utf8'));
  expect(document.info.origin).toBe('predicted');
  expect(document.images.map(({ file_name }: { file_name: string }) => file_name)).toEqual([
    'piece-0.jpg',
    'piece-1.jpg',
  ]);
  expect(document.annotations[0].segments_info.length).toBeGreaterThan(0);

  // A campaign's images begin with what was predicted: accepted as they are, and told from what was drawn.
  const classes = join(scratch, 'classes.json');
  const found: { name: string; isthing: number }[] = document.categories;
  writeFileSync(classes, JSON.stringify(found.map(({ name, isthing }) => ({ name, isthing: isthing === 1 }))));
  const begin = ['campaign', 'create', 'rest', '--dataset', 'cups', '--categories', classes, '--json'];
  const misled = await command(...begin, '--masks', 'build.0123456789abcdef');
  expect(misled).toMatchObject({ status: 2, stderr: expect.stringContaining('expected --start predicted') });
  const begun = await command(...begin, '--start', 'predicted', '--wait');
  expect(begun.status, begun.stderr).toBe(0);
  expect(lastLine(begun.stdout)).toMatchObject({ start: { from: 'predicted', others: 'refuse' } });
  const { url } = JSON.parse(readFileSync(join(env.SALTWORKS_HOME, 'stack.json'), 'utf8'));
  const key = readFileSync(join(env.SALTWORKS_HOME, 'api-key'), 'utf8').trim();
  const ask = async (method: string, address: string, body?: object) => {
    const headers = { authorization: `Bearer ${key}`, ...(body && { 'content-type': 'application/json' }) };
    const answer = await fetch(`${url}/api/${address}`, { method, headers, body: body && JSON.stringify(body) });
    expect(answer.status, address).toBe(200);
    const text = await answer.text();
    return text === '' ? null : JSON.parse(text);
  };
  for (;;) {
    const next = await ask('POST', 'campaigns/rest/next');
    if (next === null) break;
    const { drawing } = await ask('GET', `assignments/${next.id}`);
    const origins = new Set(drawing.strokes.map(({ origin }: { origin?: string }) => origin));
    if (next.image.name === 'coffee.jpg') {
      // It taught: nothing was predicted of it.
      expect(drawing.strokes).toEqual([]);
      await ask('POST', `assignments/${next.id}/skip`, { reason: 'it taught' });
      continue;
    }
    expect(origins).toEqual(new Set(['predicted']));
    await ask('POST', `assignments/${next.id}/submit`);
  }
  const accepted = join(scratch, 'accepted');
  const handed = await command('campaign', 'export', 'rest', '--format', 'coco-panoptic', '--out', accepted);
  expect(handed.status, handed.stderr).toBe(0);
  const given = JSON.parse(readFileSync(join(accepted, 'panoptic.json'), 'utf8'));
  expect(given.images.map(({ file_name }: { file_name: string }) => file_name)).toEqual(['piece-0.jpg', 'piece-1.jpg']);
  for (const image of given.images) expect(image).toMatchObject({ origin: 'predicted' });
  for (const { segments_info } of given.annotations)
    for (const segment of segments_info) expect(segment.origin).toBe('predicted');

  // Nothing predicted is exported unasked.
  const plain = join(scratch, 'plain');
  const refused = await command('dataset', 'export', 'cups', '--format', 'coco-panoptic', '--out', plain);
  expect([refused.status, refused.stderr]).toEqual([2, expect.stringContaining('no masks of cups')]);
  await command('propagate', 'cups');
  const drawn = await command('dataset', 'export', 'cups', '--format', 'coco-panoptic', '--out', plain);
  expect(drawn.status, drawn.stderr).toBe(0);
  const own = JSON.parse(readFileSync(join(plain, 'panoptic.json'), 'utf8'));
  expect(own.images.map(({ file_name }: { file_name: string }) => file_name)).toEqual(['coffee.jpg']);
  expect(own.info.origin).toBeUndefined();

  // Beside the corpus it is another mask, under another name.
  const refusedPaper = await command('propagate', 'cups', '--corpus', '--preset', 'paper');
  expect([refusedPaper.status, refusedPaper.stderr]).toEqual([2, expect.stringContaining('expected walk')]);
  const heard = await command('propagate', 'cups', '--corpus', '--json');
  expect(lastLine(heard.stdout)).toMatchObject({ images: 1, done: 1, failed: 0 });
  const beside = join(scratch, 'beside');
  const both = await command('dataset', 'export', 'cups', '--corpus', '--format', 'coco-panoptic', '--out', beside);
  expect(both.status, both.stderr).toBe(0);
  expect(readFileSync(join(beside, 'panoptic.json'), 'utf8')).toContain('coffee.jpg');
  await stack.stop();
}, 600_000);
