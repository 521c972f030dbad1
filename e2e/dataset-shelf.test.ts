// A dataset put into the archive and out of it, deleted and restored, on the pages and by the command; and gone at last, but for what
// another dataset has.
import { copyFileSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startStack } from '../bench/stack.mjs';
import { chromium, launch, signInBy } from '../scripts/chromium.mjs';
import { serious } from './axe.ts';
import { root, saltworks } from './saltworks.ts';

const path = chromium();
const slow = { timeout: 120_000, interval: 500 };

describe.skipIf(!path)(`datasets that are put away${path ? '' : ' (skipped: no Chromium)'}`, () => {
  let stack: Awaited<ReturnType<typeof startStack>>;
  let browser: Browser;
  let page: Page;
  let folder: string;
  beforeAll(async () => {
    stack = await startStack();
    folder = mkdtempSync(join(tmpdir(), 'saltworks-datasets-'));
    for (const name of ['coffee.jpg', 'chelsea.png'])
      copyFileSync(join(root, 'examples/images', name), join(folder, name));
    stack.run('dataset', 'import', folder, '--name', 'cups');
    const less = mkdtempSync(join(tmpdir(), 'saltworks-datasets-'));
    copyFileSync(join(folder, 'coffee.jpg'), join(less, 'coffee.jpg'));
    stack.run('dataset', 'import', less, '--name', 'mugs');
    browser = await launch(path);
    page = await (await browser.newContext({ viewport: { width: 1200, height: 900 } })).newPage();
    page.setDefaultTimeout(30_000);
    await signInBy(page, stack.run('account', 'link').trim());
  });
  afterAll(async () => {
    await browser?.close();
    await stack?.stop();
  });

  const show = (which: string) => page.getByLabel('Show', { exact: true }).selectOption(which);
  const row = (name: string) => page.locator('table.data tbody tr', { hasText: name });
  /** A command that is refused: its one line, and exit code 2. */
  const refused = async (...args: string[]) => {
    const { status, stderr } = await saltworks(args, { env: { SALTWORKS_HOME: stack.home } });
    expect([args, status, stderr.trim().split('\n').length]).toEqual([args, 2, 1]);
    return stderr;
  };

  test('the archive hides a dataset, a switch shows it, and it comes out as it was', async () => {
    await page.goto(`${stack.url}/datasets/cups/settings`);
    await page.getByRole('button', { name: 'Archive', exact: true }).click();
    await page.getByText('In the archive: it is only read').waitFor();
    await page.goto(`${stack.url}/datasets`);
    await row('mugs').waitFor();
    expect(await row('cups').count()).toBe(0);
    await show('archived');
    await row('cups').waitFor();
    expect(await serious(page)).toEqual([]);
    expect(stack.run('dataset', 'ls')).not.toContain('cups');
    expect(stack.run('dataset', 'ls', 'cups')).toMatch(/ archived \d{4}-/);
    for (const args of [
      ['dataset', 'import', folder, '--name', 'cups'],
      ['extract', 'cups'],
    ])
      expect(await refused(...args)).toMatch(/dataset cups is archived; expected it to be taken out of the archive/);
    expect(() => stack.run('campaign', 'create', 'late', '--dataset', 'cups', '--categories', 'cup')).toThrow(
      /is archived/,
    );
    await row('cups').getByRole('link').click();
    await page.locator('.tag', { hasText: 'archived' }).waitFor();
    await page.getByRole('link', { name: 'Settings' }).click();
    await page.getByRole('button', { name: 'Take out of the archive' }).click();
    await page.getByRole('button', { name: 'Archive', exact: true }).waitFor();
    expect(stack.run('dataset', 'ls')).toContain('cups');
  });

  test('a deleted one asks for its name, is refused everywhere, and is restored', async () => {
    await page.getByRole('button', { name: 'Delete this dataset' }).click();
    const dialog = page.getByRole('dialog');
    const act = dialog.getByRole('button', { name: 'Delete', exact: true });
    await dialog.getByLabel('Type cups to confirm').fill('cup');
    expect(await act.isDisabled()).toBe(true);
    expect(await serious(page)).toEqual([]);
    await dialog.getByLabel('Type cups to confirm').fill('cups');
    await act.click();
    await page.waitForURL('**/datasets?show=deleted');
    await row('cups').waitFor();
    expect(await serious(page)).toEqual([]);
    expect(stack.run('dataset', 'ls', '--show', 'deleted')).toMatch(/^cups .* deleted, goes \d{4}-/m);
    for (const args of [
      ['dataset', 'import', folder, '--name', 'cups'],
      ['dataset', 'ls', 'cups'],
      ['extract', 'cups'],
    ])
      expect(await refused(...args)).toMatch(
        /dataset cups is deleted; expected one in use \(saltworks dataset restore cups, /,
      );
    await page.getByRole('button', { name: 'Restore cups' }).click();
    await page.getByText('None.', { exact: true }).waitFor();
    await show('current');
    await row('cups').waitFor();
    expect(stack.run('dataset', 'ls', 'cups')).toContain('2 images');
  });

  test('an image is taken out by a filter, and put back; by the command, too; an import leaves its file out', async () => {
    await page.goto(`${stack.url}/datasets/cups?name=coffee`);
    await page.getByRole('button', { name: 'Take out of the dataset all that fit' }).click();
    await page.getByRole('button', { name: 'Really take out of the dataset? all that fit' }).click();
    await page.getByText('1 image taken out').waitFor();
    expect(stack.run('dataset', 'ls', 'cups')).toContain('1 images (and 1 former)');
    expect(stack.run('dataset', 'removed', 'cups')).toMatch(/^coffee\.jpg /m);
    await page.goto(`${stack.url}/datasets/cups/settings`);
    await row('coffee.jpg').waitFor();
    expect(await serious(page)).toEqual([]);
    expect(await refused('dataset', 'remove', 'cups', '--image', 'coffee.jpg')).toMatch(/no image coffee\.jpg/);
    expect(stack.run('dataset', 'import', folder, '--name', 'cups')).toContain(
      'left out: 1 picture that was taken out (dataset put-back)',
    );
    await page.getByRole('button', { name: 'Put back: coffee.jpg' }).click();
    await page.getByText('None. To take images out').waitFor();
    expect(stack.run('dataset', 'ls', 'cups')).toContain('2 images');
    expect(stack.run('dataset', 'remove', 'cups', '--image', 'chelsea.png')).toMatch(
      /^cups: 1 image taken out; saltworks dataset put-back cups brings them back until \d{4}-/,
    );
    expect(stack.run('dataset', 'put-back', 'cups', '--all')).toBe('cups: 1 image put back\n');
    expect(stack.run('dataset', 'removed', 'cups')).toBe('');
  });

  test('the command deletes and restores, not what a campaign uses; then it goes, and what is shared stays', async () => {
    expect(stack.run('dataset', 'archive', 'cups')).toBe('archived: cups\n');
    expect(stack.run('dataset', 'unarchive', 'cups')).toBe('out of the archive: cups\n');
    stack.run('campaign', 'create', 'sips', '--dataset', 'cups', '--categories', 'cup');
    expect(() => stack.run('dataset', 'delete', 'cups')).toThrow(/dataset cups has the campaign sips; expected none/);
    stack.run('campaign', 'delete', 'sips', '--now');
    await expect.poll(() => stack.run('campaign', 'ls', '--show', 'deleted'), slow).toBe('');
    expect(stack.run('dataset', 'delete', 'cups')).toMatch(
      /^deleted: cups; saltworks dataset restore cups brings it back until \d{4}-/,
    );
    expect(stack.run('dataset', 'restore', 'cups')).toBe('restored: cups\n');
    expect(stack.run('dataset', 'delete', 'cups', '--now')).toBe('deleted: cups, for good\n');
    expect(() => stack.run('dataset', 'restore', 'cups')).toThrow(/its grace period has ended|no dataset cups/);
    await expect.poll(() => stack.run('dataset', 'ls', '--show', 'deleted'), slow).toBe('');
    expect(stack.run('dataset', 'ls')).toMatch(/^mugs {2}1 images/);
    expect(stack.run('audit', 'verify')).toContain('entries');
    // The name is free; of the two pictures one was there still, and both are whole.
    expect(stack.run('dataset', 'import', folder, '--name', 'cups')).toContain('cups: 2 images (2 new');
    expect(stack.run('extract', 'mugs')).toContain('mugs: 1 images');
  });
});
