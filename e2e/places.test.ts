import { createHash } from 'node:crypto';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startStack } from '../bench/stack.mjs';
import { chromium, launch, signInBy } from '../scripts/chromium.mjs';
import { root } from './saltworks.ts';

const path = chromium();
const slow = { timeout: 60_000, interval: 100 };
const scratch = mkdtempSync(join(tmpdir(), 'saltworks-places-'));
const photos = join(scratch, 'photos');
const example = (name: string) => join(root, 'examples/images', name);

describe.skipIf(!path)(`pictures of the server${path ? '' : ' (skipped: no Chromium)'}`, () => {
  let stack: Awaited<ReturnType<typeof startStack>>;
  let browser: Browser;
  let page: Page;
  const errors: string[] = [];

  beforeAll(async () => {
    mkdirSync(join(photos, 'may', 'raw'), { recursive: true });
    copyFileSync(example('chelsea.png'), join(photos, 'may', 'chelsea.png'));
    copyFileSync(example('coffee.jpg'), join(photos, 'may', 'raw', 'coffee.jpg'));
    writeFileSync(join(photos, 'may', 'torn.png'), '\x89PNG\r\n\x1a\n torn', 'latin1');
    symlinkSync(example('coffee.jpg'), join(photos, 'may', 'outside.jpg'));
    symlinkSync(scratch, join(photos, 'up'));
    stack = await startStack({ SALTWORKS_PLACES: `photos=${photos},away=${join(scratch, 'away')}` });
    browser = await launch(path);
    const context = await browser.newContext({ viewport: { width: 1200, height: 900 } });
    page = await context.newPage();
    page.setDefaultTimeout(slow.timeout);
    page.on('pageerror', ({ message }) => errors.push(message));
    await signInBy(page, stack.run('account', 'link').trim());
  });
  afterAll(async () => {
    await browser?.close();
    await stack?.stop();
    rmSync(scratch, { recursive: true, force: true });
  });

  const items = () => page.getByRole('list', { name: 'Uploads' }).locator(':scope > li');
  const importFrom = async (place: string, below: string) => {
    await page.getByLabel('Or a place of the server').selectOption(place);
    await page.getByLabel('Folder below it').fill(below);
    await page.getByRole('button', { name: 'Import', exact: true }).click();
  };

  test('a folder below a place becomes a dataset; what failed and what leads out has its line', async () => {
    await page.goto(`${stack.url}/datasets`);
    await page.getByLabel('Name of the new dataset').fill('yard');
    await importFrom('photos', 'may');
    const item = items().filter({ hasText: 'from photos/may' });
    await item.getByText('2 new').waitFor();
    expect(await item.locator('.file-lines li').allTextContents()).toEqual([
      expect.stringMatching(/^torn\.png it cannot be read: /),
      'outside.jpg a link that leads out of its place; it is left out',
    ]);
    await page.getByRole('table').getByRole('link', { name: 'yard' }).click();
    await expect.poll(() => page.locator('.cell').count(), slow).toBe(2);
    // A schedule can read it again.
    expect(stack.run('dataset', 'ls', 'yard')).toContain(`from ${join(photos, 'may')} `);
  });

  test('paths that lead out, and folders that are not there, fail in one line', async () => {
    await page.goto(`${stack.url}/datasets/yard/uploads`);
    await importFrom('photos', '../photos');
    await page.getByText('a path below the place').waitFor();
    await importFrom('photos', 'up');
    await items()
      .getByText(/^photos\/up leads out of photos; expected a folder below it, as the worker on/)
      .waitFor();
    await importFrom('away', '');
    await items()
      .getByText(/^away: no such folder, as the worker on/)
      .waitFor();
  });

  test('more is added later from the same place, and a file that was mended is tried again', async () => {
    const item = items().filter({ hasText: 'from photos/may' });
    copyFileSync(example('chelsea.png'), join(photos, 'may', 'torn.png'));
    await item.getByRole('button', { name: 'Try again' }).click();
    await item.getByText(/^0 new, 2 were there, 1 duplicate\.$/).waitFor();
    await item.getByRole('button', { name: 'Import what is new' }).waitFor();
    await item.getByRole('button', { name: 'Dismiss' }).click();
    await expect.poll(() => item.count(), slow).toBe(0);
  });

  test('images that failed in an extraction are tried again, one or all, and become tasks once they have keys', async () => {
    const folder = join(scratch, 'lab');
    mkdirSync(folder);
    copyFileSync(example('chelsea.png'), join(folder, 'chelsea.png'));
    copyFileSync(example('coffee.jpg'), join(folder, 'coffee.jpg'));
    writeFileSync(join(folder, 'page.png'), '<!doctype html>');
    stack.run('dataset', 'import', folder, '--name', 'lab');
    const bytes = readFileSync(example('coffee.jpg'));
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    const object = join(stack.home, 'objects', 'images', sha256.slice(0, 2), `${sha256}.jpg`);
    rmSync(object);
    const categories = [{ id: 1, name: 'thing', colour: '#00ff00', isthing: true }];
    await stack.admin('POST', '/api/campaigns', { id: 'lab', name: 'Lab', dataset: 'lab', categories });
    const tasks = async () => ((await stack.admin('GET', '/api/campaigns/lab/progress')) as { tasks: number }).tasks;
    await expect.poll(tasks, slow).toBe(1);

    await page.goto(`${stack.url}/datasets/lab/failures`);
    const rows = page.getByRole('table').locator('tbody tr');
    await expect.poll(() => rows.count(), slow).toBe(2);
    writeFileSync(object, bytes);
    await page.getByRole('button', { name: 'Try again: coffee.jpg' }).click();
    await page.getByText('Tried again: 1 image made it, 1 of the dataset still failed.').waitFor();
    await expect.poll(() => rows.count(), slow).toBe(1);
    expect(await rows.textContent()).toMatch(/^page\.png.*do not decode/);
    await expect.poll(tasks, slow).toBe(2);
    await page.getByRole('button', { name: /^Try all of extracted\/.* again$/ }).click();
    await page.getByText('Tried again: 0 images made it, 1 of the dataset still failed.').waitFor();
    expect(stack.run('extract', 'lab', '--retry', 'page.png')).toContain('1 failed');
    expect(errors).toEqual([]);
  });
});
