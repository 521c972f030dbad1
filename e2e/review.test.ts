import { copyFileSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Assignment } from '@saltworks/contract/api/assignments';
import type { Interaction } from '@saltworks/contract/api/interactions';
import type { Agreement, Consensus } from '@saltworks/contract/api/measures';
import type { OpenAssignment } from '@saltworks/contract/api/open-assignments';
import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { invite, openCampaign, startStack } from '../bench/stack.mjs';
import { chromium, launch, signInBy } from '../scripts/chromium.mjs';
import { type Annotator, signIn } from './annotator.ts';
import { root } from './saltworks.ts';

const path = chromium();
const id = 'cups';
const slow = { timeout: 60_000, interval: 100 };

const stroke = (segment: number, ...points: [number, number][]): Interaction => ({
  kind: 'stroke',
  segment,
  points,
  radius: 3,
});
/** The cup of examples/images/coffee.jpg, and the table. */
const cup = stroke(1, [222, 150], [290, 166], [344, 164]);
const table = stroke(0, [20, 20], [30, 300], [60, 350]);
const saucer = stroke(0, [106, 232], [162, 322]);

describe.skipIf(!path)(`review${path ? '' : ' (skipped: no Chromium; SALTWORKS_CHROMIUM says where it is)'}`, () => {
  let stack: Awaited<ReturnType<typeof startStack>>;
  let browser: Browser;
  const people: { ann: Annotator; bob: Annotator } = {} as never;
  let assignments: Assignment[];
  let page: Page;
  const errors: string[] = [];

  beforeAll(async () => {
    stack = await startStack();
    const images = mkdtempSync(join(tmpdir(), 'saltworks-review-'));
    copyFileSync(join(root, 'examples/images/coffee.jpg'), join(images, 'coffee.jpg'));
    await openCampaign(stack, { id, images, annotators: 2 });
    people.ann = await signIn((await invite(stack, id, 'ann', 'annotator')).link);
    people.bob = await signIn((await invite(stack, id, 'bob', 'annotator')).link);
    assignments = [await draw(people.ann, [cup, table]), await draw(people.bob, [cup, table, saucer])];
    browser = await launch(path);
    const context = await browser.newContext({ viewport: { width: 1200, height: 800 } });
    page = await context.newPage();
    page.on('pageerror', ({ message }) => errors.push(message));
    await signInBy(page, (await invite(stack, id, 'mia', 'manager')).link);
  });

  afterAll(async () => {
    await browser?.close();
    await stack?.stop();
  });

  async function draw(annotator: Annotator, strokes: Interaction[]): Promise<Assignment> {
    const taken = await annotator.ask<Assignment>('POST', `/api/campaigns/${id}/next`, {});
    const open = await annotator.ask<OpenAssignment>('GET', `/api/assignments/${taken.id}`);
    const named = open.drawing.segments.length > 0;
    await annotator.send(taken.id, named ? strokes : [{ kind: 'segment', id: 1, category: 1 }, ...strokes]);
    await annotator.ask('POST', `/api/assignments/${taken.id}/submit`, {});
    return taken;
  }

  /** A canvas's content as text; different pixels give different texts. */
  const pictureIn = (canvases: Locator, index: number) =>
    canvases.nth(index).evaluate((canvas) => (canvas as unknown as { toDataURL(): string }).toDataURL());
  const pictureOf = (index: number) => pictureIn(page.locator('.panes canvas'), index);

  test('the page shows annotators’ masks side by side, their differences and their consensus', async () => {
    await page.goto(`${stack.url}/campaigns/${id}/review`);
    await page.locator('.stage[aria-busy=false]').waitFor();
    // One image, two assignments, told apart by their authors.
    const works = page.locator('.review nav li');
    expect((await works.allTextContents()).sort()).toEqual(['coffee.jpgann', 'coffee.jpgbob']);
    await page.getByText(/^by (ann|bob), handed in on/).waitFor();
    expect(await page.getByRole('list', { name: 'Classes' }).textContent()).toBe('thing');
    const stage = (await page.locator('.stage').boundingBox())!;
    await page.mouse.move(stage.x + stage.width / 2, stage.y + stage.height / 2);
    await expect
      .poll(() => page.locator('.status').textContent(), slow)
      .toMatch(/^(thing 1|background)\. Click a place/);
    await page.getByRole('link', { name: 'Compare' }).click();
    await page.getByRole('heading', { name: 'coffee.jpg' }).waitFor();
    await expect.poll(() => page.locator('.panes figure').count(), slow).toBe(2);
    expect((await page.locator('.panes strong').allTextContents()).sort()).toEqual(['ann', 'bob']);
    expect(await page.locator('.panes').getByRole('list', { name: 'Classes' }).allTextContents()).toEqual([
      'thing',
      'thing',
    ]);
    const [one, other] = [await pictureOf(0), await pictureOf(1)];
    expect(one).not.toBe(other);
    // Both mark the same pixels.
    await page.keyboard.press('v');
    await expect.poll(async () => (await pictureOf(0)) === (await pictureOf(1)), slow).toBe(true);
    await page.keyboard.press('v');

    await page.keyboard.press('g');
    await expect.poll(() => page.locator('.panes figure').count(), slow).toBe(3);
    expect(await page.locator('.panes strong').first().textContent()).toBe('Consensus');
    await expect
      .poll(() => page.locator('.panes figcaption').nth(1).textContent(), slow)
      .toMatch(/the consensus agrees on (\d\d|100)\.\d % of pixels/);
    // Annotators count by their reliability, here and in the command, unless told otherwise.
    const { annotators } = (await stack.admin('GET', `/api/campaigns/${id}/agreement`)) as Agreement;
    const { weights } = (await stack.admin('GET', `/api/tasks/${assignments[0].task}/consensus`)) as Consensus;
    expect(weights).toEqual(Object.fromEntries(annotators.map(({ annotator, weight }) => [annotator, weight])));
    expect(JSON.parse(stack.run('campaign', 'consensus', id, '--json'))).toMatchObject({ weights });
    const counted = page.locator('.panes figcaption').first();
    const [{ weight }] = annotators;
    expect(await counted.textContent()).toContain(`× ${weight.toFixed(2)}`);
    await page.getByLabel('Weights').selectOption('equal');
    await page.getByRole('button', { name: 'Make the consensus again' }).click();
    await expect.poll(() => counted.textContent(), slow).toMatch(/(ann|bob) × 1\.00, (ann|bob) × 1\.00/);
  });

  test('a mask that was sent back is shown as it was, beside the new one', async () => {
    const [{ id: assignment }] = assignments;
    await page.goto(`${stack.url}/campaigns/${id}/review?assignment=${assignment}`);
    await page.locator('.stage[aria-busy=false]').waitFor();
    await page.getByRole('textbox', { name: /Note/ }).fill('Not the saucer.');
    await page.getByRole('button', { name: 'Send back' }).click();
    await expect.poll(() => page.locator('.review nav li').count(), slow).toBe(1);
    expect((await draw(people.ann, [saucer])).id).toBe(assignment);

    await page.goto(`${stack.url}/campaigns/${id}/review?assignment=${assignment}`);
    await page.locator('.stage[aria-busy=false]').waitFor();
    await page.getByText('Sent back before: “Not the saucer.”').waitFor();
    const before = page.getByRole('button', { name: /Show as it was/ });
    await expect.poll(() => before.isEnabled(), slow).toBe(true);
    const shot = () => pictureIn(page.locator('.stage canvas'), 0);
    const now = await shot();
    await page.keyboard.press('v');
    await expect.poll(() => page.locator('.status').textContent(), slow).toBe('As it was when it was sent back.');
    await expect.poll(async () => (await shot()) === now, slow).toBe(false);
    await page.keyboard.press('v');
    await page.keyboard.press('a');
    await expect
      .poll(async () => ((await stack.admin('GET', `/api/assignments/${assignment}`)) as Assignment).state, slow)
      .toBe('accepted');
    expect(errors).toEqual([]);
  });
});
