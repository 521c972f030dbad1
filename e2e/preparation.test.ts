// A campaign whose images cannot be prepared, as its manager and its annotators see it: first without a worker, then with one
// that lacks the backbone, then with one that has it.
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '@saltworks/cli/stack/temporal';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import type { Browser, Page } from 'playwright-core';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openApi } from '../bench/annotators.mjs';
import { invite } from '../bench/stack.mjs';
import { openTemporal } from '../packages/orchestrator/test/temporal.ts';
import { chromium, launch, signInBy } from '../scripts/chromium.mjs';
import { command, plainEnv, type Role, startRole } from '../test/roles.ts';
import { draw } from './draw.ts';
import { root } from './saltworks.ts';

const path = chromium();
const slow = { timeout: 60_000 };

describe.skipIf(!path)(`images that wait to be prepared${path ? '' : ' (skipped: no Chromium)'}`, () => {
  const folder = mkdtempSync(join(tmpdir(), 'saltworks-preparation-'));
  let temporal: TestWorkflowEnvironment;
  let env: NodeJS.ProcessEnv;
  let server: Role;
  let worker: Role | undefined;
  let browser: Browser;
  let manager: Page;
  let annotator: Page;
  let url: string;

  const run = (...args: string[]) => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [command, ...args], { env, encoding: 'utf8' });
    expect(status, stderr).toBe(0);
    return stdout.trim();
  };

  beforeAll(async () => {
    temporal = await openTemporal();
    const port = String(await freePort());
    url = `http://127.0.0.1:${port}`;
    env = {
      ...plainEnv(),
      SALTWORKS_HOME: join(folder, 'home'),
      SALTWORKS_TEMPORAL_ADDRESS: temporal.address,
      SALTWORKS_PORT: port,
    };
    server = startRole(env, 'server');
    await server.says('server: ready');
    mkdirSync(join(folder, 'images'));
    copyFileSync(join(root, 'examples/images/coffee.jpg'), join(folder, 'images/coffee.jpg'));
    run('dataset', 'import', join(folder, 'images'), '--name', 'cups');
    const admin = openApi(url, run('account', 'key', '--name', 'test'));
    const categories = [{ id: 1, name: 'cup', colour: '#ff8800', isthing: true }];
    await admin('POST', '/api/campaigns', { id: 'cups', name: 'Cups', dataset: 'cups', categories });
    const { link } = await invite({ admin }, 'cups', 'ann', 'annotator');
    browser = await launch(path);
    const pageOf = async (link: string) => {
      const page = await (await browser.newContext()).newPage();
      page.setDefaultTimeout(slow.timeout);
      await signInBy(page, link);
      return page;
    };
    manager = await pageOf(run('account', 'link'));
    annotator = await pageOf(link);
  });

  afterAll(async () => {
    await browser?.close();
    await worker?.end();
    await server?.end();
    await temporal?.teardown();
    rmSync(folder, { recursive: true, force: true });
  });

  const campaign = () => manager.goto(`${url}/campaigns/cups`);
  const runs = () => manager.goto(`${url}/datasets/cups/runs`);
  const says = (text: RegExp | string) => manager.getByText(text).first().waitFor();
  const heading = (name: string) => annotator.getByRole('heading', { name }).waitFor();

  test('without a worker, the manager reads which one is missing, the annotator that images are coming', async () => {
    const missing = `nobody polls saltworks-propagate at Temporal ${temporal.address}, namespace default`;
    await campaign();
    await says('0 of 0 images handed in; more are being prepared');
    await says(missing);
    await says('goes on once somebody starts: saltworks worker');
    await runs();
    await says(missing);
    await annotator.goto(`${url}/campaigns/cups/annotate`);
    await heading('Being prepared');
  });

  test('if the worker lacks the backbone, the manager reads the reason and the number of failures', async () => {
    worker = startRole({ ...env, SALTWORKS_PYTHON: 'nowhere' }, 'worker');
    const why = /failed (once|\d+ times) of 20, to be tried again: backbone dinov2-small-focus: no nowhere/;
    await runs();
    await says(why);
    await campaign();
    await says(why);
    expect(await manager.getByRole('button', { name: 'Prepare again' }).count()).toBe(0);
    await annotator.getByRole('button', { name: 'Look again' }).click();
    await heading('Being prepared');
  });

  test('a manager who cancelled the preparation starts it again, and the annotator can draw', async () => {
    await runs();
    await manager.getByRole('button', { name: 'Cancel' }).click();
    await campaign();
    await says('More images wait to be prepared.');
    await worker?.end();
    mkdirSync(join(folder, 'home'), { recursive: true });
    rmSync(join(folder, 'home/models'), { recursive: true, force: true });
    symlinkSync(join(process.env.SALTWORKS_HOME ?? join(root, '.saltworks'), 'models'), join(folder, 'home/models'));
    worker = startRole(env, 'worker');
    await manager.getByRole('button', { name: 'Prepare again' }).click();
    await says('0 of 1 image handed in');
    expect(await manager.getByText('being prepared').count()).toBe(0);
    await annotator.getByRole('button', { name: 'Look again' }).click();
    await annotator.locator('.stage[aria-busy=false]').waitFor();
  });

  test('images too long for WebP are opened and labelled; one too long for browsers is listed but becomes no task', async () => {
    const strips = join(folder, 'strips');
    mkdirSync(strips);
    const sizes = { wide: [20_000, 30], tall: [30, 20_000], 'longer than long': [33_000, 16] };
    for (const [name, [width, height]] of Object.entries(sizes)) {
      const middle = Math.max(width, height) / 2;
      const pixels = Uint8Array.from({ length: 3 * width * height }, (_, i) => {
        const at = Math.floor(i / 3);
        return (width > height ? at % width : Math.floor(at / width)) < middle ? 40 : 200;
      });
      await sharp(pixels, { raw: { width, height, channels: 3 } })
        .png()
        .toFile(join(strips, `${name}.png`));
    }
    run('dataset', 'import', strips, '--name', 'strips');
    run('extract', 'strips');
    const failed = run('dataset', 'ls', 'strips', '--failed');
    expect(failed).toMatch(
      /^extracted\/dinov2-small-focus {2}longer than long.png: 33000 × 16 pixels; expected sides of .*$/,
    );

    const admin = openApi(url, run('account', 'key', '--name', 'strips'));
    const categories = [{ id: 1, name: 'half', colour: '#ff8800', isthing: true }];
    await admin('POST', '/api/campaigns', { id: 'strips', name: 'Strips', dataset: 'strips', categories });
    const { link } = await invite({ admin }, 'strips', 'bea', 'annotator');
    const page = await (await browser.newContext()).newPage();
    page.setDefaultTimeout(slow.timeout);
    await signInBy(page, link);
    const images = async () => (await admin('GET', '/api/campaigns/strips/progress')).tasks;
    await expect.poll(images, slow).toBe(2);
    const opened: string[] = [];
    for (let i = 0; i < 2; i++) {
      await page.goto(`${url}/campaigns/strips/annotate`);
      await page.locator('.stage[aria-busy=false]').waitFor();
      const [{ image }] = await admin('GET', '/api/campaigns/strips/assignments?state=leased');
      opened.push(image.name);
      // A brush that does not cover the whole image.
      expect(await page.getByRole('slider', { name: 'Brush' }).getAttribute('aria-valuetext')).toBe('4 pixels wide');
      // Zoomed in so that both sides of the middle can be drawn on.
      for (let zoom = 0; zoom < 10; zoom++) await page.keyboard.press('+');
      await page.getByRole('button', { name: 'half +' }).click();
      const [thing, ground]: [number, number][] =
        image.name === 'wide.png'
          ? [
              [0.6, 0.5],
              [0.4, 0.5],
            ]
          : [
              [0.5, 0.6],
              [0.5, 0.4],
            ];
      await draw(page, thing, thing);
      await page.keyboard.press('0');
      await draw(page, ground, ground);
      await expect.poll(() => page.locator('.status').textContent(), slow).toMatch(/^Mask up to date$/);
      await page.getByRole('button', { name: 'Submit' }).click();
      await expect
        .poll(async () => (await admin('GET', '/api/campaigns/strips/assignments?state=submitted')).length, slow)
        .toBe(i + 1);
    }
    expect(opened.sort()).toEqual(['tall.png', 'wide.png']);
  });
});
