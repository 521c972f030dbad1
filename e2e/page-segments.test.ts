/** Segments as objects on the annotators' page: cut by a line, begun like another, put in order; and what has no label. */

import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  type AnnotatorsPage,
  begin,
  browserPath,
  elsewhere,
  openAnnotatorsPage,
  saved,
  slow,
  status,
  unlessSkipped,
} from './annotators-page.ts';
import { draw } from './draw.ts';

describe.skipIf(!browserPath)(`segments on the page${unlessSkipped}`, () => {
  let cups: AnnotatorsPage;
  let page: Page;
  let assignment: string;
  let errors: string[];

  const answered = () => cups.answered(page, assignment);

  beforeAll(async () => {
    cups = await openAnnotatorsPage();
    await cups.stack.admin('PATCH', '/api/campaigns/cups', { unlabelled: 'refuse' });
    ({ page, errors } = await cups.annotate(await cups.signIn('seg', 'annotator')));
    ({ id: assignment } = await cups.mine('seg'));
  });
  afterAll(() => cups?.close());

  test('a line across a segment makes two of it, in one step that is undone and done again', async () => {
    await begin(page);
    const before = await answered();
    await page.keyboard.press('1');
    await page.keyboard.press('Shift+X');
    // One that does not reach across changes nothing.
    await draw(page, [0.02, 0.02], [0.03, 0.02]);
    await status(page, /^The line does not cut thing 1 in two: draw it from edge to edge\.$/);
    await draw(page, [0.5, 0.01], [0.5, 0.99]);
    await status(page, /^thing 1 is two segments: Z makes it one again\.$/);
    const after = await answered();
    expect(after.n).toBe(before.n + 1);
    expect(after.drawing.segments).toEqual([
      { id: 1, category: 1 },
      { id: 2, category: 1 },
    ]);
    expect(after.ids.map((id) => (id === 2 ? 1 : id))).toEqual(before.ids);
    const { width } = after.image;
    const columns = (wanted: number) =>
      [...after.ids.keys()].filter((i) => after.ids[i] === wanted).map((i) => i % width);
    const [first, second] = [columns(1), columns(2)];
    expect(second.length).toBeGreaterThan(50);
    expect(second.length).toBeLessThanOrEqual(first.length);
    // The picture lies in the middle of the stage, and so does the line.
    for (const sides of [first, second]) {
      const right = sides.filter((x) => x > width / 2).length;
      expect(Math.min(right, sides.length - right)).toBeLessThan(0.05 * sides.length);
    }

    await page.keyboard.press('z');
    expect((await answered()).ids).toEqual(before.ids);
    await page.keyboard.press('y');
    const again = await answered();
    expect(again.ids).toEqual(after.ids);
    expect(again.drawing).toEqual(after.drawing);
    const log = await cups.logOf(assignment);
    expect(log.find(({ interaction }) => interaction.kind === 'split')).toMatchObject({
      interaction: { segment: 1, into: 2 },
    });
  });

  test('a segment is begun like another, and moves in the list, by keys', async () => {
    await page.keyboard.press('2');
    await page.keyboard.press('Shift+D');
    const rows = page.getByRole('list', { name: 'Segments of this image' }).locator('li > button');
    await expect.poll(() => rows.count(), slow).toBe(4);
    await saved(page, /^Saved$/);
    const added = async () => (await cups.logOf(assignment)).at(-1);
    await expect.poll(added, slow).toMatchObject({ interaction: { kind: 'segment', id: 3, like: 2 } });
    const listed = async () => (await answered()).drawing.segments.map(({ id }) => id);
    await page.keyboard.press('Shift+ArrowUp');
    expect(await listed()).toEqual([1, 3, 2]);
    await page.keyboard.press('Shift+ArrowUp');
    expect(await listed()).toEqual([3, 1, 2]);
    await page.keyboard.press('Shift+ArrowUp');
    await status(page, /^thing 1 is the first of the list\.$/);
    await page.keyboard.press('z');
    expect(await listed()).toEqual([1, 3, 2]);
    await page.keyboard.press('Shift+ArrowDown');
    expect(await listed()).toEqual([1, 2, 3]);
    await page.keyboard.press('?');
    const sheet = page.getByRole('dialog');
    for (const text of ['a line across the segment', 'same class and values', 'up or down in the list', 'has no label'])
      await sheet.getByText(text).waitFor();
    await sheet.getByRole('button', { name: 'Close' }).click();
    // The server keeps the order, and all else.
    const { drawing } = await answered();
    await page.reload();
    await page.locator('.stage[aria-busy=false]').waitFor();
    expect((await answered()).drawing).toEqual(drawing);
    await page.getByRole('button', { name: 'Skip' }).click();
    await page.getByLabel('Why?').fill('cut up');
    await page.getByRole('dialog').getByRole('button', { name: 'Skip' }).click();
    await expect.poll(() => cups.stateOf(assignment), slow).toBe('skipped');
    // The image of before stays on the screen until the next one is there.
    await expect.poll(() => rows.count(), slow).toBeLessThan(4);
    await page.locator('.stage[aria-busy=false]').waitFor();
    await expect.poll(async () => (await cups.mine('seg', 'leased'))?.state, slow).toBe('leased');
    ({ id: assignment } = await cups.mine('seg', 'leased'));
  });

  test('what has no label is counted, marked and led to, and keeps the image from being handed in', async () => {
    await page.getByRole('button', { name: 'thing +' }).click();
    await draw(page, [0.45, 0.5], [0.55, 0.5]);
    await page.keyboard.press('0');
    await draw(page, [0.2, 0.2], [0.2, 0.8]);
    await status(page, /^Mask up to date$/);
    const { ids } = await answered();
    const count = ids.filter((id) => id === 0).length;
    expect(count).toBeGreaterThan(1000);
    const counted = `${count.toLocaleString('en')} pixels unlabelled`;
    const lead = page.getByRole('button', { name: counted });
    await lead.click();
    await status(page, /^1 of \d+ without a label: \d+ pixels\.$/);
    const marked = () => page.getByRole('button', { name: 'Unlabelled', exact: true }).getAttribute('aria-pressed');
    expect(await marked()).toBe('false');
    await page.getByRole('button', { name: 'Submit' }).click();
    await status(page, new RegExp(`^${counted}: here every pixel belongs to a segment before you hand in\\.`));
    expect(await marked()).toBe('true');
    expect(await elsewhere(page, `assignments/${assignment}/submit`)).toBe(409);
    expect(await cups.stateOf(assignment)).toBe('leased');

    // A segment in place of the background's stroke: nothing is left.
    await page.keyboard.press('z');
    await page.keyboard.press('1');
    await page.keyboard.press('n');
    await draw(page, [0.2, 0.2], [0.2, 0.8]);
    expect(new Set((await answered()).ids)).toEqual(new Set([1, 2]));
    await expect.poll(() => lead.count(), slow).toBe(0);
    await page.keyboard.press('Enter');
    await expect.poll(() => cups.stateOf(assignment), slow).toBe('submitted');
    expect(errors).toEqual([]);
  });
});
