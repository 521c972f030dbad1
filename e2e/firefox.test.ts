/** A day's work in short, in a browser of another maker: solver, pixels, log and page of an annotator. */
import type { Browser, KeyInput, Page } from 'puppeteer-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { invite } from '../bench/stack.mjs';
import { firefox, launchFirefox } from '../scripts/firefox.mjs';
import { type AnnotatorsPage, browserPath, id, openAnnotatorsPage, pixelsOf, slow } from './annotators-page.ts';

const path = browserPath && firefox();
const skipped = path ? '' : ' (skipped: no Firefox beside Chromium; SALTWORKS_FIREFOX says where it is)';

describe.skipIf(!path)(`the page in Firefox${skipped}`, () => {
  let cups: AnnotatorsPage;
  let browser: Browser;
  let page: Page;
  let assignment: string;
  const errors: string[] = [];

  const button = (name: string) => page.locator(`::-p-aria([name="${name}"][role="button"])`);
  const textOf = (selector: string) => page.$eval(selector, (element) => element.textContent);
  const polled = (selector: string, text: RegExp) => expect.poll(() => textOf(selector), slow).toMatch(text);
  const read = () => cups.drawingOf(assignment);
  const ready = () => page.waitForSelector('.stage[aria-busy=false]', { timeout: 60_000 });

  /** @param places shares of the stage's width and height */
  async function draw(...places: [number, number][]): Promise<void> {
    const canvas = (await page.$$('.stage canvas'))[1];
    const box = (await canvas.boundingBox())!;
    const at = ([u, v]: [number, number]) => [box.x + u * box.width, box.y + v * box.height] as const;
    await page.mouse.move(...at(places[0]));
    await page.mouse.down();
    for (const place of places.slice(1)) await page.mouse.move(...at(place), { steps: 5 });
    await page.mouse.up();
  }

  /** The server's mask, once page and server agree on the drawing. */
  async function answered(): Promise<{ n: number; ids: Uint32Array }> {
    await polled('.saved', /^Saved$/);
    await expect
      .poll(async () => {
        const { n, refined } = await read();
        return n === refined;
      }, slow)
      .toBe(true);
    const { n, mask } = await read();
    const file = await page.evaluate(
      async (address) => [...new Uint8Array(await (await fetch(address)).arrayBuffer())],
      `/api/assignments/${assignment}/masks/${mask}`,
    );
    return { n, ids: await pixelsOf(Uint8Array.from(file)) };
  }

  /** The pixels on the page, from its own threads, for the first n interactions. */
  const onPage = (n: number) =>
    page.evaluate((n) => {
      const { pixels } = globalThis as unknown as { pixels?: { n: number; ids: Uint32Array } };
      return pixels?.n === n ? [...pixels.ids] : undefined;
    }, n);

  beforeAll(async () => {
    cups = await openAnnotatorsPage();
    const { link } = await invite(cups.stack, id, 'fox', 'annotator');
    browser = await launchFirefox(path);
    page = await browser.newPage();
    await page.setViewport({ width: 1280, height: 800 });
    page.on('pageerror', (error) => errors.push(String(error)));
    page.on('console', (message) => {
      if (/Content.Security.Policy/.test(message.text())) errors.push(message.text());
    });
    await page.evaluateOnNewDocument(`globalThis.Worker = class extends Worker {
      constructor(...args) {
        super(...args);
        this.addEventListener('message', ({ data }) => {
          if (data && data.kind === 'pixel') globalThis.pixels = data;
        });
      }
    };`);
    await page.goto(link);
    await button('Sign in').click();
    await page.waitForFunction("location.pathname === '/'");
    await page.goto(`${cups.stack.url}/campaigns/${id}/annotate`);
    await ready();
    ({ id: assignment } = await cups.mine('fox'));
  }, 180_000);
  afterAll(async () => {
    await browser?.close();
    await cups?.close();
  });

  test('strokes become a mask; the page shows what the server says', async () => {
    await page.keyboard.press('Escape');
    await page.waitForFunction("!document.querySelector('dialog[open]')");
    await button('thing +').click();
    await draw([0.45, 0.5], [0.55, 0.5]);
    await page.keyboard.press('0');
    await draw([0.2, 0.2], [0.2, 0.8]);
    await polled('.status', /^Mask up to date$/);
    const { n, ids } = await answered();
    expect((await read()).drawing.strokes.map(({ segment }) => segment)).toEqual([1, 0]);
    expect(new Set(ids)).toEqual(new Set([0, 1]));
    await expect.poll(async () => (await onPage(n))?.length, slow).toBe(ids.length);
    const shown = (await onPage(n))!;
    const alike = shown.filter((segment, i) => segment === ids[i]).length / ids.length;
    expect(alike).toBeGreaterThan(0.99);
  });

  test('keys undo and redo; an exact stroke “only here” changes its own pixels alone', async () => {
    const before = await answered();
    await page.keyboard.press('z');
    await expect.poll(async () => (await read()).drawing.strokes.length, slow).toBe(1);
    await page.keyboard.press('y');
    await expect.poll(async () => (await read()).drawing.strokes.length, slow).toBe(2);
    await page.keyboard.press('1');
    await page.keyboard.press('o');
    await page.keyboard.down('Shift');
    await page.keyboard.press('B' as KeyInput);
    await page.keyboard.up('Shift');
    await draw([0.2, 0.25], [0.32, 0.3]);
    await expect.poll(async () => (await read()).drawing.strokes.length, slow).toBe(3);
    expect((await read()).drawing.strokes[2]).toMatchObject({ segment: 1, exact: true, spread: false });
    const { ids } = await answered();
    const changed = [...ids].flatMap((segment, i) => (segment === before.ids[i] ? [] : [segment]));
    expect(changed.length).toBeGreaterThan(50);
    expect(new Set(changed)).toEqual(new Set([1]));
  });

  test('what was drawn is there after a reload, and is handed in', async () => {
    const { drawing } = await read();
    await page.reload();
    await ready();
    await polled('.status', /^Mask up to date$/);
    expect((await read()).drawing).toEqual(drawing);
    await page.keyboard.press('Enter');
    await expect.poll(() => cups.stateOf(assignment), slow).toBe('submitted');
  });

  test('breaks neither script nor content security policy', () => {
    expect(errors).toEqual([]);
  });
});
