import { copyFileSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeImage } from '@saltworks/backbone/image/decode';
import type { OpenAssignment } from '@saltworks/contract/api/open-assignments';
import type { Scribbles } from '@saltworks/contract/documents/scribbles';
import { decodePanoptic } from '@saltworks/core/mask/mask';
import { rasterise } from '@saltworks/core/seeds/seeds';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openCampaign } from '../bench/stack.mjs';
import {
  type AnnotatorsPage,
  begin,
  browserPath,
  closeDialog,
  openAnnotatorsPage,
  type Stroke,
  saved,
  slow,
  status,
  unlessSkipped,
} from './annotators-page.ts';
import { draw } from './draw.ts';
import { root } from './saltworks.ts';

describe.skipIf(!browserPath)(`drawing on the page${unlessSkipped}`, () => {
  let cups: AnnotatorsPage;
  beforeAll(async () => {
    cups = await openAnnotatorsPage();
  });
  afterAll(() => cups?.close());

  test('a pen stroke holds every point; one finger draws, two move the image; hints help while drawing', async () => {
    await (await cups.signIn('ann', 'annotator')).close();
    const context = await cups.again('ann', { hasTouch: true });
    const { page, errors } = await cups.annotate(context);
    await closeDialog(page);
    await page.getByRole('button', { name: 'thing +' }).click();
    await draw(page, [0.45, 0.5], [0.55, 0.5]);
    await page.keyboard.press('0');
    await saved(page, /^Saved$/);
    const { id: assignment } = await cups.mine('ann');
    const strokes = async () =>
      (await cups.logOf(assignment)).filter(({ interaction }) => interaction.kind === 'stroke');
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
    await status(page, /^Mask up to date$/);
    await page.keyboard.press('w');
    await page.mouse.click(at(0.7, 0.85).x, at(0.7, 0.85).y);
    await status(page, /by the stroke that is marked/);
    await page.keyboard.press('Delete');
    await saved(page, /^Saved$/);
    const kinds = (await cups.logOf(assignment)).map(({ interaction }) => interaction.kind);
    expect(kinds.at(-1)).toBe('erase');
    expect((await strokes()).length).toBe(before + 2);

    // The page shows where the next stroke helps most, and similar places while K is held.
    await status(page, /^Mask up to date$/);
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
    const context = await cups.again('ann');
    const { page } = await cups.annotate(context);
    await closeDialog(page);
    await status(page, /^Mask up to date$/);
    const { id: assignment } = await cups.mine('ann');
    const { length } = await cups.logOf(assignment);
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
    expect(await cups.logOf(assignment)).toHaveLength(length);
    await context.close();
  });

  test('every pixel under a stroke keeps the stroke’s label, on the page and in the mask', async () => {
    const context = await cups.signIn('hal', 'annotator');
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
    const { page } = await cups.annotate(context);
    await begin(page);
    // A line one pixel wide between two lines of another segment, which cover most of its cells.
    await draw(page, [0.4, 0.7], [0.6, 0.72]);
    await draw(page, [0.4, 0.74], [0.6, 0.76]);
    await page.keyboard.press('1');
    for (let i = 0; i < 40; i++) await page.keyboard.press('[');
    await draw(page, [0.4, 0.72], [0.6, 0.74]);
    await saved(page, /^Saved$/);
    const { id: assignment } = await cups.mine('hal');
    const path = `/api/assignments/${assignment}`;
    interface Opened {
      n: number;
      refined: number;
      mask: string;
      image: { width: number; height: number };
      drawing: Pick<Scribbles, 'strokes'>;
    }
    const read = async () => (await cups.stack.admin('GET', path)) as Opened;
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

  test('a newcomer’s first stroke has the first class; strokes off the image, or ended by Escape, draw nothing', async () => {
    const context = await cups.signIn('two', 'annotator');
    const { page, errors } = await cups.annotate(context);
    await closeDialog(page);
    const { id: assignment } = await cups.mine('two', 'leased');
    await draw(page, [0.45, 0.5], [0.55, 0.5]);
    await saved(page, /^Saved$/);
    expect((await cups.logOf(assignment)).map(({ interaction }) => interaction)).toMatchObject([
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
    await status(page, /^Mask up to date$/);
    const { width, height } = ((await cups.stack.admin('GET', `/api/assignments/${assignment}`)) as OpenAssignment)
      .image;
    const strokes = (await cups.logOf(assignment)).slice(2).map(({ interaction }) => interaction) as Stroke[];
    expect(strokes.map(({ segment }) => segment)).toEqual([0, 0]);
    for (const [x, y] of strokes.flatMap(({ points }) => points)) {
      expect(x >= 0 && x < width && y >= 0 && y < height && Math.abs(y - height / 2) > height / 10).toBe(true);
    }
    expect(errors).toEqual([]);
    await context.close();
  });

  test('segments are reclassified and deleted, by key and by button, and undo brings them back; a reload keeps the brush size', async () => {
    const context = await cups.again('two');
    const { page, errors } = await cups.annotate(context);
    await closeDialog(page);
    const { id: assignment } = await cups.mine('two', 'leased');
    const rows = page.getByRole('list', { name: 'Segments of this image' }).locator('li > button .name');
    const shown = (...names: string[]) => expect.poll(() => rows.allTextContents(), slow).toEqual(names);
    const drawing = async () => {
      const { drawing } = (await cups.stack.admin('GET', `/api/assignments/${assignment}`)) as OpenAssignment;
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
    await shown('Background', 'thing 1', 'saucer 1');
    await expect.poll(async () => (await drawing())[0], slow).toEqual(['1 1', '2 2']);
    await status(page, /^Mask up to date$/);
    await page.keyboard.press('Delete');
    await shown('Background', 'thing 1');
    await page.keyboard.press('z');
    await shown('Background', 'thing 1', 'saucer 1');
    await page.keyboard.press('y');
    await shown('Background', 'thing 1');
    await expect.poll(drawing, slow).toEqual(once);
    await page.keyboard.press('z');
    await page.keyboard.press('z');
    await shown('Background', 'thing 1', 'thing 2');
    await expect.poll(drawing, slow).toEqual(twice);
    await status(page, /^Mask up to date$/);

    const more = async (segment: string, item: string) => {
      await page.getByRole('button', { name: `More for ${segment}` }).click();
      await page.getByRole('menuitem', { name: item }).click();
    };
    await more('thing 2', 'Change class');
    await page.getByRole('button', { name: 'saucer', exact: true }).click();
    await shown('Background', 'thing 1', 'saucer 1');
    // Arrow keys move in the menu, Escape leaves it, and the focus goes back to its button.
    await page.getByRole('button', { name: 'More for saucer 1' }).click();
    const focused = () => page.evaluate('document.activeElement.textContent || document.activeElement.ariaLabel');
    await expect.poll(focused, slow).toMatch(/^Change class/);
    await page.keyboard.press('ArrowUp');
    expect(await focused()).toMatch(/^Delete/);
    await page.keyboard.press('Escape');
    await page.getByRole('menu').waitFor({ state: 'detached' });
    expect(await focused()).toBe('More for saucer 1');
    await more('saucer 1', 'Delete');
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

  test('a stroke that the others contradict is marked; keys and a button erase it', async () => {
    const images = mkdtempSync(join(tmpdir(), 'saltworks-odd-'));
    copyFileSync(join(root, 'examples/images/coffee.jpg'), join(images, 'coffee.jpg'));
    await openCampaign(cups.stack, { id: 'odd', images });
    const context = await cups.signIn('odd', 'annotator', 'odd');
    const { page, errors } = await cups.annotate(context, 'odd');
    const [{ id: assignment }] = (await cups.stack.admin('GET', '/api/campaigns/odd/assignments')) as { id: string }[];
    const strokes = async () =>
      ((await cups.stack.admin('GET', `/api/assignments/${assignment}`)) as OpenAssignment).drawing.strokes.length;
    const advice = page.locator('.advice [role=status]');
    await draw(page, [0.45, 0.5], [0.55, 0.5]);
    await draw(page, [0.45, 0.57], [0.55, 0.57]);
    await page.keyboard.press('0');
    await draw(page, [0.15, 0.35], [0.15, 0.65]);
    await draw(page, [0.85, 0.35], [0.85, 0.65]);
    await status(page, /^Mask up to date$/);
    await page.keyboard.press('d');
    await expect.poll(() => advice.textContent(), slow).toBe('');
    await expect.poll(() => page.locator('.advice').textContent(), slow).toMatch(/^About \d+ % right\.$/);
    // The cup's label on the table.
    await page.keyboard.press('1');
    await draw(page, [0.1, 0.4], [0.1, 0.6]);
    await expect.poll(() => advice.textContent(), slow).toBe('A stroke of thing 1 looks like background.');
    await expect.poll(strokes, slow).toBe(5);

    await page.keyboard.press('d');
    await status(page, /^A stroke of thing 1 looks like background\. Delete erases it\.$/);
    await page.keyboard.press('Delete');
    await expect.poll(() => advice.textContent(), slow).toBe('');
    await expect.poll(strokes, slow).toBe(4);

    await page.keyboard.press('z');
    await expect.poll(() => advice.textContent(), slow).toBe('A stroke of thing 1 looks like background.');
    await page.locator('.advice').getByRole('button', { name: 'Erase' }).click();
    await expect.poll(() => advice.textContent(), slow).toBe('');
    await expect.poll(strokes, slow).toBe(4);
    expect(errors).toEqual([]);
    await context.close();
  });
});
