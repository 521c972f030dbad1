import { join } from 'node:path';
import type { BuildImageInfo } from '@saltworks/contract/api/builds';
import { maskKey } from '@saltworks/contract/layout';
import { rasterise } from '@saltworks/core/seeds/seeds';
import { openStore } from '@saltworks/store/objects/open';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  type AnnotatorsPage,
  begin,
  browserPath,
  type Opened,
  openAnnotatorsPage,
  pixelsOf,
  slow,
  status,
  unlessSkipped,
} from './annotators-page.ts';
import { draw } from './draw.ts';

describe.skipIf(!browserPath)(`exact strokes and locks on the page${unlessSkipped}`, () => {
  let cups: AnnotatorsPage;
  let page: Page;
  let assignment: string;
  let errors: string[];

  const read = () => cups.drawingOf(assignment);
  const answered = () => cups.answered(page, assignment);
  /** The pixels on the page, from its own threads, for the first n interactions. */
  const onPage = (n: number): Promise<number[] | undefined> =>
    page.evaluate((n) => {
      const { pixels } = globalThis as unknown as { pixels?: { n: number; ids: Uint32Array } };
      return pixels?.n === n ? [...pixels.ids] : undefined;
    }, n);
  const exactOf = ({ image, drawing: { strokes, locks } }: Opened) =>
    rasterise({ image, segments: [], strokes, locks }).exact!;
  /** A mask with these pixels changed. */
  const changed = (ids: Uint32Array, { pixels, ids: own }: { pixels: Int32Array; ids: Int32Array }) => {
    const after = ids.slice();
    pixels.forEach((pixel, i) => {
      after[pixel] = own[i];
    });
    return after;
  };

  beforeAll(async () => {
    cups = await openAnnotatorsPage();
    const context = await cups.signIn('exa', 'annotator');
    await context.addInitScript({
      content: `globalThis.Worker = class extends Worker {
        constructor(...args) {
          super(...args);
          this.addEventListener('message', ({ data }) => {
            if (data && data.kind === 'pixel') globalThis.pixels = data;
          });
        }
      };`,
    });
    ({ page, errors } = await cups.annotate(context));
    ({ id: assignment } = await cups.mine('exa'));
  });
  afterAll(() => cups?.close());

  test('“only here” changes exactly the pixels drawn, whatever the tool; undo takes them back', async () => {
    await begin(page);
    const before = await answered();
    await page.keyboard.press('1');
    await page.keyboard.press('o');
    await page.keyboard.press('Shift+B');
    await draw(page, [0.2, 0.25], [0.32, 0.3]);
    const drawn = await answered();
    expect(drawn.drawing.strokes.at(-1)).toMatchObject({ segment: 1, exact: true, spread: false });
    const { pixels, ids } = exactOf(drawn);
    expect(pixels.length).toBeGreaterThan(50);
    expect(new Set(ids)).toEqual(new Set([1]));
    expect(drawn.ids).toEqual(changed(before.ids, exactOf(drawn)));
    expect(drawn.ids).not.toEqual(before.ids);
    // The page shows the same pixels, by its own solve.
    await expect.poll(async () => (await onPage(drawn.n))?.length, slow).toBe(before.ids.length);
    const shown = (await onPage(drawn.n))!;
    expect(Array.from(pixels, (pixel) => shown[pixel])).toEqual([...ids]);

    await page.keyboard.press('z');
    expect((await answered()).ids).toEqual(before.ids);
    await page.keyboard.press('y');
    expect((await answered()).ids).toEqual(drawn.ids);

    // A polygon, closed by a key; then a part of it rubbed out.
    const box = (await page.locator('.stage canvas').nth(1).boundingBox())!;
    await page.keyboard.press('q');
    for (const [u, v] of [
      [0.7, 0.2],
      [0.8, 0.2],
      [0.8, 0.35],
    ]) {
      await page.mouse.click(box.x + u * box.width, box.y + v * box.height);
    }
    await page.keyboard.press('Enter');
    const enclosed = await answered();
    expect(enclosed.drawing.strokes.at(-1)).toMatchObject({ segment: 1, polygon: true, exact: true, spread: false });
    expect(enclosed.ids).toEqual(changed(before.ids, exactOf(enclosed)));
    await page.keyboard.press('a');
    await draw(page, [0.78, 0.15], [0.79, 0.4]);
    const rubbed = await answered();
    expect(rubbed.drawing.strokes.at(-1)).toMatchObject({ segment: 0, exact: true, spread: false });
    expect(rubbed.ids).toEqual(changed(before.ids, exactOf(rubbed)));
    expect(rubbed.ids).not.toEqual(enclosed.ids);

    // A part that is wrong becomes the segment by one click.
    await page.keyboard.press('n');
    await page.keyboard.press('t');
    await expect.poll(async () => (await onPage((await read()).n)) !== undefined, slow).toBe(true);
    await page.mouse.click(box.x + 0.26 * box.width, box.y + 0.275 * box.height);
    const filled = await answered();
    expect(filled.drawing.strokes.at(-1)).toMatchObject({ segment: 2, exact: true, spread: false });
    expect(filled.ids).toEqual(changed(before.ids, exactOf(filled)));
    expect(filled.ids.filter((id) => id === 2).length).toBeGreaterThan(50);
    expect(errors).toEqual([]);
  });

  test('a lock holds its pixels against later strokes, and its segment takes none until it is unlocked', async () => {
    await page.keyboard.press('1');
    await page.keyboard.press('o');
    const before = await answered();
    await expect.poll(async () => (await onPage(before.n)) !== undefined, slow).toBe(true);
    await page.getByRole('button', { name: 'Lock thing 1' }).click();
    await status(page, /^thing 1 is locked/);
    const locked = await answered();
    expect(locked.drawing.locks).toEqual([{ segment: 1, region: expect.any(Array) }]);
    const own = exactOf(locked).pixels.filter((pixel) => locked.ids[pixel] === 1);
    expect(own.length).toBeGreaterThan(500);
    await page.keyboard.press('b');
    await draw(page, [0.4, 0.4], [0.6, 0.4]);
    await status(page, /^thing 1 is locked: V unlocks it/);
    expect((await read()).n).toBe(locked.n);

    // Another segment across it, both ways, and the background.
    await page.keyboard.press('2');
    await page.keyboard.press('b');
    await draw(page, [0.4, 0.45], [0.6, 0.55]);
    await page.keyboard.press('Shift+B');
    await draw(page, [0.4, 0.55], [0.6, 0.45]);
    await page.keyboard.press('0');
    await page.keyboard.press('b');
    await draw(page, [0.5, 0.4], [0.5, 0.6]);
    const after = await answered();
    expect(after.drawing.strokes.length).toBe(locked.drawing.strokes.length + 3);
    expect(Array.from(own, (pixel) => after.ids[pixel])).toEqual(Array.from(own, () => 1));

    await page.keyboard.press('1');
    await page.keyboard.press('v');
    const unlocked = await answered();
    expect(unlocked.drawing.locks).toBeUndefined();
    expect(unlocked.ids).not.toEqual(after.ids);
    await page.keyboard.press('z');
    expect((await answered()).ids).toEqual(after.ids);
    expect(errors).toEqual([]);
  });

  test('segments are merged, split and hidden by keys; what has no label is shown', async () => {
    const { n } = await answered();
    await expect.poll(async () => (await onPage(n)) !== undefined, slow).toBe(true);
    await page.keyboard.press('j');
    await status(page, /^1 of \d+ without a label: \d+ pixels\.$/);
    const rows = page.getByRole('list', { name: 'Segments of this image' }).locator('li > button');
    await page.keyboard.press('2');
    await page.keyboard.press('Shift+H');
    await page.getByRole('button', { name: 'Show thing 2' }).waitFor();
    await page.keyboard.press('Shift+H');
    await page.getByRole('button', { name: 'Hide thing 2' }).waitFor();
    // Each segment's share, and that of what has none.
    await expect.poll(() => rows.nth(2).textContent(), slow).toMatch(/thing 2(< )?\d+(\.\d)? %/);
    await expect.poll(() => rows.nth(0).textContent(), slow).toMatch(/unlabelled\d+(\.\d)? %/);
    // Two parts, whatever the picture says.
    await page.keyboard.press('o');
    await page.keyboard.press('n');
    await page.keyboard.press('Shift+B');
    await draw(page, [0.2, 0.8], [0.22, 0.8]);
    await draw(page, [0.3, 0.8], [0.32, 0.8]);
    const three = await answered();
    expect(three.drawing.segments.map(({ id }) => id)).toEqual([1, 2, 3]);
    await expect.poll(async () => (await onPage(three.n)) !== undefined, slow).toBe(true);
    await page.keyboard.press('Shift+S');
    const split = await answered();
    expect(split.drawing.segments.map(({ id }) => id)).toEqual([1, 2, 3, 4]);
    expect(split.ids).toContain(3);
    expect(split.ids).toContain(4);
    expect(split.ids.map((id) => (id === 4 ? 3 : id))).toEqual(three.ids);
    // Escape takes the question back: the next number chooses.
    await page.keyboard.press('Shift+M');
    await status(page, /^Which segment takes thing 3 in\?/);
    await page.keyboard.press('Escape');
    await status(page, /^(?!Which)/);
    await page.keyboard.press('2');
    await page.keyboard.press('3');
    expect((await read()).drawing).toEqual(split.drawing);
    await page.keyboard.press('Shift+M');
    await status(page, /^Which segment takes thing 3 in\?/);
    await page.keyboard.press('2');
    const merged = await answered();
    expect(merged.drawing.segments.map(({ id }) => id)).not.toContain(3);
    expect(merged.ids).not.toContain(3);
    expect(merged.drawing.strokes.every(({ segment }) => segment !== 3)).toBe(true);
    expect(errors).toEqual([]);
  });

  test('exact pixels and locks survive a relabelling to the pixel', async () => {
    const { image, mask, ...opened } = await answered();
    const { pixels, ids } = exactOf({ image, mask, ...opened });
    await page.keyboard.press('Enter');
    await expect
      .poll(
        async () => ((await cups.stack.admin('GET', `/api/assignments/${assignment}`)) as { state: string }).state,
        slow,
      )
      .toBe('submitted');
    const lines = cups.stack
      .run('relabel', 'cups', '--backbone', 'dinov2-small-focus', '--preset', 'paper', '--json')
      .trim()
      .split('\n');
    const { build } = JSON.parse(lines.at(-1)!) as { build: string };
    const made = (await cups.stack.admin(
      'GET',
      `/api/builds/campaign:cups/${build}/images/${image.id}`,
    )) as BuildImageInfo;
    expect(made.mask).not.toBe(mask);
    const store = openStore(join(cups.stack.home, 'objects'), () => ({}));
    const after = await pixelsOf(await store.get(maskKey(made.mask!, '.png')));
    expect(Array.from(pixels, (pixel) => after[pixel])).toEqual([...ids]);
    expect(after).not.toEqual(opened.ids);
  });
});
