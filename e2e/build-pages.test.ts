import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { BuildInfo } from '@saltworks/contract/api/builds';
import type { Page as Part } from '@saltworks/contract/api/fields';
import type { ComparedImage, Comparison } from '@saltworks/contract/documents/comparisons';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startStack } from '../bench/stack.mjs';
import { chromium, launch, signInBy } from '../scripts/chromium.mjs';
import { serious, tooWide } from './axe.ts';
import { draw } from './draw.ts';
import { type DrawnCampaign, drawnCampaign, type Stack } from './drawn-campaign.ts';

const path = chromium();
const slow = { timeout: 180_000, interval: 300 };

describe.skipIf(!path)(`the pages of builds${path ? '' : ' (skipped: no Chromium)'}`, () => {
  let stack: Stack;
  let drawn: DrawnCampaign;
  /** Receives what webhooks are sent. */
  const receiver = createServer((_, answer) => answer.writeHead(204).end());
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  const errors: string[] = [];
  const builds = '/campaigns/table/builds';

  const ask = <Answer>(address: string) =>
    stack.admin('GET', `/api/builds/campaign:table${address}`) as Promise<Answer>;
  const shown = async () => (await ask<{ build: BuildInfo | null }>('/shown')).build;
  const press = (...keys: string[]) =>
    keys.reduce((before, key) => before.then(() => page.keyboard.press(key)), Promise.resolve());
  const hook = () => `http://127.0.0.1:${(receiver.address() as AddressInfo).port}`;
  const slider = () => page.getByRole('slider', { name: 'Before and after' });
  const chosen = () => page.locator('.changes [aria-current]').textContent();

  beforeAll(async () => {
    await once(receiver.listen(0, '127.0.0.1'), 'listening');
    stack = await startStack({ SALTWORKS_WEBHOOK_HOSTS: hook() });
    drawn = await drawnCampaign(stack, 'table');
    browser = await launch(path);
    context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
    page = await context.newPage();
    page.setDefaultTimeout(20_000);
    page.on('pageerror', ({ message }) => errors.push(message));
    page.on('console', (message) => {
      if (/Content Security Policy/.test(message.text())) errors.push(message.text());
    });
    await signInBy(page, stack.run('account', 'link').trim());
  });

  afterAll(async () => {
    await browser?.close();
    await stack?.stop();
    receiver.close();
  });

  test('a campaign without a build says so, and is re-labelled by the form', async () => {
    await page.goto(stack.url + builds);
    await page.getByText('There is no build yet.').waitFor();
    await press('r');
    await page.getByText('Keys in detail').click();
    await page.getByLabel('Layer').fill('9');
    await page.getByLabel('Once it is made, it').selectOption('hold');
    await page.getByRole('button', { name: 'Re-label', exact: true }).click();
    await page.getByText('The last one made build').waitFor({ timeout: 180_000 });
    await expect.poll(() => page.getByRole('table', { name: 'Builds' }).locator('tbody tr').count()).toBe(2);
    await page.getByRole('link', { name: 'Compare', exact: true }).click();
    await page.waitForURL('**/compared');
  });

  test('the slider, the difference and the marks obey the keyboard', async () => {
    await page.locator('.before-after canvas').first().waitFor();
    expect(await page.locator('.changes li').count()).toBeGreaterThan(2);
    const first = await chosen();
    await press('j');
    await expect.poll(chosen).not.toBe(first);
    await press('k');
    await expect.poll(chosen).toBe(first);
    await slider().focus();
    await press('Home');
    expect(await slider().getAttribute('aria-valuetext')).toBe('all after');
    await press('ArrowRight');
    expect(await slider().getAttribute('aria-valuenow')).toBe('2');
    await expect.poll(chosen).toBe(first);
    await press('Space');
    expect(await slider().getAttribute('aria-valuenow')).toBe('100');
    await press('Space');
    expect(await slider().getAttribute('aria-valuenow')).toBe('0');
    await press('v');
    await page.getByRole('list', { name: 'Kinds of change' }).waitFor();
    await press('v');
    // Taken, and on to the next one, which is kept.
    await press('a', 'x');
    await page.getByText('1 to take, 1 to keep').waitFor();
    await press('z');
    await page.getByText('1 to take, 0 to keep').waitFor();
    await page.reload();
    await page.getByText('1 to take, 0 to keep').waitFor();
  });

  test('the slider follows the pointer', async () => {
    const stage = await page.locator('.before-after').boundingBox();
    const { x, y, width, height } = stage!;
    await page.mouse.move(x + width / 2, y + height / 2);
    await page.mouse.down();
    await page.mouse.move(x + width / 4, y + height / 2, { steps: 4 });
    await page.mouse.up();
    expect(Number(await slider().getAttribute('aria-valuenow'))).toBeCloseTo(25, -1);
  });

  test('figures by class have their tables, and the list is narrowed by class', async () => {
    await page.getByRole('figure', { name: /IoU/ }).waitFor();
    const rows = page.getByRole('table', { name: /IoU/ }).locator('tbody tr');
    expect((await rows.allInnerTexts()).join()).toContain('cup');
    const classes = page.locator('.filters select').first();
    await classes.selectOption('cat');
    await expect.poll(() => page.locator('.changes li').allInnerTexts()).toHaveLength(1);
    expect(await chosen()).toContain('chelsea.png');
    await classes.selectOption('');
  });

  test('the marked masks alone are taken, which makes a build of its own', async () => {
    const before = (await shown())!;
    await page.getByRole('button', { name: /^Take the 1 marked one/ }).click();
    await page.getByRole('button', { name: /^Really take the 1 marked one/ }).click();
    await page.waitForURL(`**${builds}`);
    const now = (await shown())!;
    expect([now.id === before.id, now.base]).toEqual([false, before.id]);
    await page.getByRole('button', { name: /^Roll back/ }).waitFor();
  });

  test('rolling back says what it goes back to, and asks twice', async () => {
    const { build, back } = await ask<{ build: BuildInfo; back: BuildInfo }>('/shown');
    await page.getByText(`Goes back to ${back.id.slice(0, 8)}`).waitFor();
    await page.getByRole('button', { name: /^Roll back/ }).click();
    expect((await shown())!.id).toBe(build.id);
    await page.getByRole('button', { name: /^Really roll back/ }).click();
    await expect.poll(async () => (await shown())!.id, slow).toBe(back.id);
  });

  test('a build’s own page tells of its keys, and where a mask comes from', async () => {
    const { items } = await ask<Part<BuildInfo>>('');
    const held = items.find(({ settings }) => settings?.layer === 9)!;
    await page.goto(`${stack.url}${builds}/${held.id}`);
    await page.getByText('layer 9').first().waitFor();
    await page.locator('.cell', { hasText: 'chelsea.png' }).click();
    const lineage = page.getByRole('region', { name: 'Where this mask comes from' });
    await expect.poll(() => lineage.textContent(), slow).toMatch(/ann.*interactions/s);
    await press('Escape');
    await page.getByRole('button', { name: 'Export' }).click();
    await page.getByRole('link', { name: 'ZIP' }).waitFor({ timeout: 120_000 });
  });

  test('a dataset’s mask sets call builds builds, and name the one that is shown', async () => {
    await page.goto(`${stack.url}/datasets/table`);
    const sets = page.locator('.filters select').first().locator('option');
    await expect
      .poll(() => sets.allInnerTexts(), slow)
      .toEqual(expect.arrayContaining([expect.stringMatching(/^Build [0-9a-f]{8}, shown now · Campaign table/)]));
  });

  test('a class that was renamed goes by its new name, in comparisons and on the dataset’s page', async () => {
    const { items } = await ask<Part<BuildInfo>>('');
    const held = items.find(({ settings }) => settings?.layer === 9)!;
    stack.run('campaign', 'classes', 'table', '--rename', 'cup=mug');
    try {
      await page.goto(`${stack.url}${builds}/${held.id}/compared`);
      const rows = page.getByRole('table', { name: /IoU/ }).locator('tbody tr');
      await expect.poll(async () => (await rows.allInnerTexts()).join(), slow).toMatch(/\bmug\b/);
      expect((await rows.allInnerTexts()).join()).not.toMatch(/\bcup\b/);
      const classes = page.locator('.filters select').first();
      await classes.selectOption({ label: 'mug' });
      await expect.poll(() => page.locator('.changes li').allInnerTexts()).toHaveLength(1);
      await page.locator('.compared .legend', { hasText: 'mug' }).waitFor();
      await page.goto(`${stack.url}${builds}/${held.id}`);
      await page.locator('.cell', { hasText: 'mug' }).waitFor();

      await page.goto(`${stack.url}/datasets/table?recipe=campaign-table.${held.id}`);
      const typed = page.getByLabel('Class', { exact: true });
      await typed.fill('mug');
      await typed.press('Enter');
      await page.waitForURL('**category=cup**');
      await expect.poll(() => page.locator('.cell').count()).toBe(1);
      await page.locator('.cell', { hasText: 'mug' }).waitFor();
      expect(await typed.inputValue()).toBe('mug');
    } finally {
      stack.run('campaign', 'classes', 'table', '--rename', 'mug=cup');
    }
  });

  test.for(['light', 'dark'] as const)('no page has a serious accessibility violation, %s', async (colorScheme) => {
    const { items } = await ask<Part<BuildInfo>>('');
    const held = items.find(({ state }) => state !== 'shown')!;
    const viewport = colorScheme === 'light' ? { width: 1280, height: 900 } : { width: 390, height: 844 };
    const other = await browser.newContext({ viewport, colorScheme, storageState: await context.storageState() });
    const looked = await other.newPage();
    for (const [address, there] of [
      [builds, 'main table'],
      [`${builds}/${held.id}`, '.cell'],
      [`${builds}/${held.id}/compared`, '.before-after'],
    ]) {
      await looked.goto(stack.url + address);
      await looked.locator(there).first().waitFor();
      await looked.waitForLoadState('networkidle', { timeout: 3_000 }).catch(() => {});
      expect([address, await serious(looked)]).toEqual([address, []]);
      expect(await tooWide(looked)).toBe(0);
    }
    await other.close();
  });

  test('a comparison of 100,000 images keeps but the visible rows in the document', async () => {
    const { items } = await ask<Part<BuildInfo>>('');
    const held = items.find(({ state }) => state !== 'shown')!;
    const real = await ask<{ comparison: Comparison }>(`/${held.id}/comparison`);
    const [one] = (await ask<Part<ComparedImage>>(`/${held.id}/comparison/images`)).items;
    const images = 100_000;
    const asked: number[] = [];
    await page.route(/\/comparison(\?|$)/, (route) =>
      route.fulfill({ json: { ...real, comparison: { ...real.comparison, images, added: 0, removed: 0, failed: 0 } } }),
    );
    await page.route(/\/comparison\/images/, (route) => {
      const from = Number(new URL(route.request().url()).searchParams.get('after') ?? 0);
      asked.push(from);
      const items = Array.from({ length: 100 }, (_, i) => ({ ...one, name: `image ${from + i}` }));
      return route.fulfill({ json: { items, next: from + 100 < images ? String(from + 100) : null } });
    });
    await page.goto(`${stack.url}${builds}/${held.id}/compared`);
    await page.getByText('100,000 images').first().waitFor();
    const scroll = () => page.evaluate('document.querySelector(".changes").scrollTo(0, 1e9)');
    await expect.poll(() => scroll().then(() => asked.length), slow).toBeGreaterThan(4);
    expect(asked).toEqual(asked.map((_, part) => 100 * part));
    expect(await page.locator('.changes li').count()).toBeLessThan(30);
    await page.unrouteAll();
  });

  test('a dataset’s webhook is added, tried and removed; an address that the server does not allow is refused', async () => {
    await page.goto(`${stack.url}/datasets/table/builds`);
    const panel = page.locator('.panel', { hasText: 'New webhook, at' });
    await panel.getByText('None yet.').waitFor();
    const add = async (address: string) => {
      await panel.getByLabel('New webhook, at').fill(address);
      await panel.getByRole('button', { name: 'Add', exact: true }).click();
    };
    await add('https://elsewhere.example.org/');
    await panel.getByText('the server sends nothing to elsewhere.example.org').waitFor();
    await panel.getByLabel('a build is held').check();
    await add(`${hook()}/builds`);
    const row = panel.getByRole('row', { name: `${hook()}/builds` });
    await row.getByText('a build is held').waitFor();
    expect(await panel.getByLabel("The webhook's secret").inputValue()).toMatch(/^whsec_/);
    await row.getByRole('button', { name: /^Try / }).click();
    await panel.getByRole('row', { name: /a trial.*delivered.*answered 204/ }).waitFor();
    expect(await serious(page)).toEqual([]);
    await row.getByRole('button', { name: /^Remove/ }).click();
    await row.getByRole('button', { name: /^Really remove/ }).click();
    await panel.getByText('None yet.').waitFor();
  });

  test('a schedule is created, paused, run, looked into and removed', async () => {
    await page.goto(`${stack.url}/schedules`);
    await page.getByText('Nothing is scheduled yet').waitFor();
    await page.getByLabel('Name').fill('nightly');
    await page.getByLabel('What it does').selectOption('export');
    await page.getByLabel('Of', { exact: true }).selectOption('campaign:table');
    await page.getByLabel('When').fill('30 3 * * *');
    await page.getByLabel('Time zone').fill('Europe/Berlin');
    await page.getByRole('button', { name: 'Create schedule' }).click();
    const card = page.getByRole('list', { name: 'Schedules' }).locator('li', { hasText: 'nightly' });
    await card.getByText('03:30, Europe/Berlin').waitFor();
    await card.getByRole('button', { name: 'Pause nightly' }).click();
    await card.getByText('paused', { exact: true }).waitFor();
    // Paused or not.
    await card.getByRole('button', { name: 'Run now nightly' }).click();
    await card.getByRole('button', { name: 'Really run now? nightly' }).click();
    await card.getByRole('button', { name: 'History of nightly' }).click();
    await card.getByRole('row', { name: /done.*export coco-panoptic-[0-9a-f]+/ }).waitFor({ timeout: 120_000 });
    expect(await serious(page)).toEqual([]);
    await card.getByRole('button', { name: 'Webhooks of nightly' }).click();
    await card.getByText('None yet.').waitFor();
    expect(await serious(page)).toEqual([]);
    await card.getByRole('button', { name: 'Resume nightly' }).click();
    await card.getByRole('button', { name: 'Pause nightly' }).waitFor();
    await card.getByRole('button', { name: 'Remove nightly' }).click();
    await card.getByRole('button', { name: 'Really remove? nightly' }).click();
    await page.getByText('Nothing is scheduled yet').waitFor();
  });

  test('an annotator reads which build is corrected, and draws on while a newer one is shown', async () => {
    const { link } = (await stack.admin('POST', `/api/campaigns/table/members/${drawn.bob.id}/link`)) as {
      link: string;
    };
    const bobs = await browser.newContext({ viewport: { width: 1280, height: 800 } });
    const work = await bobs.newPage();
    work.on('pageerror', ({ message }) => errors.push(message));
    await signInBy(work, link);
    await work.goto(`${stack.url}/campaigns/table/annotate`);
    await work.locator('.stage[aria-busy=false]').waitFor();
    const bar = work.locator('header .build');
    const before = (await shown())!;
    expect(await bar.textContent()).toBe(`Build ${before.id.slice(0, 8)}`);
    const { items } = await ask<Part<BuildInfo>>('');
    const held = items.find(({ settings }) => settings?.layer === 9)!;
    await stack.admin('POST', `/api/builds/campaign:table/${held.id}/promote`, {});
    await expect.poll(() => bar.textContent(), slow).toBe(`Build ${before.id.slice(0, 8)} · a newer build is shown`);
    const strokes = async () => {
      const log = await stack.admin('GET', `/api/assignments/${drawn.works.bob.at(-1)!.id}/interactions`);
      return (log as unknown[]).length;
    };
    const drawnBefore = await strokes();
    await draw(work, [0.45, 0.5], [0.55, 0.5]);
    await expect.poll(strokes, slow).toBe(drawnBefore + 1);
    await expect.poll(() => work.locator('.status').textContent(), slow).toMatch(/^Mask up to date$/);
    await bobs.close();
  });

  test('no page failed or broke its policy', () => {
    expect(errors).toEqual([]);
  });
});
