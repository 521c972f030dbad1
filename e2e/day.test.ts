import { copyFileSync, existsSync, mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Assignment } from '@saltworks/contract/api/assignments';
import type { CampaignProgress } from '@saltworks/contract/api/campaigns';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { invite, openCampaign, startStack } from '../bench/stack.mjs';
import { chromium, launch, signInBy } from '../scripts/chromium.mjs';
import { draw } from './draw.ts';
import { root } from './saltworks.ts';

const path = chromium();
const id = 'day';
const slow = { timeout: 60_000, interval: 100 };

describe.skipIf(!path)(`a day at work${path ? '' : ' (skipped: no Chromium)'}`, () => {
  let stack: Awaited<ReturnType<typeof startStack>>;
  let browser: Browser;
  const people = new Map<string, { context: BrowserContext; page: Page }>();
  const errors: string[] = [];

  beforeAll(async () => {
    stack = await startStack();
    const images = mkdtempSync(join(tmpdir(), 'saltworks-day-'));
    for (const name of ['chelsea.png', 'coffee.jpg']) {
      copyFileSync(join(root, 'examples/images', name), join(images, name));
    }
    await openCampaign(stack, { id, images, annotators: 2, leaseSeconds: 600, ordering: 'import' });
    browser = await launch(path);
    for (const [name, role] of [
      ['ann', 'annotator'],
      ['bob', 'annotator'],
      ['rev', 'reviewer'],
      ['mia', 'manager'],
    ]) {
      const { link } = await invite(stack, id, name, role);
      const context = await browser.newContext({ viewport: { width: 1200, height: 800 }, acceptDownloads: true });
      const page = await context.newPage();
      page.setDefaultTimeout(slow.timeout);
      page.on('pageerror', ({ message }) => errors.push(`${name}: ${message}`));
      await signInBy(page, link);
      people.set(name, { context, page });
    }
  });

  afterAll(async () => {
    await browser?.close();
    await stack?.stop();
  });

  const pageOf = (name: string) => people.get(name)!.page;
  const textOf = (page: Page, selector: string, text: RegExp) =>
    expect.poll(() => page.locator(selector).textContent(), slow).toMatch(text);

  /** Sends a request as the user who is signed in in a page. */
  const ask = <Answer>(page: Page, address: string) =>
    page.evaluate(async (from) => (await fetch(from)).json(), address) as Promise<Answer>;
  const assignments = async () =>
    (await stack.admin('GET', `/api/campaigns/${id}/assignments`)) as (Assignment & { image: { name: string } })[];
  const stateOf = async (assignment: string) =>
    ((await stack.admin('GET', `/api/assignments/${assignment}`)) as Assignment).state;
  const progress = () => stack.admin('GET', `/api/campaigns/${id}/progress`) as Promise<CampaignProgress>;

  async function annotate(page: Page): Promise<string> {
    await page.goto(`${stack.url}/campaigns/${id}/annotate`);
    await page.locator('.stage[aria-busy=false]').waitFor();
    return (await page.locator('.what').textContent())!;
  }

  /** Draws a thing and its surroundings, and submits the image. */
  async function label(page: Page): Promise<void> {
    const dialog = page.getByRole('dialog');
    if (await dialog.count()) await dialog.getByRole('button', { name: 'Close' }).click();
    await page.getByRole('button', { name: 'thing +' }).click();
    await draw(page, [0.45, 0.5], [0.55, 0.5]);
    await page.keyboard.press('0');
    await draw(page, [0.25, 0.1], [0.25, 0.9]);
    await textOf(page, '.status', /^Mask up to date$/);
    await page.keyboard.press('Enter');
  }

  const nothingLeft = (page: Page) => page.getByRole('heading', { name: /Nothing left|No images/ }).waitFor();

  test('in the morning the annotator submits one image and skips another with a reason', async () => {
    const page = pageOf('ann');
    expect(await annotate(page)).toMatch(/chelsea/);
    await label(page);
    await textOf(page, '.what', /coffee/);
    await page.keyboard.press('x');
    await page.getByLabel('Why?').fill('The cup is cut off');
    await page.getByRole('dialog').getByRole('button', { name: 'Skip' }).click();
    await nothingLeft(page);
  });

  test('the reviewer sees class and author and sends the image back; the manager reads why the other was skipped', async () => {
    const page = pageOf('rev');
    await page.goto(`${stack.url}/campaigns/${id}/review`);
    await page.locator('.stage[aria-busy=false]').waitFor();
    for (const text of ['thing', 'ann']) await page.locator('.review').getByText(text).first().waitFor();
    await page.getByRole('textbox', { name: /Note/ }).fill('The tail, too.');
    await page.getByRole('button', { name: 'Send back' }).click();
    await page.getByText('Nothing to review').waitFor();

    await pageOf('mia').goto(`${stack.url}/campaigns/${id}`);
    await pageOf('mia').getByText('The cup is cut off').first().waitFor();
  });

  test('the annotator mends it over a lunch break, finds it as it was left, and it is accepted', async () => {
    const { page, context } = people.get('ann')!;
    expect(await annotate(page)).toMatch(/chelsea/);
    await textOf(page, '.note', /The tail, too\./);
    const own = (await assignments()).find(({ state }) => state === 'leased')!;
    const change = (changes: object) => stack.admin('PATCH', `/api/campaigns/${id}`, changes);
    await change({ leaseSeconds: 5 });
    await page.keyboard.press('1');
    await draw(page, [0.5, 0.55], [0.6, 0.6]);
    await textOf(page, '.saved', /^Saved$/);
    // Her machine sleeps: the server hears nothing from it.
    await context.setOffline(true);
    await expect.poll(() => stateOf(own.id), slow).toBe('returned');
    await change({ leaseSeconds: 600 });
    await context.setOffline(false);
    await page.reload();
    await page.locator('.stage[aria-busy=false]').waitFor();
    expect(await page.locator('.ended').count()).toBe(0);
    expect(await stateOf(own.id)).toBe('leased');
    await textOf(page, '.status', /^Mask up to date$/);
    await page.keyboard.press('Enter');
    await nothingLeft(page);

    const reviewer = pageOf('rev');
    await reviewer.goto(`${stack.url}/campaigns/${id}/review`);
    await reviewer.locator('.stage[aria-busy=false]').waitFor();
    await reviewer.keyboard.press('a');
    await expect.poll(() => stateOf(own.id), slow).toBe('accepted');
  });

  test('a second annotator does both images; the skipped one is offered again, and then none is left', async () => {
    const bob = pageOf('bob');
    await annotate(bob);
    await label(bob);
    await textOf(bob, '.what', /coffee/);
    await label(bob);
    await nothingLeft(bob);
    expect((await progress()).done).toBe(1);

    const manager = pageOf('mia');
    await manager.goto(`${stack.url}/campaigns/${id}`);
    await manager
      .getByRole('button', { name: /Offer.* again/ })
      .first()
      .click();
    await expect
      .poll(async () => (await assignments()).filter(({ state }) => state === 'skipped').length, slow)
      .toBe(0);
    const ann = pageOf('ann');
    expect(await annotate(ann)).toMatch(/coffee/);
    await label(ann);
    await nothingLeft(ann);
    expect(await progress()).toMatchObject({ tasks: 2, done: 2 });
  });

  test('the manager makes the consensus and exports all masks', async () => {
    const page = pageOf('mia');
    const [{ task }] = (await assignments()).filter(({ image }) => image.name === 'chelsea.png');
    await page.goto(`${stack.url}/campaigns/${id}/compare/${task}`);
    await expect.poll(() => page.locator('.panes figure').count(), slow).toBe(2);
    await page.keyboard.press('g');
    await expect.poll(() => page.locator('.panes figure').count(), slow).toBe(3);
    const { weights } = await ask<{ weights: Record<string, number> }>(page, `/api/tasks/${task}/consensus`);
    // An annotator without known images or overlaps never gets full weight.
    for (const weight of Object.values(weights)) expect(weight).toBeLessThan(1);

    const out = join(mkdtempSync(join(tmpdir(), 'saltworks-day-out-')), 'out');
    stack.run('campaign', 'export', id, '--format', 'coco-panoptic', '--out', out);
    const [file] = readdirSync(out).filter((name) => name.endsWith('.json'));
    const { annotations } = JSON.parse(readFileSync(join(out, file), 'utf8')) as {
      annotations: { file_name: string }[];
    };
    expect(annotations).toHaveLength(2);
    for (const { file_name } of annotations) expect(existsSync(join(out, 'panoptic', file_name))).toBe(true);
    expect(errors).toEqual([]);
  });
});
