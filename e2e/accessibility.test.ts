import { copyFileSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, BrowserContext } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openCampaign, startStack } from '../bench/stack.mjs';
import { chromium, launch, signInBy } from '../scripts/chromium.mjs';
import { serious, tooWide } from './axe.ts';
import { root } from './saltworks.ts';

const path = chromium();
const id = 'cups';

/** Every page by its address, and a text that it shows once it has loaded. */
const pages: [string, string][] = [
  ['/', 'main h1'],
  ['/sign-in', 'input[name=password]'],
  [`/campaigns/${id}/annotate`, '.stage[aria-busy=false]'],
  [`/campaigns/${id}/review`, 'main'],
  [`/campaigns/${id}`, 'main h1'],
  [`/campaigns/${id}/quality`, 'main section'],
  [`/campaigns/${id}/people`, 'main section'],
  [`/campaigns/${id}/exports`, 'main section'],
  [`/campaigns/${id}/settings`, 'main form'],
  [`/campaigns/${id}/images`, 'main h1'],
  ['/campaigns/new', 'main form'],
  ['/datasets', 'main h1'],
  [`/datasets/${id}`, 'main h1'],
  [`/datasets/${id}/uploads`, 'main .drop-zone'],
  [`/datasets/${id}/keys`, 'main table'],
  [`/datasets/${id}/runs`, 'main form details'],
  [`/datasets/${id}/settings`, 'main section'],
  [`/datasets/${id}/search?image=1`, 'main .picker'],
  [`/campaigns/${id}/builds`, 'main section'],
  [`/datasets/${id}/builds`, 'main section'],
  [`/campaigns/${id}/bakeoffs`, 'main form details'],
  ['/backbones', 'main dl'],
  ['/schedules', 'main form'],
  ['/work', 'main table'],
  ['/account', 'main table'],
  [`/campaigns/${id}/compare/1`, 'main h1'],
  ['/nowhere', 'main h1'],
];

describe.skipIf(!path)(`pages${path ? '' : ' (skipped: no Chromium; SALTWORKS_CHROMIUM says where it is)'}`, () => {
  let stack: Awaited<ReturnType<typeof startStack>>;
  let browser: Browser;
  let contexts: Record<'light' | 'dark', BrowserContext>;

  beforeAll(async () => {
    stack = await startStack();
    const images = mkdtempSync(join(tmpdir(), 'saltworks-pages-'));
    for (const name of ['coffee.jpg', 'chelsea.png']) {
      copyFileSync(join(root, 'examples/images', name), join(images, name));
    }
    await openCampaign(stack, { id, images });
    browser = await launch(path);
    const light = await browser.newContext({ viewport: { width: 1200, height: 800 }, colorScheme: 'light' });
    const page = await light.newPage();
    await signInBy(page, stack.run('account', 'link').trim());
    await page.close();
    const viewport = { width: 390, height: 800 };
    const storageState = await light.storageState();
    contexts = { light, dark: await browser.newContext({ viewport, colorScheme: 'dark', storageState }) };
  });

  afterAll(async () => {
    await browser?.close();
    await stack?.stop();
  });

  for (const scheme of ['light', 'dark'] as const) {
    test.for(pages)(`%s has no serious accessibility violation, ${scheme}`, async ([address, there]) => {
      const page = await contexts[scheme].newPage();
      await page.goto(stack.url + address);
      await page.locator(there).first().waitFor();
      await page.waitForLoadState('networkidle', { timeout: 3_000 }).catch(() => {});
      expect(await serious(page)).toEqual([]);
      // Only tables, lists and rows of links scroll sideways, each by itself.
      expect(await tooWide(page)).toBe(0);
      await page.close();
    });
  }
});
