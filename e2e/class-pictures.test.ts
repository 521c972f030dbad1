/** Classes described with pictures: sent on the page and by the command, seen by an annotator who hovers, tabs or reads. */
import { copyFileSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Campaign } from '@saltworks/contract/api/campaigns';
import type { LabelSchema } from '@saltworks/contract/api/label-schemas';
import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { invite, openCampaign, startStack } from '../bench/stack.mjs';
import { chromium, launch, signInBy } from '../scripts/chromium.mjs';
import { serious, tooWide } from './axe.ts';
import { root } from './saltworks.ts';

const path = chromium();
const id = 'cups';
const example = (name: string) => join(root, 'examples/images', name);

describe.skipIf(!path)(`pictures of classes${path ? '' : ' (skipped: no Chromium)'}`, () => {
  let stack: Awaited<ReturnType<typeof startStack>>;
  let browser: Browser;
  let ann: Page;
  const folder = mkdtempSync(join(tmpdir(), 'saltworks-class-pictures-'));
  const errors: string[] = [];

  const pageOf = async (link: string): Promise<Page> => {
    const page = await (await browser.newContext({ viewport: { width: 1200, height: 900 } })).newPage();
    page.setDefaultTimeout(30_000);
    page.on('pageerror', ({ message }) => errors.push(message));
    // What the policy of the pages refuses.
    page.on('console', (said) => /content security policy/i.test(said.text()) && errors.push(said.text()));
    await signInBy(page, link);
    return page;
  };
  const picturesOf = async () => {
    const { categories } = (await stack.admin('GET', `/api/campaigns/${id}`)) as Campaign;
    return categories[0].pictures;
  };
  /** Once it is drawn. */
  const widthOf = (image: Locator) =>
    image.evaluate((element) => (element as unknown as { naturalWidth: number }).naturalWidth);

  beforeAll(async () => {
    stack = await startStack();
    for (const name of ['coffee.jpg', 'chelsea.png']) copyFileSync(example(name), join(folder, name));
    await openCampaign(stack, { id, images: folder });
    browser = await launch(path);
    ann = await pageOf((await invite(stack, id, 'ann', 'annotator')).link);
  });
  afterAll(async () => {
    await browser?.close();
    await stack?.stop();
  });

  test('a manager adds one on the page, says what it shows, and saves; what is no picture is refused there', async () => {
    const page = await pageOf(stack.run('account', 'link').trim());
    await page.goto(`${stack.url}/campaigns/${id}/settings`);
    await page.getByText('No pictures of thing').click();
    const field = page.getByLabel('Add pictures of thing');
    const bad = join(folder, 'bad.png');
    writeFileSync(bad, '<svg xmlns="http://www.w3.org/2000/svg"/>');
    await field.setInputFiles(bad);
    await page.getByText(/^bad\.png: 41 bytes of another kind; expected a JPEG, PNG or WebP$/).waitFor();
    await field.setInputFiles([example('coffee.jpg'), example('chelsea.png')]);
    await page.getByText('2 pictures of thing').waitFor();
    await page.getByLabel('What picture 2 of thing shows').fill('a cat that looks up');
    await page.getByRole('button', { name: 'Remove picture 1 of thing' }).click();
    const shown = page.getByAltText('a cat that looks up');
    await expect.poll(() => widthOf(shown)).toBe(451);
    expect(await serious(page)).toEqual([]);
    expect(await tooWide(page)).toBe(0);
    await page.setViewportSize({ width: 390, height: 800 });
    expect(await tooWide(page)).toBe(0);
    await page.getByRole('button', { name: 'Save classes' }).click();
    await page.getByText('Saved as version 2').waitFor();
    expect(await picturesOf()).toEqual([
      { picture: expect.stringMatching(/^[0-9a-f]{64}$/), alt: 'a cat that looks up' },
    ]);
    await page.context().close();
  });

  test('the command adds and removes them', async () => {
    const classes = (...more: string[]) =>
      JSON.parse(stack.run('campaign', 'classes', id, '--json', ...more)) as LabelSchema;
    const [cat] = (await picturesOf()) ?? [];
    const coffee = example('coffee.jpg');
    const added = classes(
      '--picture',
      `thing=${coffee}`,
      '--alt',
      'thing=2:a cup: full',
      '--describe',
      'thing=all that stands',
    );
    expect([added.version, added.categories[0].pictures]).toEqual([
      3,
      [cat, { picture: expect.any(String), alt: 'a cup: full' }],
    ]);
    expect(classes('--remove-picture', 'thing=1').categories[0].pictures).toEqual([added.categories[0].pictures?.[1]]);
    expect(stack.run('campaign', 'classes', id)).toMatch(/all that stands +1\n/);
    expect(classes('--picture', `thing=${example('chelsea.png')}`).categories[0].pictures).toHaveLength(2);
  });

  test('an annotator sees them at the class, by pointer and by key, and among the instructions', async () => {
    const page = ann;
    await page.goto(`${stack.url}/campaigns/${id}/annotate`);
    await page.locator('.stage[aria-busy=false]').waitFor();
    const card = page.getByRole('tooltip');
    const button = page.getByRole('button', { name: 'thing +' });
    expect(await card.count()).toBe(0);
    await page.getByLabel('Class of a new segment').focus();
    await page.keyboard.press('Tab');
    const cup = card.getByAltText('a cup: full');
    await expect.poll(() => widthOf(cup)).toBe(512);
    await expect.poll(() => widthOf(card.getByAltText('Picture 2 of thing'))).toBe(451);
    expect(await card.textContent()).toBe('New thingall that stands');
    expect(await page.locator('button:focus').textContent()).toBe(await button.textContent());
    expect(await button.getAttribute('aria-describedby')).toBe(await card.getAttribute('id'));
    expect(await serious(page)).toEqual([]);
    const box = (await card.boundingBox())!;
    expect([box.x >= 0, box.y >= 0, box.x + box.width <= 1200, box.y + box.height <= 900]).toEqual(Array(4).fill(true));
    await page.keyboard.press('Escape');
    await card.waitFor({ state: 'detached' });

    await button.hover();
    await card.waitFor();
    // The card stays under the pointer.
    await cup.hover();
    await page.waitForTimeout(500);
    expect(await card.count()).toBe(1);
    await page.getByRole('button', { name: 'Instructions' }).hover();
    await card.waitFor({ state: 'detached' });

    await page.getByRole('button', { name: 'Instructions' }).click();
    const sheet = page.getByRole('dialog', { name: 'Instructions' });
    await expect.poll(() => widthOf(sheet.getByAltText('a cup: full'))).toBe(512);
    expect(await serious(page)).toEqual([]);
    const address = (await sheet.getByAltText('a cup: full').getAttribute('src')) as string;
    expect((await page.request.get(stack.url + address)).status()).toBe(200);
    expect((await fetch(stack.url + address)).status).toBe(401);
    await page.context().close();
    expect(errors).toEqual([]);
  });
});
