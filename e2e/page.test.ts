import { copyFileSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeImage } from '@saltworks/backbone/image/decode';
import type { Interaction } from '@saltworks/contract/api/interactions';
import type { OpenAssignment } from '@saltworks/contract/api/open-assignments';
import type { Scribbles } from '@saltworks/contract/documents/scribbles';
import { decodePanoptic } from '@saltworks/core/mask/mask';
import { rasterise } from '@saltworks/core/seeds/seeds';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { invite, openCampaign, startStack } from '../bench/stack.mjs';
import { chromium, launch, signInBy } from '../scripts/chromium.mjs';
import { draw } from './draw.ts';
import { root } from './saltworks.ts';

const path = chromium();
const id = 'cups';

interface Logged {
  n: number;
  client: string;
  seq: number;
  interaction: Interaction;
}

type Stroke = Extract<Interaction, { kind: 'stroke' }>;

describe.skipIf(!path)(`the page${path ? '' : ' (skipped: no Chromium; SALTWORKS_CHROMIUM says where it is)'}`, () => {
  let stack: Awaited<ReturnType<typeof startStack>>;
  let browser: Browser;

  beforeAll(async () => {
    stack = await startStack();
    const images = mkdtempSync(join(tmpdir(), 'saltworks-page-'));
    for (const name of [
      'coffee.jpg',
      'chelsea.png',
      'astronaut.jpg',
      'camera.png',
      'flower.jpg',
      'china.jpg',
      'raccoon.jpg',
    ]) {
      copyFileSync(join(root, 'examples/images', name), join(images, name));
    }
    const instructions =
      '# Cups\n\nEvery **cup**.\n\n<b>Nothing else.</b> <img src=x onerror=alert(1)>\n\n[how](https://a.test/) ![x](https://a.test/x.png)';
    const categories = ['thing', 'saucer'].map((name, i) => ({
      ...{ id: i + 1, name, isthing: true },
      colour: ['#ff8800', '#0077ff'][i],
    }));
    await openCampaign(stack, { id, images, leaseSeconds: 600, instructions, categories });
    browser = await launch(path);
  });

  afterAll(async () => {
    await browser?.close();
    await stack?.stop();
  });

  /** Contexts of signed-in users, used again because sign-ins per minute are limited. */
  const sessions = new Map<string, Awaited<ReturnType<BrowserContext['storageState']>>>();

  /** A page of a user who signed in by a link, in a context of its own. */
  async function signIn(name: string, role: 'annotator' | 'reviewer', campaign = id): Promise<BrowserContext> {
    const { link } = await invite(stack, campaign, name, role);
    const context = await browser.newContext({ viewport: { width: 1000, height: 700 } });
    const page = await context.newPage();
    await signInBy(page, link);
    await page.close();
    sessions.set(name, await context.storageState());
    return context;
  }

  async function annotate(context: BrowserContext, campaign = id): Promise<{ page: Page; errors: string[] }> {
    const page = await context.newPage();
    const errors: string[] = [];
    page.on('pageerror', ({ message }) => errors.push(message));
    page.on('console', (message) => {
      if (/Content Security Policy/.test(message.text())) errors.push(message.text());
    });
    await page.goto(`${stack.url}/campaigns/${campaign}/annotate`);
    await page.locator('.stage[aria-busy=false]').waitFor();
    return { page, errors };
  }

  const closeDialog = (page: Page) => page.getByRole('dialog').getByRole('button', { name: 'Close' }).click();

  const status = (page: Page, text: RegExp) =>
    expect.poll(() => page.locator('.status').textContent(), slow).toMatch(text);
  const saved = (page: Page, text: RegExp) =>
    expect.poll(() => page.locator('.saved').textContent(), slow).toMatch(text);
  const slow = { timeout: 60_000, interval: 100 };

  /** Draws a thing and the background: enough for labels, which the server confirms. */
  async function begin(page: Page): Promise<void> {
    await closeDialog(page);
    await page.getByRole('button', { name: 'thing +' }).click();
    await draw(page, [0.45, 0.5], [0.55, 0.5]);
    await page.keyboard.press('0');
    await draw(page, [0.2, 0.2], [0.2, 0.8]);
    await status(page, /confirmed by the server/);
  }

  async function mine(name: string, state?: string): Promise<{ id: string; state: string }> {
    const all = (await stack.admin('GET', `/api/campaigns/${id}/assignments`)) as {
      id: string;
      user: string;
      state: string;
    }[];
    const { user } = (
      (await stack.admin('GET', `/api/campaigns/${id}/members`)) as { user: string; email: string }[]
    ).find(({ email }) => email === `${name}@example.org`)!;
    return all.find((one) => one.user === user && (!state || one.state === state))!;
  }
  const logOf = async (assignment: string) =>
    (await stack.admin('GET', `/api/assignments/${assignment}/interactions`)) as Logged[];

  const stateOf = async (assignment: string) =>
    ((await stack.admin('GET', `/api/assignments/${assignment}`)) as { state: string }).state;

  test('an annotator draws, undoes, reloads, goes offline and submits; a reviewer sends back', async () => {
    const context = await signIn('ann', 'annotator');
    const { page, errors } = await annotate(context);
    const dialog = page.getByRole('dialog', { name: 'Instructions' });
    await dialog.getByRole('heading', { name: 'Cups' }).waitFor();
    expect(await dialog.locator('strong').textContent()).toBe('cup');
    // Instructions become text and links, never HTML or images.
    expect(await dialog.textContent()).toContain('<b>Nothing else.</b> <img src=x onerror=alert(1)>');
    expect(await dialog.locator('b, img').count()).toBe(0);
    expect(await dialog.getByRole('link', { name: 'how' }).getAttribute('rel')).toContain('noopener');
    await closeDialog(page);

    // Labels follow the pen, and the server confirms them.
    await page.keyboard.press('c');
    await page.keyboard.type('thing');
    await page.keyboard.press('Enter');
    await draw(page, [0.45, 0.5], [0.55, 0.5]);
    await status(page, /one thing more/);
    await page.keyboard.press('0');
    await draw(page, [0.2, 0.2], [0.2, 0.8]);
    await status(page, /confirmed by the server/);
    await saved(page, /All saved/);
    const { id: assignment } = await mine('ann');
    expect((await logOf(assignment)).map(({ interaction }) => interaction.kind)).toEqual([
      'segment',
      'stroke',
      'stroke',
    ]);

    // Undo and redo are interactions, too.
    await draw(page, [0.8, 0.2], [0.8, 0.8]);
    await page.keyboard.press('Control+z');
    await page.keyboard.press('Control+Shift+z');
    await saved(page, /All saved/);
    expect((await logOf(assignment)).map(({ interaction }) => interaction.kind).slice(3)).toEqual([
      'stroke',
      'undo',
      'redo',
    ]);

    // A reload in the middle loses nothing.
    await page.reload();
    await page.locator('.stage[aria-busy=false]').waitFor();
    await status(page, /confirmed by the server/);
    expect(await page.getByRole('dialog').count()).toBe(0);

    // Neither does a lost network, even with a reload meanwhile.
    await context.setOffline(true);
    await page.keyboard.press('1');
    await draw(page, [0.5, 0.4], [0.5, 0.6]);
    await draw(page, [0.4, 0.45], [0.45, 0.45]);
    await status(page, /^Labelled/);
    await saved(page, /2 kept in this browser/);
    await context.setOffline(false);
    await saved(page, /All saved/);
    const log = await logOf(assignment);
    expect(log).toHaveLength(8);
    expect(new Set(log.map(({ client, seq }) => `${client} ${seq}`)).size).toBe(8);

    await status(page, /confirmed by the server/);
    const before = await page.locator('.what').textContent();
    await page.getByRole('button', { name: 'Submit' }).click();
    await expect.poll(() => stateOf(assignment), slow).toBe('submitted');
    // The page has taken another image.
    await expect.poll(() => page.locator('.what').textContent(), slow).not.toBe(before);
    expect(errors).toEqual([]);
    await context.close();

    // A reviewer sends it back with a note at a pixel.
    const reviewer = await signIn('rev', 'reviewer');
    const review = await reviewer.newPage();
    await review.goto(`${stack.url}/campaigns/${id}/review`);
    await review.locator('.stage[aria-busy=false]').waitFor();
    await review.locator('.stage canvas').nth(1).click();
    await review.getByRole('textbox', { name: /Note/ }).fill('The handle, too.');
    await review.getByRole('button', { name: 'Send back' }).click();
    await expect.poll(() => stateOf(assignment), slow).toBe('sent_back');
    const { reviews } = (await stack.admin('GET', `/api/assignments/${assignment}`)) as {
      reviews: { note: string; at: unknown }[];
    };
    expect(reviews).toMatchObject([{ note: 'The handle, too.', at: { x: expect.any(Number), y: expect.any(Number) } }]);
    await review.getByText('Nothing to review').waitFor();
    await reviewer.close();
  });

  /** Acts as another window, or the command line, of the same annotator. */
  const elsewhere = (page: Page, path: string) =>
    page.evaluate(async (to) => {
      const headers = { 'content-type': 'application/json' };
      const { status } = await fetch(`/api/${to}`, { method: 'POST', headers, body: '{}' });
      return status;
    }, path);
  const veil = (page: Page, text: RegExp) =>
    expect.poll(() => page.locator('.ended p').allTextContents(), slow).toEqual([expect.stringMatching(text)]);
  const unveiled = (page: Page) => expect.poll(() => page.locator('.ended').count(), slow).toBe(0);

  /** Tries the pen, and the keys that draw, choose, erase and submit. */
  async function tryAll(page: Page, ...more: string[]): Promise<void> {
    await draw(page, [0.7, 0.3], [0.75, 0.4]);
    for (const key of ['z', 'Control+z', 'y', '1', '0', 'n', 'e', ...more]) await page.keyboard.press(key);
    await draw(page, [0.3, 0.6], [0.35, 0.7]);
  }

  /** Draws one more stroke: anything done before it would be sent before it. @returns the interactions */
  async function mark(page: Page, assignment: string): Promise<string[]> {
    await page.keyboard.press('b');
    await draw(page, [0.7, 0.7], [0.72, 0.72]);
    await saved(page, /All saved/);
    return (await logOf(assignment)).map(({ interaction }) => interaction.kind);
  }

  test('an image that was sent back is corrected and accepted; under veils and dialogs neither keys nor pen do anything', async () => {
    const context = await browser.newContext({ storageState: sessions.get('ann') });
    const { page, errors } = await annotate(context);
    // The page has moved on to another image meanwhile.
    const { id: other } = await mine('ann');
    await elsewhere(page, `assignments/${other}/return`);
    await veil(page, /given back/);
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await page.reload();
    await page.locator('.stage[aria-busy=false]').waitFor();
    const { id: assignment } = await mine('ann', 'leased');
    expect(assignment).not.toBe(other);
    const kinds = (await logOf(assignment)).map(({ interaction }) => interaction.kind);
    const sendBack = (note: string) =>
      stack.admin('POST', `/api/assignments/${assignment}/review`, { verdict: 'send_back', note });

    // First under the instructions, then under every other dialog.
    expect(await page.locator('.ended').count()).toBe(0);
    expect(await page.locator('.note').textContent()).toBe('Sent back: The handle, too.');
    await tryAll(page, 'Delete');
    await closeDialog(page);
    for (const key of ['?', 'i', 'x']) {
      await page.keyboard.press(key);
      await page.getByRole('dialog').waitFor();
      await tryAll(page);
      await page.keyboard.press('Escape');
      await page.getByRole('dialog').waitFor({ state: 'detached' });
    }
    kinds.push('stroke');
    expect(await mark(page, assignment)).toEqual(kinds);

    // Another window submits it while the pen is down, and a reviewer sends it back while the page is open.
    const box = (await page.locator('.stage canvas').nth(1).boundingBox())!;
    await page.mouse.move(box.x + 0.6 * box.width, box.y + 0.3 * box.height);
    await page.mouse.down();
    await page.mouse.move(box.x + 0.7 * box.width, box.y + 0.3 * box.height, { steps: 3 });
    expect(await elsewhere(page, `assignments/${assignment}/submit`)).toBe(200);
    await veil(page, /^Handed in/);
    await page.mouse.move(box.x + 0.8 * box.width, box.y + 0.3 * box.height);
    await page.mouse.up();
    await tryAll(page, 'Enter', 'Delete', '?');
    await sendBack('The rim.');
    await veil(page, /sent this image back/);
    await tryAll(page, 'Enter', 'Delete', '?');
    expect(await stateOf(assignment)).toBe('sent_back');
    await page.getByRole('button', { name: 'Next image' }).click();
    await unveiled(page);
    expect(await page.locator('.note').textContent()).toBe('Sent back: The rim.');
    kinds.push('stroke');
    expect(await mark(page, assignment)).toEqual(kinds);

    // Once another window takes it again, this window may draw again, too.
    await elsewhere(page, `assignments/${assignment}/submit`);
    await veil(page, /^Handed in/);
    await sendBack('The spoon.');
    await veil(page, /sent this image back/);
    await elsewhere(page, `campaigns/${id}/next`);
    await unveiled(page);
    await expect.poll(() => page.locator('.note').textContent(), slow).toBe('Sent back: The spoon.');
    await page.reload();
    await page.locator('.stage[aria-busy=false]').waitFor();
    expect(await page.locator('.ended').count()).toBe(0);
    kinds.push('stroke');
    expect(await mark(page, assignment)).toEqual(kinds);

    const before = await page.locator('.what').textContent();
    await status(page, /confirmed by the server/);
    await page.keyboard.press('Enter');
    await expect.poll(() => page.locator('.what').textContent(), slow).not.toBe(before);
    expect(await stateOf(assignment)).toBe('submitted');
    await stack.admin('POST', `/api/assignments/${assignment}/review`, { verdict: 'accept' });
    expect(await stateOf(assignment)).toBe('accepted');
    expect(errors).toEqual([]);
    await context.close();
  });

  test('two browsers never hold one image', async () => {
    const contexts = await Promise.all([signIn('one', 'annotator'), signIn('two', 'annotator')]);
    const pages = await Promise.all(contexts.map((context) => annotate(context)));
    const shown = await Promise.all(pages.map(({ page }) => page.locator('.what').textContent()));
    expect(new Set(shown).size).toBe(2);
    for (const context of contexts) await context.close();
  });

  test('a pen stroke holds every point; one finger draws, two move the image; hints help while drawing', async () => {
    const context = await browser.newContext({ storageState: sessions.get('ann'), hasTouch: true });
    const { page, errors } = await annotate(context);
    await closeDialog(page);
    await page.getByRole('button', { name: 'thing +' }).click();
    await draw(page, [0.45, 0.5], [0.55, 0.5]);
    await page.keyboard.press('0');
    await saved(page, /All saved/);
    const { id: assignment } = await mine('ann');
    const strokes = async () => (await logOf(assignment)).filter(({ interaction }) => interaction.kind === 'stroke');
    const before = (await strokes()).length;
    const cdp = await context.newCDPSession(page);
    const canvas = page.locator('.stage canvas').nth(1);
    const box = (await canvas.boundingBox())!;
    const at = (u: number, v: number) => ({ x: box.x + u * box.width, y: box.y + v * box.height });

    // Fingers draw while no pen was seen yet.
    const touch = (type: 'touchStart' | 'touchMove' | 'touchEnd', ...fingers: [number, number][]) =>
      cdp.send('Input.dispatchTouchEvent', {
        type,
        touchPoints: fingers.map(([u, v], id) => ({ ...at(u, v), id })),
      });
    await touch('touchStart', [0.3, 0.85]);
    await touch('touchMove', [0.35, 0.86]);
    await touch('touchMove', [0.4, 0.87]);
    await touch('touchEnd');
    await expect.poll(async () => (await strokes()).length, slow).toBe(before + 1);
    const picture = () => page.locator('.stage canvas').first().screenshot();
    const still = await picture();
    await touch('touchStart', [0.4, 0.5]);
    await touch('touchMove', [0.42, 0.5]);
    await touch('touchStart', [0.42, 0.5], [0.6, 0.5]);
    await touch('touchMove', [0.35, 0.5], [0.7, 0.5]);
    await touch('touchMove', [0.3, 0.5], [0.8, 0.5]);
    await touch('touchEnd', [0.3, 0.5]);
    await touch('touchMove', [0.2, 0.5]);
    await touch('touchEnd');
    await expect.poll(async () => still.equals(await picture()), slow).toBe(false);
    await page.keyboard.press('f');

    // A pen moves faster than frames: the stroke holds the points between them.
    const pen = (type: 'mousePressed' | 'mouseMoved' | 'mouseReleased', u: number, v: number, buttons = 1) =>
      cdp.send('Input.dispatchMouseEvent', {
        type,
        ...at(u, v),
        button: type === 'mouseMoved' ? 'none' : 'left',
        buttons,
        clickCount: type === 'mouseMoved' ? 0 : 1,
        pointerType: 'pen',
        force: 0.4,
      });
    await pen('mousePressed', 0.6, 0.85);
    await Promise.all(Array.from({ length: 40 }, (_, i) => pen('mouseMoved', 0.6 + i * 0.005, 0.85)));
    await pen('mouseReleased', 0.8, 0.85, 0);
    await expect.poll(async () => (await strokes()).length, slow).toBe(before + 2);
    const { points } = (await strokes()).at(-1)!.interaction as Stroke;
    expect(points.length).toBeGreaterThan(30);

    // Once there is a pen, a finger or a palm draws nothing.
    await touch('touchStart', [0.3, 0.3]);
    await touch('touchMove', [0.4, 0.3]);
    await touch('touchEnd');
    await page.keyboard.press('f');

    // The stroke that labels a pixel is marked, and Delete erases it.
    await status(page, /confirmed by the server/);
    await page.keyboard.press('w');
    await page.mouse.click(at(0.7, 0.85).x, at(0.7, 0.85).y);
    await status(page, /by the stroke that is marked/);
    await page.keyboard.press('Delete');
    await saved(page, /All saved/);
    const kinds = (await logOf(assignment)).map(({ interaction }) => interaction.kind);
    expect(kinds.at(-1)).toBe('erase');
    expect((await strokes()).length).toBe(before + 2);

    // The page shows where the next stroke helps most, and similar places while K is held.
    await status(page, /confirmed by the server/);
    await page.keyboard.press('g');
    await status(page, /^(Unsure between .+ and .+: draw here\.|Nothing is unsure\.)$/);
    await page.mouse.move(at(0.5, 0.5).x, at(0.5, 0.5).y);
    // The suggested place glows for a moment.
    await expect.poll(async () => (await picture()).equals(await picture()), slow).toBe(true);
    const labelled = await picture();
    await page.keyboard.down('k');
    await page.mouse.move(at(0.5, 0.52).x, at(0.5, 0.52).y);
    await expect.poll(async () => labelled.equals(await picture()), slow).toBe(false);
    await page.keyboard.up('k');
    await expect.poll(async () => labelled.equals(await picture()), slow).toBe(true);
    expect(errors).toEqual([]);
    await context.close();
  });

  test('labels follow the pen before it lifts, and a cancelled stroke is kept nowhere', async () => {
    const context = await browser.newContext({ storageState: sessions.get('ann') });
    const { page } = await annotate(context);
    await closeDialog(page);
    await status(page, /confirmed by the server/);
    const { id: assignment } = await mine('ann');
    const { length } = await logOf(assignment);
    const canvas = page.locator('.stage canvas').first();
    const box = (await canvas.boundingBox())!;
    await page.mouse.move(box.x + 0.4 * box.width, box.y + 0.1 * box.height);
    // The other canvas holds the ink; this one holds the image and its labels.
    const painted = () => canvas.evaluate((element) => (element as unknown as { toDataURL(): string }).toDataURL());
    const before = await painted();
    await page.keyboard.press('1');
    await page.mouse.down();
    await page.mouse.move(box.x + 0.6 * box.width, box.y + 0.1 * box.height, { steps: 10 });
    await expect.poll(async () => before === (await painted()), slow).toBe(false);
    await page.reload();
    expect(await logOf(assignment)).toHaveLength(length);
    await context.close();
  });

  test('every pixel under a stroke keeps the stroke’s label, on the page and in the mask', async () => {
    const context = await signIn('hal', 'annotator');
    // The latest pixels that the page got from its threads.
    await context.addInitScript({
      content: `globalThis.Worker = class extends Worker {
        constructor(...args) {
          super(...args);
          this.addEventListener('message', ({ data }) => {
            if (data && data.kind === 'pixel') globalThis.pixels = data;
          });
        }
      };`,
    });
    const { page } = await annotate(context);
    await begin(page);
    // A line one pixel wide between two lines of another segment, which cover most of its cells.
    await draw(page, [0.4, 0.7], [0.6, 0.72]);
    await draw(page, [0.4, 0.74], [0.6, 0.76]);
    await page.keyboard.press('1');
    for (let i = 0; i < 40; i++) await page.keyboard.press('[');
    await draw(page, [0.4, 0.72], [0.6, 0.74]);
    await saved(page, /All saved/);
    const { id: assignment } = await mine('hal');
    const path = `/api/assignments/${assignment}`;
    interface Opened {
      n: number;
      refined: number;
      mask: string;
      image: { width: number; height: number };
      drawing: Pick<Scribbles, 'strokes'>;
    }
    const read = async () => (await stack.admin('GET', path)) as Opened;
    await expect.poll(async () => (await read()).refined, slow).toBe(5 + 1);
    const { n, mask, image, drawing } = await read();
    const { owner, segments } = rasterise({ image, segments: [], strokes: drawing.strokes });
    const painted = [...owner.keys()].filter((pixel) => owner[pixel]);
    const own = painted.map((pixel) => segments[owner[pixel] - 1]);
    expect(own.filter((id) => id === 1).length).toBeGreaterThan(20);

    const inPage = (): Promise<number[] | undefined> =>
      page.evaluate(
        ([n, ...pixels]) => {
          const { pixels: told } = globalThis as unknown as { pixels?: { n: number; ids: Uint32Array } };
          return told?.n === n ? pixels.map((pixel) => told.ids[pixel]) : undefined;
        },
        [n, ...painted],
      );
    await expect.poll(inPage, slow).toEqual(own);
    const file = await page.evaluate(
      async (address) => [...new Uint8Array(await (await fetch(address)).arrayBuffer())],
      `${path}/masks/${mask}`,
    );
    const { ids } = decodePanoptic(await decodeImage(Uint8Array.from(file)));
    expect(painted.map((pixel) => ids[pixel])).toEqual(own);
    await context.close();
  });

  test('the page recovers by itself when server and worker are killed while an annotator draws', async () => {
    const context = await browser.newContext({ storageState: sessions.get('one') });
    const { page } = await annotate(context);
    await begin(page);
    stack.kill('server');
    await draw(page, [0.8, 0.2], [0.8, 0.8]);
    stack.kill('worker');
    await draw(page, [0.3, 0.9], [0.7, 0.9]);
    await status(page, /^Labelled/);
    await saved(page, /All saved/);
    await status(page, /confirmed by the server/);
    expect(await logOf((await mine('one')).id)).toHaveLength(5);
    await context.close();
  });

  /** Presses a key at the moment the next image is in the document, before it is painted. */
  const pressAsItAppears = (page: Page, key: string) =>
    page.evaluate(`{
      const name = () => document.querySelector('.what')?.textContent;
      const before = name();
      const observer = new MutationObserver(() => {
        if (name() === before) return;
        observer.disconnect();
        document.body.dispatchEvent(new KeyboardEvent('keydown', { key: '${key}', bubbles: true }));
      });
      observer.observe(document.body, { subtree: true, childList: true, characterData: true });
    }`);

  test('the page reads the next image ahead, and only once; keys act as soon as the image shows', async () => {
    const context = await browser.newContext({ storageState: sessions.get('two') });
    const asked: string[] = [];
    context.on('request', (request) => asked.push(new URL(request.url()).pathname));
    const { page } = await annotate(context);
    await begin(page);
    await expect
      .poll(() => asked.filter((path) => /^\/api\/tasks\/\d+\/(image|keys)$/.test(path)).length, slow)
      .toBe(2);
    const before = await page.locator('.what').textContent();
    asked.length = 0;
    await pressAsItAppears(page, 'x');
    await page.keyboard.press('Enter');
    await page.getByRole('dialog', { name: 'Skip this image' }).waitFor();
    await page.keyboard.press('Escape');
    expect(await page.locator('.what').textContent()).not.toBe(before);
    await page.locator('.stage[aria-busy=false]').waitFor();
    await status(page, /^Draw on a thing/);
    expect(asked.filter((path) => /^\/api\/assignments\/[\w-]+\/(image|keys)$/.test(path))).toEqual([]);
    await context.close();
  });

  test('a newcomer’s first stroke has the first class; strokes off the image, or ended by Escape, draw nothing', async () => {
    const context = await browser.newContext({ storageState: sessions.get('two') });
    const { page, errors } = await annotate(context);
    await closeDialog(page);
    const { id: assignment } = await mine('two', 'leased');
    await draw(page, [0.45, 0.5], [0.55, 0.5]);
    await saved(page, /All saved/);
    expect((await logOf(assignment)).map(({ interaction }) => interaction)).toMatchObject([
      { kind: 'segment', id: 1, category: 1 },
      { kind: 'stroke', segment: 1 },
    ]);

    // On the stage around the image; then Escape during a stroke.
    const box = (await page.locator('.stage canvas').nth(1).boundingBox())!;
    const at = (u: number, v: number): [number, number] => [box.x + u * box.width, box.y + v * box.height];
    const edge = 4 / box.width;
    await draw(page, [edge, 0.1], [edge, 0.9]);
    await page.mouse.click(...at(edge, 0.5));
    await page.mouse.move(...at(0.3, 0.3));
    await page.mouse.down();
    await page.mouse.move(...at(0.4, 0.4), { steps: 3 });
    await page.keyboard.press('Escape');
    await page.mouse.move(...at(0.5, 0.4), { steps: 3 });
    await page.mouse.up();
    // Out of the image on one side and in again: two strokes, and none along the border between them.
    await page.keyboard.press('0');
    const inside = 0.5;
    await draw(page, [inside, 0.3], [edge, 0.3], [edge, 0.7], [inside, 0.7]);
    await status(page, /confirmed by the server/);
    const { width, height } = ((await stack.admin('GET', `/api/assignments/${assignment}`)) as OpenAssignment).image;
    const strokes = (await logOf(assignment)).slice(2).map(({ interaction }) => interaction) as Stroke[];
    expect(strokes.map(({ segment }) => segment)).toEqual([0, 0]);
    for (const [x, y] of strokes.flatMap(({ points }) => points)) {
      expect(x >= 0 && x < width && y >= 0 && y < height && Math.abs(y - height / 2) > height / 10).toBe(true);
    }
    expect(errors).toEqual([]);
    await context.close();
  });

  test('segments are reclassified and deleted, by key and by button, and undo brings them back; a reload keeps the brush size', async () => {
    const context = await browser.newContext({ storageState: sessions.get('two') });
    const { page, errors } = await annotate(context);
    await closeDialog(page);
    const { id: assignment } = await mine('two', 'leased');
    const rows = page.getByRole('list', { name: 'Segments of this image' }).locator('li > button .name');
    const shown = (...names: string[]) => expect.poll(() => rows.allTextContents(), slow).toEqual(names);
    const drawing = async () => {
      const { drawing } = (await stack.admin('GET', `/api/assignments/${assignment}`)) as OpenAssignment;
      return [
        drawing.segments.map(({ id, category }) => `${id} ${category}`),
        drawing.strokes.map(({ segment }) => segment),
      ];
    };
    // The cup was added twice.
    await shown('Background', 'thing 1');
    await page.keyboard.press('1');
    await page.keyboard.press('n');
    await draw(page, [0.6, 0.55], [0.65, 0.55]);
    await draw(page, [0.6, 0.6], [0.65, 0.6]);
    const twice = [
      ['1 1', '2 1'],
      [1, 0, 0, 2, 2],
    ];
    const once = [['1 1'], [1, 0, 0]];
    await expect.poll(drawing, slow).toEqual(twice);

    await page.keyboard.press('r');
    await page.keyboard.type('sau');
    await page.keyboard.press('Enter');
    await shown('Background', 'thing 1', 'saucer 2');
    await expect.poll(async () => (await drawing())[0], slow).toEqual(['1 1', '2 2']);
    await status(page, /confirmed by the server/);
    await page.keyboard.press('Delete');
    await shown('Background', 'thing 1');
    await page.keyboard.press('z');
    await shown('Background', 'thing 1', 'saucer 2');
    await page.keyboard.press('y');
    await shown('Background', 'thing 1');
    await expect.poll(drawing, slow).toEqual(once);
    await page.keyboard.press('z');
    await page.keyboard.press('z');
    await shown('Background', 'thing 1', 'thing 2');
    await expect.poll(drawing, slow).toEqual(twice);
    await status(page, /confirmed by the server/);

    await page.getByRole('button', { name: 'Another class for thing 2' }).click();
    await page.getByRole('button', { name: 'saucer', exact: true }).click();
    await shown('Background', 'thing 1', 'saucer 2');
    await page.getByRole('button', { name: 'Delete saucer 2' }).click();
    await shown('Background', 'thing 1');
    await expect.poll(drawing, slow).toEqual(once);

    const brush = page.getByRole('slider', { name: 'Brush' });
    const before = await brush.inputValue();
    for (const _ of [1, 2, 3]) await page.keyboard.press(']');
    const after = await brush.inputValue();
    expect(Number(after)).toBeGreaterThan(Number(before));
    await page.reload();
    await page.locator('.stage[aria-busy=false]').waitFor();
    expect(await brush.inputValue()).toBe(after);
    await shown('Background', 'thing 1');
    expect(errors).toEqual([]);
    await context.close();
  });

  test('when two windows contradict each other, one drops the interactions that the server refuses and goes on', async () => {
    const [here, there] = await Promise.all(
      [1, 2].map(() =>
        browser.newContext({ storageState: sessions.get('two'), viewport: { width: 1000, height: 700 } }),
      ),
    );
    const [{ page }, { page: other }] = [await annotate(here), await annotate(there)];
    for (const each of [page, other]) await closeDialog(each);
    const { id: assignment } = await mine('two', 'leased');
    const before = (await logOf(assignment)).length;
    await here.setOffline(true);
    await page.keyboard.press('1');
    await draw(page, [0.5, 0.6], [0.55, 0.6]);
    await page.keyboard.press('0');
    await draw(page, [0.3, 0.3], [0.3, 0.4]);
    await saved(page, /2 kept in this browser/);
    await other.keyboard.press('1');
    await other.keyboard.press('Delete');
    await saved(other, /All saved/);
    await here.setOffline(false);
    await saved(page, /^Not saved \(2\): .*draws segment 1/);
    await page.getByRole('button', { name: 'Leave it out' }).click();
    await saved(page, /All saved/);
    const rows = page.getByRole('list', { name: 'Segments of this image' }).locator('li > button .name');
    await expect.poll(() => rows.allTextContents(), slow).not.toContain('thing 1');
    const kinds = async () => (await logOf(assignment)).slice(before).map(({ interaction }) => interaction.kind);
    expect(await kinds()).toEqual(['delete', 'stroke']);
    // New strokes follow.
    await page.keyboard.press('z');
    await page.keyboard.press('z');
    await saved(page, /All saved/);
    expect(await kinds()).toEqual(['delete', 'stroke', 'undo', 'undo']);
    await expect.poll(() => rows.allTextContents(), slow).toEqual(['Background', 'thing 1']);
    for (const context of [here, there]) await context.close();
  });

  test('after a break the annotator resumes the image, or gets another if somebody has taken it', async () => {
    const context = await browser.newContext({ storageState: sessions.get('two') });
    const { page, errors } = await annotate(context);
    const shown = await page.locator('.what').textContent();
    await closeDialog(page);
    const { id: assignment } = await mine('two', 'leased');
    const change = (changes: object) => stack.admin('PATCH', `/api/campaigns/${id}`, changes);
    const kinds = [...(await logOf(assignment)).map(({ interaction }) => interaction.kind), 'stroke'];
    // From this stroke on the lease is short; the page still renews it at the interval it learned when it opened.
    await change({ leaseSeconds: 5 });
    expect(await mark(page, assignment)).toEqual(kinds);
    await veil(page, /given back/);
    await change({ leaseSeconds: 600 });
    await tryAll(page, 'Enter', 'Delete', '?');
    await page.getByRole('button', { name: 'Next image' }).click();
    await unveiled(page);
    expect(await page.locator('.what').textContent()).toBe(shown);
    await status(page, /confirmed by the server/);
    kinds.push('stroke');
    expect(await mark(page, assignment)).toEqual(kinds);
    await page.reload();
    await page.locator('.stage[aria-busy=false]').waitFor();
    expect(await page.locator('.ended').count()).toBe(0);
    kinds.push('stroke');
    expect(await mark(page, assignment)).toEqual(kinds);

    // The campaign is paused for a while, and meanwhile another annotator takes the image.
    await elsewhere(page, `assignments/${assignment}/return`);
    await veil(page, /given back/);
    await change({ state: 'paused' });
    await page.getByRole('button', { name: 'Next image' }).click();
    await page.getByRole('heading', { name: 'No images for now' }).waitFor();
    await change({ state: 'open' });
    const other = await signIn('three', 'annotator');
    const { page: theirs } = await annotate(other);
    expect(await theirs.locator('.what').textContent()).toBe(shown);
    await page.getByRole('button', { name: 'Look again' }).click();
    await page.locator('.stage[aria-busy=false]').waitFor();
    expect(await page.locator('.what').textContent()).not.toBe(shown);
    expect(await logOf(assignment)).toHaveLength(kinds.length);

    // An image of background alone can be submitted as it is.
    const { id: empty } = await mine('two', 'leased');
    expect(await page.getByRole('button', { name: 'Submit' }).isDisabled()).toBe(true);
    await page.keyboard.press('0');
    await draw(page, [0.3, 0.3], [0.6, 0.6]);
    await status(page, /^Nothing but background/);
    await page.getByRole('button', { name: 'Submit' }).click();
    await expect.poll(() => stateOf(empty), slow).toBe('submitted');
    expect(errors).toEqual([]);
    await other.close();
    await context.close();
  });

  test('keys that come damaged are asked for again, past the browser’s cache', async () => {
    const images = mkdtempSync(join(tmpdir(), 'saltworks-page-'));
    copyFileSync(join(root, 'examples/images/grace_hopper.jpg'), join(images, 'grace_hopper.jpg'));
    await openCampaign(stack, { id: 'damaged', images, instructions: 'Things.' });
    const context = await signIn('rot', 'annotator', 'damaged');
    let asked = 0;
    await context.route(/\/api\/assignments\/[\w-]+\/keys$/, async (route) => {
      const response = await route.fetch();
      const body = await response.body();
      if (++asked === 1) body[body.length - 1] ^= 1;
      await route.fulfill({ response, body });
    });
    const { page, errors } = await annotate(context, 'damaged');
    // Only what the page solved itself can be confirmed.
    await begin(page);
    expect(asked).toBe(2);
    expect(errors).toEqual([]);
    await context.close();
  });
});
