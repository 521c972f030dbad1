/** A campaign that hears the corpus, switched on its page: page and server give a drawing the same labels. */
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Campaign } from '@saltworks/contract/api/campaigns';
import type { OpenAssignment } from '@saltworks/contract/api/open-assignments';
import type { MaskDocument } from '@saltworks/contract/documents/masks';
import { maskKey } from '@saltworks/contract/layout';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { signInBy } from '../scripts/chromium.mjs';
import {
  type AnnotatorsPage,
  browserPath,
  elsewhere,
  openAnnotatorsPage,
  saved,
  status,
  unlessSkipped,
} from './annotators-page.ts';
import { draw } from './draw.ts';
import { root } from './saltworks.ts';

const id = 'corpus';

describe.skipIf(!browserPath)(`a campaign that hears the corpus${unlessSkipped}`, () => {
  let opened: AnnotatorsPage;
  const campaign = () => opened.stack.admin('GET', `/api/campaigns/${id}`) as Promise<Campaign>;

  /** Pieces of one photograph, with what was drawn on it: they agree, so that they are heard. */
  beforeAll(async () => {
    opened = await openAnnotatorsPage();
    const { stack } = opened;
    const [images, scribbles] = ['images', 'scribbles'].map((name) =>
      mkdtempSync(join(tmpdir(), `saltworks-${name}-`)),
    );
    const drawn = JSON.parse(readFileSync(join(root, 'examples/scribbles/coffee.json'), 'utf8'));
    const { height } = drawn.image;
    const width = 540;
    const piece = (name: string, left: number, top: number) =>
      sharp(readFileSync(join(root, 'examples/images/coffee.jpg')))
        .extract({ left, top, width, height: height - top })
        .jpeg()
        .toFile(join(images, name));
    // Nobody draws on it before the page is opened.
    await piece('first.jpg', 30, 10);
    for (const left of [0, 15, 30, 45, 60]) {
      await piece(`piece-${left}.jpg`, left, 0);
      const strokes = drawn.strokes
        .map((stroke: { points: [number, number][] }) => ({
          ...stroke,
          points: stroke.points.map(([x, y]) => [x - left, y]).filter(([x]) => x > 0 && x < width),
        }))
        .filter(({ points }: { points: unknown[] }) => points.length > 0);
      writeFileSync(
        join(scribbles, `piece-${left}.json`),
        JSON.stringify({ ...drawn, image: { width, height }, strokes }),
      );
    }
    stack.run('dataset', 'import', images, '--scribbles', scribbles, '--name', id);
    const isThing = (name: string, i: number) => ({
      id: i + 1,
      name,
      colour: ['#ff8800', '#0077ff'][i],
      isthing: true,
    });
    const categories = ['cup', 'saucer'].map(isThing);
    await stack.admin('POST', '/api/campaigns', { id, name: 'Cups', dataset: id, categories });
    stack.run('campaign', 'status', id, '--wait');
  });
  afterAll(() => opened?.close());

  test('it is switched on and renewed on the page of settings; without pre-labels the page says what to do', async () => {
    const { stack, browser } = opened;
    const context = await browser.newContext();
    const page = await context.newPage();
    await signInBy(page, stack.run('account', 'link').trim());
    await page.goto(`${stack.url}/campaigns/${id}/settings`);
    const box = page.getByLabel('Hear the corpus');
    await box.click();
    await page.getByText(`${id} has no pre-labels; expected some (saltworks prelabel ${id})`).waitFor();
    const made = JSON.parse(stack.run('prelabel', id, '--json').trimEnd().split('\n').at(-1) as string);
    expect(made.trust).toBeGreaterThan(0.5);
    await box.click();
    await page.getByText('Saved.').waitFor();
    await expect.poll(() => box.isChecked()).toBe(true);
    const { corpus, solve } = await campaign();
    expect(corpus).toBe('on');
    await page.getByText(solve.corpus?.slice(0, 16) as string).waitFor();
    await page.getByRole('button', { name: 'Take the newest' }).click();
    await page.getByText('It is the newest already.').waitFor();
    await context.close();
  });

  test('labels of the page are those of the server, and not those of the strokes alone', async () => {
    const { stack } = opened;
    const context = await opened.signIn('hearing', 'annotator', id);
    const heard: number[] = [];
    context.on('response', (response) => {
      if (/\/priors\/[0-9a-f]{64}$/.test(response.url())) heard.push(response.status());
    });
    const { page, errors } = await opened.annotate(context, id);
    await page.getByRole('button', { name: 'cup +' }).click();
    await draw(page, [0.4, 0.4], [0.45, 0.4]);
    await page.keyboard.press('0');
    await draw(page, [0.2, 0.1], [0.2, 0.3]);
    // The page's own labels are the server's: other words say that they are not.
    await status(page, /^Mask up to date$/);
    await saved(page, /^Saved$/);
    expect(heard).toEqual([200]);
    const [own] = (await stack.admin('GET', `/api/campaigns/${id}/assignments`)) as { id: string }[];
    const { ids, mask } = await opened.answered(page, own.id);
    const assignment = (await stack.admin('GET', `/api/assignments/${own.id}`)) as OpenAssignment;
    const { solve } = await campaign();
    expect(assignment.options?.corpus).toBe(solve.corpus);
    const document: MaskDocument = JSON.parse(
      readFileSync(join(stack.home, 'objects', maskKey(mask, '.json')), 'utf8'),
    );
    expect(document.parameters?.corpus).toBe(solve.corpus);

    // The same strokes, taken up again once the campaign does not hear it.
    stack.run('campaign', 'set', id, '--corpus', 'off');
    expect(await elsewhere(page, `assignments/${own.id}/return`)).toBe(200);
    await page.reload();
    await status(page, /^Mask up to date$/);
    const alone = await opened.answered(page, own.id);
    expect(alone.mask).not.toBe(mask);
    expect(alone.ids).not.toEqual(ids);
    expect(heard).toEqual([200]);
    expect(errors).toEqual([]);
    await context.close();
  });

  test('segments of a model are accepted alone or together, taken back, or corrected; an export tells them apart', async () => {
    const { stack } = opened;
    const isThing = (name: string, i: number) => ({
      ...{ id: i + 1, name, isthing: true },
      colour: ['#ff8800', '#0077ff', '#009e73'][i],
    });
    await stack.admin('POST', '/api/campaigns', {
      ...{ id: 'begun', name: 'Begun', dataset: id, categories: ['cup', 'saucer', 'spoon'].map(isThing) },
      start: { from: 'predicted', others: 'background' },
    });
    stack.run('campaign', 'status', 'begun', '--wait');
    const context = await opened.signIn('accepting', 'annotator', 'begun');
    const { page, errors } = await opened.annotate(context, 'begun');
    await status(page, /^Labels of a model: accept them as they are, or correct them/);
    const rows = page.getByRole('list', { name: 'Segments of this image' }).locator('li:not(:first-child) .name');
    const words = async () => (await rows.allTextContents()).map((text) => /\w+$/.exec(text)?.[0]);
    const painted = (): Promise<string> => page.evaluate(`document.querySelector('.stage canvas').toDataURL()`);
    const predicted = await words();
    expect(predicted.length).toBeGreaterThan(1);
    expect(new Set(predicted)).toEqual(new Set(['predicted']));
    const all = predicted.map(() => 'accepted');

    await page.keyboard.press('1');
    await page.keyboard.press('Shift+O');
    await expect.poll(words).toEqual(['accepted', ...predicted.slice(1)]);
    // What waits is hatched, what was accepted is not; an undo takes it back.
    await saved(page, /^Saved$/);
    const some = await painted();
    await page.keyboard.press('Shift+E');
    await expect.poll(words).toEqual(all);
    await expect.poll(painted).not.toBe(some);
    await page.keyboard.press('z');
    await expect.poll(words).toEqual(['accepted', ...predicted.slice(1)]);
    await expect.poll(painted).toBe(some);
    await page.keyboard.press('y');
    await expect.poll(words).toEqual(all);

    // A stroke corrects the second segment.
    await page.keyboard.press('2');
    await page.keyboard.press('b');
    await draw(page, [0.05, 0.5], [0.1, 0.6]);
    await saved(page, /^Saved$/);
    await status(page, /^Mask up to date$/);
    const [own] = (await stack.admin('GET', '/api/campaigns/begun/assignments')) as { id: string }[];
    const log = await opened.logOf(own.id);
    expect(log.filter(({ client }) => client !== 'start').map(({ interaction }) => interaction.kind)).toEqual([
      'accept',
      'accept',
      'undo',
      'redo',
      'stroke',
    ]);
    await page.getByRole('button', { name: 'Submit' }).click();
    await expect.poll(() => opened.stateOf(own.id)).toBe('submitted');
    expect(errors).toEqual([]);
    await context.close();

    const out = mkdtempSync(join(tmpdir(), 'saltworks-begun-'));
    stack.run('campaign', 'export', 'begun', '--format', 'coco-panoptic', '--out', out);
    const { images, annotations } = JSON.parse(readFileSync(join(out, 'panoptic.json'), 'utf8'));
    expect(images).toMatchObject([{ origin: 'predicted', corrected: true }]);
    const segments: { id: number; origin?: string; accepted?: boolean }[] = annotations[0].segments_info;
    expect(segments.find(({ id }) => id === 1)).toMatchObject({ origin: 'predicted', accepted: true });
    const second = segments.find(({ id }) => id === 2);
    expect(second).toBeDefined();
    expect(second).not.toHaveProperty('origin');
    expect(second).not.toHaveProperty('accepted');
  });
});
