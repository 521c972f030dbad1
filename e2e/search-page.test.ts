/** "Where else?" on the pages: an example on one photograph finds the others, which are tagged and become a campaign. */
import { copyFileSync, mkdirSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Assignment } from '@saltworks/contract/api/assignments';
import type { SavedFilter } from '@saltworks/contract/api/filters';
import type { Browser, Page } from 'playwright-core';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startStack } from '../bench/stack.mjs';
import { chromium, launch, signInBy } from '../scripts/chromium.mjs';
import { serious, tooWide } from './axe.ts';
import { deeds } from './drawn-campaign.ts';
import { root } from './saltworks.ts';

const path = chromium();
const slow = { timeout: 120_000, interval: 200 };

describe.skipIf(!path)(`where else${path ? '' : ' (skipped: no Chromium)'}`, () => {
  let stack: Awaited<ReturnType<typeof startStack>>;
  let browser: Browser;
  let page: Page;
  const errors: string[] = [];
  const ask = <Answer>(method: string, address: string, body?: unknown) =>
    stack.admin(method, address, body) as Promise<Answer>;

  /** A photograph that was drawn on, two pieces of it, and others. */
  beforeAll(async () => {
    stack = await startStack();
    const folder = mkdtempSync(join(tmpdir(), 'saltworks-search-page-'));
    const [images, scribbles] = ['images', 'scribbles'].map((name) => join(folder, name));
    for (const each of [images, scribbles]) mkdirSync(each);
    for (const name of ['coffee.jpg', 'raccoon.jpg', 'flower.jpg']) {
      copyFileSync(join(root, 'examples/images', name), join(images, name));
    }
    copyFileSync(join(root, 'examples/scribbles/coffee.json'), join(scribbles, 'coffee.json'));
    const { width, height } = await sharp(join(images, 'coffee.jpg')).metadata();
    for (const [i, left] of [0.05, 0.1].entries()) {
      await sharp(join(images, 'coffee.jpg'))
        .extract({ left: Math.round(left * width), top: 0, width: Math.round(0.85 * width), height })
        .jpeg()
        .toFile(join(images, `piece-${i}.jpg`));
    }
    stack.run('dataset', 'import', images, '--scribbles', scribbles, '--name', 'cups');
    stack.run('campaign', 'create', 'cups', '--dataset', 'cups', '--categories', 'cup,saucer,spoon', '--wait');
    stack.run('propagate', 'cups');
    browser = await launch(path);
    page = await (await browser.newContext({ viewport: { width: 1400, height: 1000 } })).newPage();
    page.setDefaultTimeout(30_000);
    page.on('pageerror', ({ message }) => errors.push(message));
    await signInBy(page, stack.run('account', 'link').trim());
  });

  afterAll(async () => {
    await browser?.close();
    await stack?.stop();
  });

  const names = (on = page) => on.locator('[data-cell] .name').allTextContents();
  /** Both pieces come first, with a place outlined in each. */
  async function expectPieces(on: Page) {
    await on.getByRole('list', { name: 'Places' }).waitFor(slow);
    expect((await names(on)).slice(0, 2).sort()).toEqual(['piece-0.jpg', 'piece-1.jpg']);
    expect(await names(on)).toHaveLength(4);
    const outlines = on.locator('.place rect:not(.under)');
    expect(await outlines.count()).toBe(4);
    const box = await outlines.first().boundingBox();
    const photograph = await on.locator('.place .photograph').first().boundingBox();
    expect(box!.width > 4 && box!.width <= photograph!.width && box!.x >= photograph!.x - 3).toBe(true);
  }

  test('a segment of a mask is asked for, and the places are shown', async () => {
    await page.goto(`${stack.url}/datasets/cups`);
    await page.locator('[data-cell="0"]').click();
    await page.getByRole('dialog', { name: 'coffee.jpg' }).getByRole('link', { name: 'Where else?' }).click();
    await page.getByRole('group', { name: 'Segments of coffee.jpg' }).waitFor();
    expect(await serious(page)).toEqual([]);
    await page.getByRole('button', { name: 'Where else?' }).click();
    await page.getByText('Nothing is chosen yet').waitFor();
    // By the keyboard.
    await page.getByRole('radio', { name: 'cup 1' }).focus();
    await page.keyboard.press('Space');
    await page.keyboard.press('Enter');
    await page.waitForURL(/\/datasets\/cups\/search\/[0-9a-f]{16}$/);
    await expectPieces(page);
    await page.getByText('The best 4 of 4 images, 4 of them compared in full. 0 chosen.').waitFor();
    expect(await serious(page)).toEqual([]);
    expect(await tooWide(page)).toBe(0);
  });

  test('arrows go from place to place, and one is shown large with its outline', async () => {
    await page.locator('[data-cell="0"]').focus();
    await page.keyboard.press('ArrowRight');
    expect(await page.evaluate('document.activeElement.dataset.cell')).toBe('1');
    await page.keyboard.press('Enter');
    const second = (await names())[1];
    const large = page.getByRole('dialog', { name: second });
    await large.getByText(/^Most like it at \d+, \d+; the place goes from/).waitFor();
    expect(await large.locator('rect').count()).toBe(2);
    await page.keyboard.press('ArrowRight');
    await page.getByRole('dialog', { name: (await names())[2] }).waitFor();
    await page.keyboard.press('Escape');
  });

  test('chosen images are tagged, and the tag becomes a filter and a campaign', async () => {
    await page.getByLabel('Tag the chosen').fill('cup');
    await page.getByRole('button', { name: 'Set tag' }).click();
    await page.getByText('No image is chosen').waitFor();
    await page.getByRole('button', { name: 'Choose all' }).click();
    await page.getByText('4 chosen.').waitFor();
    for (const name of (await names()).slice(2)) await page.getByLabel(`Choose ${name}`).uncheck();
    await page.getByRole('button', { name: 'Set tag' }).click();
    await page.getByText('Set of 2 images.').waitFor();
    expect(await ask('GET', '/api/tags/dataset:cups')).toEqual([{ tag: 'cup', images: 2 }]);
    await page.getByLabel('Save this filter as').fill('with-cups');
    await page.getByRole('button', { name: 'Save filter' }).click();
    const campaign = page.getByRole('link', { name: 'New campaign from this filter' });
    expect(await campaign.getAttribute('href')).toBe('/campaigns/new?dataset=cups&filter=with-cups');
    expect(await ask<SavedFilter[]>('GET', '/api/filters/dataset:cups')).toMatchObject([
      { name: 'with-cups', filter: { tag: 'cup' } },
    ]);
    await page.getByRole('link', { name: 'Images tagged cup' }).click();
    await page.getByRole('status').filter({ hasText: '2 images' }).waitFor();
  });

  test('a stroke on a picture is an example, too; the run leads to what it found', async () => {
    const { items } = await ask<{ items: { id: number; name: string }[] }>('GET', '/api/datasets/cups/images');
    const { id } = items.find(({ name }) => name === 'coffee.jpg')!;
    await page.goto(`${stack.url}/datasets/cups/search?image=${id}`);
    const picture = page.locator('.over.drawn');
    await picture.waitFor();
    const { x, y, width, height } = (await picture.boundingBox())!;
    // Over the cup, which is in the middle.
    await page.mouse.move(x + 0.46 * width, y + 0.3 * height);
    await page.mouse.down();
    await page.mouse.move(x + 0.54 * width, y + 0.45 * height, { steps: 8 });
    await page.mouse.up();
    await page.getByText('Your stroke is the example.').waitFor();
    await page.getByRole('button', { name: 'Where else?' }).click();
    await page.waitForURL(/\/datasets\/cups\/search\/[0-9a-f]{16}$/);
    await expectPieces(page);
    const found = new URL(page.url()).pathname;
    await page.goto(`${stack.url}/datasets/cups/runs`);
    await page.locator(`a[href="${found}"]`).click();
    await expectPieces(page);
    await page.goto(`${stack.url}/datasets/cups/search?image=99`);
    await page.getByText('No such image.').waitFor();
    await page.goto(`${stack.url}/datasets/cups/search/${'0'.repeat(16)}`);
    await page.getByRole('alert').filter({ hasText: 'no search 0000000000000000 of cups' }).waitFor();
  });

  test('reviewers ask from the picture that they draw on', async () => {
    const taken = await ask<Assignment>('POST', '/api/campaigns/cups/next', {});
    expect(taken.image.name).toBe('coffee.jpg');
    const interactions = deeds('coffee.jpg', 0, ['cup', 'saucer', 'spoon']);
    await ask('POST', `/api/assignments/${taken.id}/interactions`, {
      client: 'where-else',
      interactions: interactions.map((interaction, i) => ({ seq: i + 1, interaction })),
    });
    await page.goto(`${stack.url}/campaigns/cups/annotate`);
    await page.locator('.stage[aria-busy=false]').waitFor();
    const opened = page.waitForEvent('popup', slow);
    const item = page.getByRole('menuitem', { name: 'Where else?' });
    const status = page.locator('.foot');
    await expect
      .poll(async () => {
        await page.getByRole('button', { name: 'More for cup 1' }).click();
        await item.click();
        return (await status.textContent())?.includes('not labelled yet') ?? true;
      }, slow)
      .toBe(false);
    const results = await opened;
    await results.waitForURL(/\/datasets\/cups\/search\/[0-9a-f]{16}$/);
    await expectPieces(results);
    expect(errors).toEqual([]);
  });
});
