// A campaign put into the archive and out of it, deleted and restored, on the pages and by the command; and gone at last.
import { copyFileSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openCampaign, startStack } from '../bench/stack.mjs';
import { chromium, launch, signInBy } from '../scripts/chromium.mjs';
import { serious } from './axe.ts';
import { root } from './saltworks.ts';

const path = chromium();
const id = 'cups';
const slow = { timeout: 120_000, interval: 500 };

describe.skipIf(!path)(`campaigns that are put away${path ? '' : ' (skipped: no Chromium)'}`, () => {
  let stack: Awaited<ReturnType<typeof startStack>>;
  let browser: Browser;
  let page: Page;
  beforeAll(async () => {
    stack = await startStack();
    const images = mkdtempSync(join(tmpdir(), 'saltworks-shelf-'));
    copyFileSync(join(root, 'examples/images/coffee.jpg'), join(images, 'coffee.jpg'));
    await openCampaign(stack, { id, images });
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
  const cards = () => page.locator('li.card h2').allTextContents();

  test('the archive hides a campaign, a switch shows it, and it comes out as it was', async () => {
    await page.goto(`${stack.url}/campaigns/${id}/settings`);
    await page.getByRole('button', { name: 'Archive', exact: true }).click();
    await page.getByText('In the archive: it is only read').waitFor();
    await page.goto(`${stack.url}/`);
    await page.getByText('There is none yet').waitFor();
    await show('archived');
    await page.locator('.tag', { hasText: 'archived' }).waitFor();
    expect(await cards()).toHaveLength(1);
    expect(await serious(page)).toEqual([]);
    expect(() => stack.run('campaign', 'set', id, '--annotators', '2')).toThrow(/is archived; expected it/);
    await page.goto(`${stack.url}/campaigns/${id}/settings`);
    await page.getByRole('button', { name: 'Take out of the archive' }).click();
    await page.getByRole('button', { name: 'Archive', exact: true }).waitFor();
    expect(stack.run('campaign', 'ls')).toMatch(/^cups +open/m);
  });

  test('a deleted one asks for its name, is gone from lists, and is restored', async () => {
    await page.getByRole('button', { name: 'Delete this campaign' }).click();
    const dialog = page.getByRole('dialog');
    const act = dialog.getByRole('button', { name: 'Delete', exact: true });
    await dialog.getByLabel('Type cups to confirm').fill('cup');
    expect(await act.isDisabled()).toBe(true);
    expect(await serious(page)).toEqual([]);
    await dialog.getByLabel('Type cups to confirm').fill('cups');
    await act.click();
    await page.waitForURL('**/?show=deleted');
    await page.getByText(/deleted .*, goes for good/).waitFor();
    expect(stack.run('campaign', 'ls')).toBe('');
    expect(() => stack.run('campaign', 'status', id)).toThrow(/no such campaign/);
    await page.getByRole('button', { name: /^Restore / }).click();
    await page.getByText('None.', { exact: true }).waitFor();
    await show('current');
    await page.locator('li.card').waitFor();
    expect(stack.run('campaign', 'status', id)).toContain('cups: ');
  });

  test('the command deletes and restores, and without a grace period it goes for good', async () => {
    expect(stack.run('campaign', 'archive', id)).toBe('archived: cups\n');
    expect(stack.run('campaign', 'ls', '--show', 'archived')).toContain('cups');
    expect(stack.run('campaign', 'unarchive', id)).toBe('out of the archive: cups\n');
    expect(stack.run('campaign', 'delete', id)).toMatch(
      /^deleted: cups; saltworks campaign restore cups brings it back until \d{4}-/,
    );
    expect(stack.run('campaign', 'restore', id)).toBe('restored: cups\n');
    expect(stack.run('campaign', 'delete', id, '--now')).toBe('deleted: cups, for good\n');
    expect(() => stack.run('campaign', 'restore', id)).toThrow(/its grace period has ended|no such campaign/);
    await expect.poll(() => stack.run('campaign', 'ls', '--show', 'deleted'), slow).toBe('');
    // Its dataset is there, and the id is free.
    expect(stack.run('dataset', 'ls')).toContain(id);
    expect(stack.run('audit', 'verify')).toContain('entries');
    expect(stack.run('campaign', 'create', id, '--dataset', id, '--categories', 'cup')).toContain(
      'campaign cups on cups',
    );
  });
});
