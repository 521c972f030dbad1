import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type AnnotatorsPage, begin, browserPath, openAnnotatorsPage, slow, unlessSkipped } from './annotators-page.ts';

describe.skipIf(!browserPath)(`what the annotators’ page shows${unlessSkipped}`, () => {
  let cups: AnnotatorsPage;
  let page: Page;
  let errors: string[];

  /** A hash of the picture on the stage. */
  const picture = () =>
    page.evaluate(`(() => {
      const canvas = document.querySelector('.stage canvas');
      const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
      let hash = 0;
      for (const byte of data) hash = (31 * hash + byte) | 0;
      return hash;
    })()`) as Promise<number>;
  /** Once it stays the same: labels and a new view come frames later. */
  const still = async () => {
    let before = await picture();
    const same = async () => {
      const now = await picture();
      const isSame = now === before;
      before = now;
      return isSame;
    };
    await expect.poll(same, { ...slow, interval: 300 }).toBe(true);
    return before;
  };
  const becomes = (hash: number) => expect.poll(picture, slow).toBe(hash);
  const changes = (hash: number) => expect.poll(picture, slow).not.toBe(hash);
  const percent = async () => Number.parseFloat((await page.locator('.percent').textContent())!);
  const button = (name: string) => page.getByRole('button', { name, exact: true });

  beforeAll(async () => {
    cups = await openAnnotatorsPage();
    ({ page, errors } = await cups.annotate(await cups.signIn('eye', 'annotator')));
  });
  afterAll(() => cups?.close());

  test('each switch has a button; its key does the same', async () => {
    await begin(page);
    await expect.poll(() => page.locator('.segments .area').first().textContent(), slow).toMatch(/^unlabelled\d/);
    for (const [name, key] of [
      ['Labels', 'm'],
      ['Strokes', 's'],
      ['Contours', 'l'],
      ['Patches', 'p'],
      ['Unlabelled', 'Shift+U'],
      ['Doubt', 'u'],
    ]) {
      const pressed = () => button(name).getAttribute('aria-pressed');
      const before = await pressed();
      const shown = await still();
      await button(name).click();
      await expect.poll(pressed, slow).not.toBe(before);
      await changes(shown);
      await page.keyboard.press(key);
      await expect.poll(pressed, slow).toBe(before);
      await becomes(shown);
    }
  });

  test('the plain picture shows while a key or its button is held', async () => {
    const shown = await still();
    await page.keyboard.down('.');
    await changes(shown);
    const plain = await still();
    await page.keyboard.up('.');
    await becomes(shown);
    const box = (await button('Peek').boundingBox())!;
    await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
    await page.mouse.down();
    await becomes(plain);
    await page.mouse.up();
    await becomes(shown);
  });

  test('buttons and keys zoom; a segment is shown large, and the small picture leads elsewhere', async () => {
    const whole = await percent();
    expect(await page.locator('.minimap').count()).toBe(0);
    await button('Larger').click();
    await expect.poll(percent, slow).toBeGreaterThan(whole);
    await button('Whole picture').click();
    await expect.poll(percent, slow).toBe(whole);
    await page.locator('.percent').click();
    await expect.poll(percent, slow).toBe(100);
    // As large as it may: a dot of a segment.
    await page.keyboard.press('f');
    await page.keyboard.press('1');
    await page.keyboard.press('Shift+F');
    await expect.poll(percent, slow).toBeGreaterThanOrEqual(whole);
    for (const _ of [1, 2, 3, 4]) await page.keyboard.press('+');
    await page.locator('.minimap').waitFor();
    const part = page.locator('.minimap-part');
    const before = (await part.boundingBox())!;
    await page.locator('.minimap').click({ position: { x: 6, y: 6 } });
    const after = (await part.boundingBox())!;
    expect(after.x + after.y).toBeLessThan(before.x + before.y);
    const edge = ({ x, width }: { x: number; width: number }) => x + width;
    await page.keyboard.press('ArrowRight');
    await expect.poll(async () => edge((await part.boundingBox())!), slow).toBeGreaterThan(edge(after));
    await page.keyboard.press('f');
    await page.locator('.minimap').waitFor({ state: 'detached' });
  });

  test('brightness, contrast and levels change the picture only, and stay', async () => {
    const shown = await still();
    await page.keyboard.press('Shift+P');
    const panel = page.getByRole('dialog', { name: 'Picture' });
    const brightness = panel.getByRole('slider', { name: 'Brightness' });
    await brightness.focus();
    for (const _ of [1, 2, 3]) await page.keyboard.press('ArrowRight');
    await changes(shown);
    const brighter = await still();
    await panel.getByRole('button', { name: 'Fit levels' }).click();
    expect(Number(await panel.getByRole('slider', { name: 'Brightest level' }).inputValue())).toBeGreaterThan(
      Number(await panel.getByRole('slider', { name: 'Darkest level' }).inputValue()),
    );
    await panel.getByRole('button', { name: 'As it is' }).click();
    await becomes(shown);
    await brightness.focus();
    for (const _ of [1, 2, 3]) await page.keyboard.press('ArrowRight');
    await becomes(brighter);
    await page.keyboard.press('Escape');
    await panel.waitFor({ state: 'detached' });
    expect(await button('Picture').getAttribute('aria-pressed')).toBe('true');
    await page.reload();
    await page.locator('.stage[aria-busy=false]').waitFor();
    expect(await button('Picture').getAttribute('aria-pressed')).toBe('true');
    expect(errors).toEqual([]);
  });
});
