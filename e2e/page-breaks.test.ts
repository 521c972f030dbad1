import { copyFileSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openCampaign } from '../bench/stack.mjs';
import {
  type AnnotatorsPage,
  begin,
  browserPath,
  closeDialog,
  elsewhere,
  id,
  openAnnotatorsPage,
  saved,
  slow,
  status,
  tryAll,
  unlessSkipped,
  unveiled,
  veil,
} from './annotators-page.ts';
import { draw } from './draw.ts';
import { root } from './saltworks.ts';

describe.skipIf(!browserPath)(`the page after breaks${unlessSkipped}`, () => {
  let cups: AnnotatorsPage;
  beforeAll(async () => {
    cups = await openAnnotatorsPage();
  });
  afterAll(() => cups?.close());

  test('the page recovers by itself when server and worker are killed while an annotator draws', async () => {
    const context = await cups.signIn('one', 'annotator');
    const { page } = await cups.annotate(context);
    await begin(page);
    cups.stack.kill('server');
    await draw(page, [0.8, 0.2], [0.8, 0.8]);
    cups.stack.kill('worker');
    await draw(page, [0.3, 0.9], [0.7, 0.9]);
    await status(page, /^Mask (drawn|up to date)/);
    await saved(page, /^Saved$/);
    await status(page, /^Mask up to date$/);
    expect(await cups.logOf((await cups.mine('one')).id)).toHaveLength(5);
    await context.close();
  });

  test('when two windows contradict each other, one drops the interactions that the server refuses and goes on', async () => {
    const here = await cups.signIn('two', 'annotator');
    const { page } = await cups.annotate(here);
    await begin(page);
    const there = await cups.again('two', { viewport: { width: 1000, height: 700 } });
    const { page: other } = await cups.annotate(there);
    await closeDialog(other);
    const { id: assignment } = await cups.mine('two', 'leased');
    const before = (await cups.logOf(assignment)).length;
    await here.setOffline(true);
    await page.keyboard.press('1');
    await draw(page, [0.5, 0.6], [0.55, 0.6]);
    await page.keyboard.press('0');
    await draw(page, [0.3, 0.3], [0.3, 0.4]);
    await saved(page, /2 kept in this browser/);
    await other.keyboard.press('1');
    await other.keyboard.press('Delete');
    await saved(other, /^Saved$/);
    await here.setOffline(false);
    await saved(page, /^Not saved \(2\): .*draws segment 1/);
    await page.getByRole('button', { name: 'Leave it out' }).click();
    await saved(page, /^Saved$/);
    const list = page.getByRole('list', { name: 'Segments of this image' });
    const rows = list.locator('li > button .name');
    // The segment is gone: the first class is offered for the next stroke, as on a new picture.
    await list.getByText('not drawn').waitFor();
    const kinds = async () => (await cups.logOf(assignment)).slice(before).map(({ interaction }) => interaction.kind);
    expect(await kinds()).toEqual(['delete', 'stroke']);
    // New strokes follow.
    await page.keyboard.press('z');
    await page.keyboard.press('z');
    await saved(page, /^Saved$/);
    expect(await kinds()).toEqual(['delete', 'stroke', 'undo', 'undo']);
    await expect.poll(() => rows.allTextContents(), slow).toEqual(['Background', 'thing 1']);
    expect(await list.getByText('not drawn').count()).toBe(0);
    for (const context of [here, there]) await context.close();
  });

  test('after a break the annotator resumes the image, or gets another if somebody has taken it', async () => {
    const context = await cups.again('two');
    const { page, errors } = await cups.annotate(context);
    const shown = await page.locator('.what').textContent();
    await closeDialog(page);
    const { id: assignment } = await cups.mine('two', 'leased');
    const change = (changes: object) => cups.stack.admin('PATCH', `/api/campaigns/${id}`, changes);
    const kinds = [...(await cups.logOf(assignment)).map(({ interaction }) => interaction.kind), 'stroke'];
    // From this stroke on the lease is short; the page still renews it at the interval it learned when it opened.
    await change({ leaseSeconds: 5 });
    expect(await cups.mark(page, assignment)).toEqual(kinds);
    await veil(page, /given back/);
    await change({ leaseSeconds: 600 });
    await tryAll(page, 'Enter', 'Delete', '?');
    await page.getByRole('button', { name: 'Next image' }).click();
    await unveiled(page);
    expect(await page.locator('.what').textContent()).toBe(shown);
    await status(page, /^Mask up to date$/);
    kinds.push('stroke');
    expect(await cups.mark(page, assignment)).toEqual(kinds);
    await page.reload();
    await page.locator('.stage[aria-busy=false]').waitFor();
    expect(await page.locator('.ended').count()).toBe(0);
    kinds.push('stroke');
    expect(await cups.mark(page, assignment)).toEqual(kinds);

    // The campaign is paused for a while, and meanwhile another annotator takes the image.
    await elsewhere(page, `assignments/${assignment}/return`);
    await veil(page, /given back/);
    await change({ state: 'paused' });
    await page.getByRole('button', { name: 'Next image' }).click();
    await page.getByRole('heading', { name: 'No images for now' }).waitFor();
    await change({ state: 'open' });
    const other = await cups.signIn('three', 'annotator');
    const { page: theirs } = await cups.annotate(other);
    expect(await theirs.locator('.what').textContent()).toBe(shown);
    await page.getByRole('button', { name: 'Look again' }).click();
    await page.locator('.stage[aria-busy=false]').waitFor();
    expect(await page.locator('.what').textContent()).not.toBe(shown);
    expect(await cups.logOf(assignment)).toHaveLength(kinds.length);

    // An image of background alone can be submitted as it is.
    const { id: empty } = await cups.mine('two', 'leased');
    expect(await page.getByRole('button', { name: 'Submit' }).isDisabled()).toBe(true);
    await page.keyboard.press('0');
    await draw(page, [0.3, 0.3], [0.6, 0.6]);
    await status(page, /^Nothing but background/);
    await page.getByRole('button', { name: 'Submit' }).click();
    await expect.poll(() => cups.stateOf(empty), slow).toBe('submitted');
    expect(errors).toEqual([]);
    await other.close();
    await context.close();
  });

  test('keys that come damaged are asked for again, past the browser’s cache', async () => {
    const images = mkdtempSync(join(tmpdir(), 'saltworks-page-'));
    copyFileSync(join(root, 'examples/images/coffee.jpg'), join(images, 'coffee.jpg'));
    await openCampaign(cups.stack, { id: 'damaged', images, instructions: 'Things.' });
    const context = await cups.signIn('rot', 'annotator', 'damaged');
    let asked = 0;
    await context.route(/\/api\/assignments\/[\w-]+\/keys$/, async (route) => {
      const response = await route.fetch();
      const body = await response.body();
      if (++asked === 1) body[body.length - 1] ^= 1;
      await route.fulfill({ response, body });
    });
    const { page, errors } = await cups.annotate(context, 'damaged');
    // Only what the page solved itself can be confirmed.
    await begin(page);
    expect(asked).toBe(2);
    expect(errors).toEqual([]);
    await context.close();
  });
});
