/** The annotators' page in a real browser, over a campaign of seven photographs: what its journeys share. */
import { copyFileSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeImage } from '@saltworks/backbone/image/decode';
import type { Drawing, Interaction } from '@saltworks/contract/api/interactions';
import { decodePanoptic } from '@saltworks/core/mask/mask';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { expect } from 'vitest';
import { invite, openCampaign, startStack } from '../bench/stack.mjs';
import { chromium, launch, signInBy } from '../scripts/chromium.mjs';
import { draw } from './draw.ts';
import { root } from './saltworks.ts';

export const browserPath = chromium();
/** Beside a suite's name. */
export const unlessSkipped = browserPath ? '' : ' (skipped: no Chromium; SALTWORKS_CHROMIUM says where it is)';
/** The campaign. */
export const id = 'cups';
export const slow = { timeout: 60_000, interval: 100 };

export interface Logged {
  n: number;
  client: string;
  seq: number;
  interaction: Interaction;
}

export type Stroke = Extract<Interaction, { kind: 'stroke' }>;

const photographs = [
  'coffee.jpg',
  'chelsea.png',
  'astronaut.jpg',
  'camera.png',
  'flower.jpg',
  'china.jpg',
  'raccoon.jpg',
];

/** A drawing as the server has it. */
export interface Opened {
  n: number;
  refined: number;
  mask: string;
  image: { id: number; width: number; height: number };
  drawing: Drawing;
}

/** The segment of every pixel in a mask's file. */
export const pixelsOf = async (png: Uint8Array): Promise<Uint32Array> => decodePanoptic(await decodeImage(png)).ids;

export const closeDialog = (page: Page) => page.getByRole('dialog').getByRole('button', { name: 'Close' }).click();

export const status = (page: Page, text: RegExp) =>
  expect.poll(() => page.locator('.status').textContent(), slow).toMatch(text);
export const saved = (page: Page, text: RegExp) =>
  expect.poll(() => page.locator('.saved').textContent(), slow).toMatch(text);

/** Draws a thing and the background: enough for labels, which the server confirms. */
export async function begin(page: Page): Promise<void> {
  await closeDialog(page);
  await page.getByRole('button', { name: 'thing +' }).click();
  await draw(page, [0.45, 0.5], [0.55, 0.5]);
  await page.keyboard.press('0');
  await draw(page, [0.2, 0.2], [0.2, 0.8]);
  await status(page, /^Mask up to date$/);
}

/** Acts as another window, or the command line, of the same annotator. */
export const elsewhere = (page: Page, path: string) =>
  page.evaluate(async (to) => {
    const headers = { 'content-type': 'application/json' };
    const { status } = await fetch(`/api/${to}`, { method: 'POST', headers, body: '{}' });
    return status;
  }, path);
export const veil = (page: Page, text: RegExp) =>
  expect.poll(() => page.locator('.ended p').allTextContents(), slow).toEqual([expect.stringMatching(text)]);
export const unveiled = (page: Page) => expect.poll(() => page.locator('.ended').count(), slow).toBe(0);

/** Tries the pen, and the keys that draw, choose, erase and submit. */
export async function tryAll(page: Page, ...more: string[]): Promise<void> {
  await draw(page, [0.7, 0.3], [0.75, 0.4]);
  for (const key of ['z', 'Control+z', 'y', '1', '0', 'n', 'e', ...more]) await page.keyboard.press(key);
  await draw(page, [0.3, 0.6], [0.35, 0.7]);
}

export type AnnotatorsPage = Awaited<ReturnType<typeof openAnnotatorsPage>>;

/** Starts a stack with the campaign, and a browser. @param env more settings */
export async function openAnnotatorsPage(env: Record<string, string> = {}) {
  const stack = await startStack(env);
  const images = mkdtempSync(join(tmpdir(), 'saltworks-page-'));
  for (const name of photographs) copyFileSync(join(root, 'examples/images', name), join(images, name));
  const instructions =
    '# Cups\n\nEvery **cup**.\n\n<b>Nothing else.</b> <img src=x onerror=alert(1)>\n\n[how](https://a.test/) ![x](https://a.test/x.png)';
  const categories = ['thing', 'saucer'].map((name, i) => ({
    ...{ id: i + 1, name, isthing: true },
    colour: ['#ff8800', '#0077ff'][i],
  }));
  await openCampaign(stack, { id, images, leaseSeconds: 600, instructions, categories });
  const browser: Browser = await launch(browserPath);
  /** Contexts of signed-in users, used again because sign-ins per minute are limited. */
  const sessions = new Map<string, Awaited<ReturnType<BrowserContext['storageState']>>>();
  const drawingOf = async (assignment: string) =>
    (await stack.admin('GET', `/api/assignments/${assignment}`)) as Opened;
  const logOf = async (assignment: string) =>
    (await stack.admin('GET', `/api/assignments/${assignment}/interactions`)) as Logged[];

  return {
    stack,
    browser,
    logOf,
    drawingOf,
    /** The drawing and the server's mask of it, once the page has said nothing for a moment. */
    async answered(page: Page, assignment: string): Promise<Opened & { ids: Uint32Array }> {
      await saved(page, /^Saved$/);
      await expect
        .poll(async () => {
          const { n, refined } = await drawingOf(assignment);
          return n === refined;
        }, slow)
        .toBe(true);
      const opened = await drawingOf(assignment);
      const file = await page.evaluate(
        async (address) => [...new Uint8Array(await (await fetch(address)).arrayBuffer())],
        `/api/assignments/${assignment}/masks/${opened.mask}`,
      );
      return { ...opened, ids: await pixelsOf(Uint8Array.from(file)) };
    },
    /** A user who signed in by a link, in a context of its own. */
    async signIn(name: string, role: 'annotator' | 'reviewer', campaign = id): Promise<BrowserContext> {
      const { link } = await invite(stack, campaign, name, role);
      const context = await browser.newContext({ viewport: { width: 1000, height: 700 } });
      const page = await context.newPage();
      await signInBy(page, link);
      await page.close();
      sessions.set(name, await context.storageState());
      return context;
    },
    /** Another context of a user who signed in before. */
    again: (name: string, options: object = {}) => browser.newContext({ storageState: sessions.get(name), ...options }),
    async annotate(context: BrowserContext, campaign = id): Promise<{ page: Page; errors: string[] }> {
      const page = await context.newPage();
      const errors: string[] = [];
      page.on('pageerror', ({ message }) => errors.push(message));
      page.on('console', (message) => {
        if (/Content Security Policy/.test(message.text())) errors.push(message.text());
      });
      await page.goto(`${stack.url}/campaigns/${campaign}/annotate`);
      await page.locator('.stage[aria-busy=false]').waitFor();
      return { page, errors };
    },
    /** An assignment of a user. */
    async mine(name: string, state?: string): Promise<{ id: string; state: string }> {
      const all = (await stack.admin('GET', `/api/campaigns/${id}/assignments`)) as {
        id: string;
        user: string;
        state: string;
      }[];
      const { user } = (
        (await stack.admin('GET', `/api/campaigns/${id}/members`)) as { user: string; email: string }[]
      ).find(({ email }) => email === `${name}@example.org`)!;
      return all.find((one) => one.user === user && (!state || one.state === state))!;
    },
    stateOf: async (assignment: string) =>
      ((await stack.admin('GET', `/api/assignments/${assignment}`)) as { state: string }).state,
    /** Draws one more stroke: anything done before it would be sent before it. @returns the interactions */
    async mark(page: Page, assignment: string): Promise<string[]> {
      await page.keyboard.press('b');
      await draw(page, [0.7, 0.7], [0.72, 0.72]);
      await saved(page, /^Saved$/);
      return (await logOf(assignment)).map(({ interaction }) => interaction.kind);
    },
    async close(): Promise<void> {
      await browser.close();
      await stack.stop();
    },
  };
}
