/** Labels of another tool, corrected on the page: a folder of labelme begins a campaign, two strokes correct it, COCO comes out. */
import { copyFileSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeImage } from '@saltworks/backbone/image/decode';
import type { Drawing } from '@saltworks/contract/api/interactions';
import { decodePanoptic } from '@saltworks/core/mask/mask';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startStack } from '../bench/stack.mjs';
import { launch, signInBy } from '../scripts/chromium.mjs';
import { browserPath, saved, slow, status, unlessSkipped } from './annotators-page.ts';
import { draw } from './draw.ts';
import { root } from './saltworks.ts';

const id = 'kitchen';
/** Rectangles: left, top, right, bottom, the last pixels included. */
const boxes = {
  'coffee.jpg': { cup: [180, 40, 400, 280], saucer: [60, 290, 500, 380] },
  'chelsea.png': { cat: [100, 50, 300, 250] },
} as const;

describe.skipIf(!browserPath)(`an image that begins with imported labels${unlessSkipped}`, () => {
  let stack: Awaited<ReturnType<typeof startStack>>;
  let browser: Browser;
  let page: Page;
  const errors: string[] = [];
  const ask = <Answer>(address: string) => stack.admin('GET', address) as Promise<Answer>;
  const decoded = async (file: string) => decodePanoptic(await decodeImage(readFileSync(file)));

  beforeAll(async () => {
    stack = await startStack();
    const folder = mkdtempSync(join(tmpdir(), 'saltworks-start-'));
    for (const [name, shapes] of Object.entries(boxes)) {
      copyFileSync(join(root, 'examples/images', name), join(folder, name));
      const document = {
        ...{ version: '5.5.0', flags: {}, imagePath: name, imageData: null },
        shapes: Object.entries(shapes).map(([label, [left, top, right, bottom]]) => ({
          ...{ label, shape_type: 'polygon', group_id: null, flags: {} },
          // Around the centres of exactly these pixels, wherever a tool sees centres.
          points: [
            [left - 0.25, top - 0.25],
            [right + 0.75, top - 0.25],
            [right + 0.75, bottom + 0.75],
            [left - 0.25, bottom + 0.75],
          ],
        })),
      };
      writeFileSync(join(folder, name.replace(/\.\w+$/, '.json')), JSON.stringify(document));
    }
    stack.run('dataset', 'import', folder, '--name', id, '--labels', 'labelme');
    browser = await launch(browserPath);
    const context = await browser.newContext({ viewport: { width: 1000, height: 700 } });
    page = await context.newPage();
    page.setDefaultTimeout(60_000);
    page.on('pageerror', ({ message }) => errors.push(message));
    await signInBy(page, stack.run('account', 'link').trim());
  });
  afterAll(async () => {
    await browser?.close();
    await stack?.stop();
  });

  test('the form refuses classes that the campaign lacks, unless they are to be background', async () => {
    await page.goto(`${stack.url}/campaigns/new`);
    await page.getByLabel('Name', { exact: true }).fill(id);
    await page.getByLabel('Dataset').selectOption(id);
    await page.getByLabel('Add classes').fill('Cup, saucer');
    await page.keyboard.press('Enter');
    await page.getByLabel('Images begin with').selectOption({ label: 'their known masks' });
    await page.getByRole('button', { name: 'Create campaign' }).click();
    await page.getByText(`known masks of ${id} have the classes cat, which the campaign lacks`).waitFor();
    await page.getByLabel('Their other classes').selectOption('background');
    await page.getByRole('button', { name: 'Create campaign' }).click();
    await page.waitForURL(`**/campaigns/${id}`);
    const filled = async () => (await ask<{ filled: boolean }>(`/api/campaigns/${id}/progress`)).filled;
    await expect.poll(filled, slow).toBe(true);
    await page.goto(`${stack.url}/campaigns/${id}/settings`);
    await page.getByText('their known masks; classes that the campaign lacks are background').waitFor();
  });

  test('imported labels are accepted as they are, or corrected by two strokes, and exported to COCO', async () => {
    const opened = async () => {
      await page.locator('.stage[aria-busy=false]').waitFor();
      await status(page, /^Imported labels: accept them as they are, or correct them/);
      const [own] = await ask<{ id: string; state: string; image: { name: string } }[]>(
        `/api/campaigns/${id}/assignments`,
      );
      return own;
    };
    await page.goto(`${stack.url}/campaigns/${id}/annotate`);
    const first = await opened();
    expect(first.image.name).toBe('chelsea.png');
    // The cat is background here: nothing is there.
    await page.getByRole('button', { name: 'Accept as it is' }).click();

    await expect.poll(() => page.locator('.what').textContent(), slow).toContain('coffee.jpg');
    const { id: assignment } = await opened();
    const rows = page.getByRole('list', { name: 'Segments of this image' }).getByRole('button', { name: 'imported' });
    expect(await rows.allTextContents()).toEqual([expect.stringMatching(/^Cup 1/), expect.stringMatching(/^saucer 1/)]);
    // The rubber takes a corner of the cup away; an ordinary stroke gives the saucer a line of the background.
    await page.keyboard.press('a');
    await draw(page, [0.35, 0.15], [0.4, 0.2]);
    await page.keyboard.press('2');
    await page.keyboard.press('b');
    await draw(page, [0.1, 0.2], [0.15, 0.4]);
    await saved(page, /^Saved$/);
    await status(page, /^Mask up to date$/);
    const { drawing } = await ask<{ drawing: Drawing }>(`/api/assignments/${assignment}`);
    const drawn = drawing.strokes.filter(({ origin }) => !origin);
    expect(drawn).toMatchObject([{ segment: 0, exact: true }, { segment: 2 }]);
    expect(drawn[1].exact).toBeUndefined();
    await page.getByRole('button', { name: 'Submit' }).click();
    await page.getByRole('heading', { name: 'Nothing left to do' }).waitFor();

    const out = mkdtempSync(join(tmpdir(), 'saltworks-start-out-'));
    stack.run('campaign', 'export', id, '--format', 'coco-panoptic', '--out', out);
    const { images, annotations, categories } = JSON.parse(readFileSync(join(out, 'panoptic.json'), 'utf8')) as {
      images: { id: number; file_name: string; origin?: string; corrected?: boolean }[];
      annotations: { image_id: number; file_name: string; segments_info: { id: number; category_id: number }[] }[];
      categories: { id: number; name: string }[];
    };
    const of = (name: string) => {
      const image = images.find(({ file_name }) => file_name === name)!;
      return annotations.find(({ image_id }) => image_id === image.id)!;
    };
    expect(of('chelsea.png').segments_info).toEqual([]);
    // What was imported is told apart from what was drawn.
    expect(images).toMatchObject([{ origin: 'imported' }, { origin: 'imported', corrected: true }]);
    expect(images[0].corrected).toBeUndefined();
    const { file_name, segments_info } = of('coffee.jpg');
    const named = segments_info.map(({ id, category_id }) => [
      id,
      categories.find(({ id }) => id === category_id)?.name,
    ]);
    expect(named).toEqual([
      [1, 'Cup'],
      [2, 'saucer'],
    ]);
    // What was imported, but for the pixels under the two strokes.
    const { ids, width, height } = await decoded(join(out, 'panoptic', file_name));
    const within = (x: number, y: number, [left, top, right, bottom]: readonly [number, number, number, number]) =>
      x >= left && x <= right && y >= top && y <= bottom;
    const near = (x: number, y: number, { points, radius }: Drawing['strokes'][number]) =>
      points.some(([bx, by], i) => {
        const [ax, ay] = points[Math.max(0, i - 1)];
        const length2 = (bx - ax) ** 2 + (by - ay) ** 2;
        const t = length2 && Math.min(1, Math.max(0, ((x - ax) * (bx - ax) + (y - ay) * (by - ay)) / length2));
        return Math.hypot(ax + t * (bx - ax) - x, ay + t * (by - ay) - y) <= Math.max(radius, Math.SQRT1_2);
      });
    const { cup, saucer } = boxes['coffee.jpg'];
    let wrong = 0;
    const corrected = [0, 0];
    for (let i = 0; i < width * height; i++) {
      const [x, y] = [i % width, Math.floor(i / width)];
      const known = within(x, y, saucer) ? 2 : within(x, y, cup) ? 1 : 0;
      const by = drawn.findLastIndex((stroke) => near(x, y, stroke));
      if (by >= 0 && drawn[by].segment !== known) corrected[by]++;
      if (ids[i] !== (by >= 0 ? drawn[by].segment : known)) wrong++;
    }
    expect(wrong).toBe(0);
    for (const pixels of corrected) expect(pixels).toBeGreaterThan(50);
    expect(errors).toEqual([]);
  });
});
