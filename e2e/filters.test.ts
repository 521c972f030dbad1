/** From a filter to a campaign, an order and an export: on the pages, and by the command. */
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Campaign } from '@saltworks/contract/api/campaigns';
import type { ExportInfo } from '@saltworks/contract/api/exports';
import type { SavedFilter } from '@saltworks/contract/api/filters';
import type { Task } from '@saltworks/contract/api/tasks';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startStack } from '../bench/stack.mjs';
import { chromium, launch, signInBy } from '../scripts/chromium.mjs';
import { drawnCampaign } from './drawn-campaign.ts';

const path = chromium();
const slow = { timeout: 120_000, interval: 200 };
/** Names with a c: coffee.jpg, chelsea.png, camera.png. */
const withC = ['coffee.jpg', 'chelsea.png', 'camera.png'];

describe.skipIf(!path)(`filters${path ? '' : ' (skipped: no Chromium)'}`, () => {
  let stack: Awaited<ReturnType<typeof startStack>>;
  let browser: Browser;
  let page: Page;
  const errors: string[] = [];

  const ask = <Answer>(method: string, address: string, body?: unknown) =>
    stack.admin(method, address, body) as Promise<Answer>;
  const imagesOf = async (campaign: string) =>
    (await ask<{ items: Task[] }>('GET', `/api/campaigns/${campaign}/tasks`)).items.map(({ image }) => image.name);

  beforeAll(async () => {
    stack = await startStack();
    await drawnCampaign(stack, 'mugs');
    browser = await launch(path);
    page = await (await browser.newContext({ viewport: { width: 1400, height: 1000 } })).newPage();
    page.setDefaultTimeout(15_000);
    page.on('pageerror', ({ message }) => errors.push(message));
    await signInBy(page, stack.run('account', 'link').trim());
  });

  afterAll(async () => {
    await browser?.close();
    await stack?.stop();
  });

  test('a link keeps a filter, which is counted, tagged and cleared', async () => {
    await page.goto(`${stack.url}/datasets/mugs`);
    await page.getByText('4 images').first().waitFor();
    await page.getByLabel('Name', { exact: true }).fill('C');
    await page.keyboard.press('Enter');
    await page.waitForURL('**/datasets/mugs?name=C');
    await page.getByRole('status').filter({ hasText: '3 images' }).waitFor();
    await page.reload();
    await page.getByRole('status').filter({ hasText: '3 images' }).waitFor();
    await page.getByLabel('Tag all that fit').fill('night');
    await page.getByRole('button', { name: 'Set tag' }).click();
    await page.getByText('Set of 3 images.').waitFor();
    await page.getByRole('button', { name: 'Clear filters' }).click();
    await page.waitForURL('**/datasets/mugs');
    await page.goto(`${stack.url}/datasets/mugs?tag=night`);
    await page.getByRole('status').filter({ hasText: '3 images' }).waitFor();
    // One image: a tag of its own, and one taken away.
    await page.locator('[data-cell="0"]').click();
    const large = page.getByRole('dialog', { name: 'coffee.jpg' });
    await large.getByLabel('Tag', { exact: true }).fill('mm');
    await large.getByRole('button', { name: 'Add' }).click();
    await large.getByRole('button', { name: 'Take mm away' }).click();
    await expect.poll(() => large.getByLabel('Tags').textContent()).toMatch(/^night/);
    expect(await ask('GET', '/api/tags/dataset:mugs')).toEqual([{ tag: 'night', images: 3 }]);
    await page.keyboard.press('Escape');
  });

  test('a saved filter becomes a campaign of the images that fit at that moment', async () => {
    await page.getByLabel('Save this filter as').fill('nights');
    await page.getByRole('button', { name: 'Save filter' }).click();
    await page.getByRole('link', { name: 'New campaign from this filter' }).click();
    await page.waitForURL('**/campaigns/new?dataset=mugs&filter=nights');
    expect(await page.getByLabel('Images', { exact: true }).inputValue()).toBe('nights');
    await page.getByLabel('Name', { exact: true }).fill('Nights');
    await page.getByLabel('Add classes').fill('cup');
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Create campaign' }).click();
    await page.waitForURL('**/campaigns/nights');
    const { selection } = await ask<Campaign>('GET', '/api/campaigns/nights');
    expect(selection).toMatchObject({ filter: 'nights', images: 3, dataset: 'mugs' });
    stack.run('campaign', 'status', 'nights', '--wait');
    expect(await imagesOf('nights')).toEqual(withC);
  });

  test('a campaign’s filter puts images first, and becomes an export of these alone', async () => {
    await page.goto(`${stack.url}/campaigns/mugs/images?name=camera`);
    await page.getByRole('status').filter({ hasText: '1 image' }).waitFor();
    await page.getByLabel('Save this filter as').fill('cameras');
    await page.getByRole('button', { name: 'Save filter' }).click();
    await page.getByRole('button', { name: 'Give these out first' }).click();
    await page.getByText('1 image first.').waitFor();
    expect((await imagesOf('mugs'))[0]).toBe('camera.png');
    await page.getByRole('link', { name: 'Export these' }).click();
    await page.getByRole('button', { name: 'Export', exact: true }).click();
    const made = () => ask<ExportInfo[]>('GET', '/api/datasets/mugs/exports');
    await expect.poll(async () => (await made()).length, slow).toBe(1);
    expect((await made())[0].selection).toMatchObject({ filter: 'cameras', images: 1 });
    await expect
      .poll(() => page.getByRole('table', { name: 'Exports to download' }).textContent(), slow)
      .toContain('cameras, 1 image');
  });

  test('the command does the same', async () => {
    expect(stack.run('tag', 'set', 'dataset:mugs', 'people', '--image', 'astronaut.jpg')).toBe(
      'people: set of 1 image\n',
    );
    expect(stack.run('tag', 'ls', 'dataset:mugs')).toMatch(/night +3\n *people +1/);
    expect(stack.run('filter', 'save', 'cats', 'campaign:mugs', '--class', 'cat')).toBe(
      'cats: 1 image of mugs fit now\n',
    );
    expect(stack.run('filter', 'save', 'anns', 'campaign:mugs', '--annotator', 'ann@example.org')).toContain(
      '4 images',
    );
    const saved = stack.run('filter', 'save', 'faces', 'dataset:mugs', '--tag', 'people', '--json');
    expect(JSON.parse(saved)).toMatchObject({ name: 'faces', filter: { tag: 'people' }, images: 1 });
    const filters = await ask<SavedFilter[]>('GET', '/api/filters/campaign:mugs');
    expect(filters.map(({ name }) => name)).toEqual(['anns', 'cameras', 'cats']);
    expect(stack.run('filter', 'ls', 'campaign:mugs')).toContain('annotator');
    const create = ['--dataset', 'mugs', '--categories', 'person', '--filter', 'faces', '--wait'];
    expect(stack.run('campaign', 'create', 'faces', ...create)).toContain(
      'images: the 1 that faces finds now, and no others',
    );
    expect(await imagesOf('faces')).toEqual(['astronaut.jpg']);
    expect(stack.run('filter', 'first', 'cats', 'mugs')).toBe('mugs: 1 image first\n');
    expect((await imagesOf('mugs'))[0]).toBe('chelsea.png');
    const out = mkdtempSync(join(tmpdir(), 'saltworks-filters-'));
    stack.run('campaign', 'export', 'mugs', '--filter', 'cats', '--format', 'coco-panoptic', '--out', out);
    const { images } = JSON.parse(readFileSync(join(out, 'panoptic.json'), 'utf8'));
    expect(images.map(({ file_name }: { file_name: string }) => file_name)).toEqual(['chelsea.png']);
    expect(stack.run('tag', 'rm', 'dataset:mugs', 'night', '--all')).toBe('night: taken from 3 images\n');
    // The list of a campaign stays.
    expect(await imagesOf('nights')).toEqual(withC);
    expect(stack.run('filter', 'rm', 'cats', 'campaign:mugs')).toBe('cats: removed\n');
    expect(errors).toEqual([]);
  });
});
