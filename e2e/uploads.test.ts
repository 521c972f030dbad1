import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ZipFile } from 'yazl';
import { startStack } from '../bench/stack.mjs';
import { chromium, launch, signInBy } from '../scripts/chromium.mjs';
import { unzip } from '../scripts/unzip.mjs';
import { draw } from './draw.ts';
import { root } from './saltworks.ts';

const path = chromium();
const slow = { timeout: 60_000, interval: 100 };

const example = (name: string) => readFileSync(join(root, 'examples/images', name));

async function zipOf(files: Record<string, Buffer | string>): Promise<Buffer> {
  const zip = new ZipFile();
  for (const [name, content] of Object.entries(files)) {
    zip.addBuffer(Buffer.from(content as string), name, { compress: false });
  }
  zip.end();
  const parts: Buffer[] = [];
  for await (const part of zip.outputStream) parts.push(part as Buffer);
  return Buffer.concat(parts);
}

/** A cat's outline, as labelme writes it. */
const shapes = JSON.stringify({
  ...{ version: '5.5.0', flags: {}, imagePath: 'chelsea.png', imageWidth: 451, imageHeight: 300 },
  shapes: [
    {
      ...{ label: 'cat', shape_type: 'polygon', group_id: null, flags: {} },
      points: [
        [150, 50],
        [320, 50],
        [320, 250],
        [150, 250],
      ],
    },
  ],
});

describe.skipIf(!path)(`pictures from the browser${path ? '' : ' (skipped: no Chromium)'}`, () => {
  let stack: Awaited<ReturnType<typeof startStack>>;
  let browser: Browser;
  let page: Page;
  const errors: string[] = [];

  beforeAll(async () => {
    stack = await startStack();
    browser = await launch(path);
    const context = await browser.newContext({ viewport: { width: 1200, height: 900 }, acceptDownloads: true });
    page = await context.newPage();
    page.setDefaultTimeout(slow.timeout);
    page.on('pageerror', ({ message }) => errors.push(message));
    await signInBy(page, stack.run('account', 'link').trim());
  });
  afterAll(async () => {
    await browser?.close();
    await stack?.stop();
  });

  /** Drops files on the page, as a person does from a folder. */
  async function drop(files: Record<string, Buffer>): Promise<void> {
    const given = Object.entries(files).map(([name, bytes]) => [name, bytes.toString('base64')]);
    const dataTransfer = await page.evaluateHandle(async (given) => {
      type Transfer = { items: { add(file: File): void } };
      const { DataTransfer } = globalThis as unknown as { DataTransfer: new () => Transfer };
      const transfer = new DataTransfer();
      for (const [name, text] of given) {
        const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
        transfer.items.add(new File([bytes], name, { lastModified: 1_700_000_000_000 }));
      }
      return transfer;
    }, given);
    await page.locator('.drop-zone').dispatchEvent('drop', { dataTransfer });
  }
  const uploads = () => page.getByRole('list', { name: 'Uploads' }).locator(':scope > li');

  test('a ZIP is dropped, its labels are recognised, and each file that cannot be used has its line', async () => {
    await page.goto(`${stack.url}/datasets`);
    await page.getByLabel('Name of the new dataset').fill('kitchen');
    await drop({
      'kitchen.zip': await zipOf({
        'kitchen/chelsea.png': example('chelsea.png'),
        'kitchen/chelsea.json': shapes,
        'kitchen/coffee.jpg': example('coffee.jpg'),
        'kitchen/page.jpg': '<!doctype html>',
        'kitchen/report.pdf': '%PDF-1.7',
      }),
    });
    await uploads().getByText('2 new, 1 with known masks, labels of labelme').waitFor();
    const lines = await uploads().locator('.file-lines li').allTextContents();
    expect(lines).toEqual([
      expect.stringMatching(/^kitchen\.zip: kitchen\/page\.jpg by its bytes it is something else/),
      expect.stringMatching(/^kitchen\.zip: kitchen\/report\.pdf neither a picture nor labels/),
    ]);
    await page.getByRole('table').getByRole('link', { name: 'kitchen' }).waitFor();
  });

  test('its keys are extracted, a campaign is made of it, drawn and exported, from the page alone', async () => {
    await uploads().getByRole('link', { name: 'kitchen' }).click();
    await expect.poll(() => page.locator('.cell').count(), slow).toBe(2);
    await page.getByRole('link', { name: 'Runs' }).click();
    await page.getByRole('button', { name: 'Start' }).click();
    await page.getByRole('list', { name: 'Runs' }).getByText('2 of 2 images').waitFor();

    await page.goto(`${stack.url}/campaigns/new`);
    await page.getByLabel('Name', { exact: true }).fill('Kitchen');
    await page.getByLabel('Dataset').selectOption('kitchen');
    await page.getByLabel('Add classes').fill('thing');
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Create campaign' }).click();
    await page.waitForURL(/\/campaigns\/kitchen$/);

    await expect
      .poll(
        async () => ((await stack.admin('GET', '/api/campaigns/kitchen/progress')) as { tasks: number }).tasks,
        slow,
      )
      .toBe(2);
    await page.goto(`${stack.url}/campaigns/kitchen/annotate`);
    await page.locator('.stage[aria-busy=false]').waitFor();
    const dialog = page.getByRole('dialog');
    if (await dialog.count()) await dialog.getByRole('button', { name: 'Close' }).click();
    await page.getByRole('button', { name: 'thing +' }).click();
    await draw(page, [0.45, 0.5], [0.55, 0.5]);
    await page.keyboard.press('0');
    await draw(page, [0.2, 0.2], [0.2, 0.8]);
    await expect.poll(() => page.locator('.status').textContent(), slow).toMatch(/^Mask up to date$/);
    await page.keyboard.press('Enter');
    await expect
      .poll(async () => ((await stack.admin('GET', '/api/campaigns/kitchen/progress')) as { done: number }).done, slow)
      .toBe(1);

    await page.goto(`${stack.url}/campaigns/kitchen`);
    await page.getByRole('link', { name: 'Exports' }).click();
    await page.getByLabel('Format').selectOption('coco-instances');
    await page.getByRole('button', { name: 'Export' }).click();
    const link = page.getByRole('link', { name: 'ZIP' });
    await link.waitFor();
    const [download] = await Promise.all([page.waitForEvent('download'), link.click()]);
    const files = unzip(readFileSync(await download.path()));
    const [, document] = [...files].find(([name]) => name.endsWith('.json'))!;
    expect(JSON.parse(document.toString()).annotations).toHaveLength(1);
  });

  test('images are found by a part of their name, and the audit trail tells who brought them', async () => {
    await page.goto(`${stack.url}/datasets/kitchen`);
    await page.getByLabel('Name', { exact: true }).fill('CHEL');
    await page.keyboard.press('Enter');
    await expect.poll(() => page.locator('.cell').count(), slow).toBe(1);
    expect(await page.locator('.cell').textContent()).toContain('chelsea.png');

    await page.goto(`${stack.url}/account`);
    const trail = page.getByRole('region', { name: 'Audit trail' });
    await trail.getByText('dataset.upload').first().waitFor();
    await trail.getByRole('button', { name: 'Verify the chain' }).click();
    await trail.getByText(/^\d+ entries, unbroken, up to [0-9a-f]{64}$/).waitFor();
  });

  test('more is added later; a connection that drops and a reload cost only the part that was under way', async () => {
    // Noise: two parts and a bit.
    const side = 2500;
    const large = await sharp(randomBytes(3 * side * side), { raw: { width: side, height: side, channels: 3 } })
      .tiff({ compression: 'none' })
      .toBuffer();
    const parts: string[] = [];
    page.on('request', (request) => {
      if (request.method() === 'PUT') parts.push(new URL(request.url()).searchParams.get('at') as string);
    });
    let dropped = 0;
    let holding = false;
    await page.route('**/api/uploads/**', async (route) => {
      const request = route.request();
      if (request.method() !== 'PUT') return route.continue();
      if (holding) return;
      // The first try of the first part does not come through.
      if (dropped++ === 0) return route.abort('connectionreset');
      await route.continue();
      holding = true;
    });
    await page.goto(`${stack.url}/datasets/kitchen/uploads`);
    await drop({ 'large.tif': large });
    await page.getByText('The server does not answer. It goes on by itself.').waitFor();
    await expect.poll(() => parts, slow).toEqual(['0', '0', String(8 * 2 ** 20)]);
    page.on('dialog', (dialog) => void dialog.accept());
    await page.reload();
    await page.unroute('**/api/uploads/**');
    await uploads()
      .first()
      .getByText(/^0 of 1 file, 8\.4 MB of 18\.\d MB, are here/)
      .waitFor();

    parts.length = 0;
    await drop({ 'large.tif': large });
    await uploads().first().getByText('1 new').waitFor();
    expect(parts).toEqual([String(8 * 2 ** 20), String(16 * 2 ** 20)]);
    await uploads().first().getByRole('button', { name: 'Dismiss' }).click();
    await expect.poll(() => uploads().count(), slow).toBe(1);
    expect(errors).toEqual([]);
  });
});
