/** Segments as objects on the annotators' page: what has no label. */

import { decodeImage } from '@saltworks/backbone/image/decode';
import type { Drawing } from '@saltworks/contract/api/interactions';
import { decodePanoptic } from '@saltworks/core/mask/mask';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  type AnnotatorsPage,
  begin,
  browserPath,
  elsewhere,
  openAnnotatorsPage,
  saved,
  slow,
  status,
  unlessSkipped,
} from './annotators-page.ts';
import { draw } from './draw.ts';

interface Opened {
  n: number;
  refined: number;
  mask: string;
  drawing: Drawing;
}

describe.skipIf(!browserPath)(`segments on the page${unlessSkipped}`, () => {
  let cups: AnnotatorsPage;
  let page: Page;
  let assignment: string;
  let errors: string[];

  /** The drawing and the server's mask of it, once all is saved and answered. */
  async function answered() {
    await saved(page, /^Saved$/);
    const read = async () => (await cups.stack.admin('GET', `/api/assignments/${assignment}`)) as Opened;
    await expect
      .poll(async () => {
        const { n, refined } = await read();
        return n === refined;
      }, slow)
      .toBe(true);
    const opened = await read();
    const file = await page.evaluate(
      async (address) => [...new Uint8Array(await (await fetch(address)).arrayBuffer())],
      `/api/assignments/${assignment}/masks/${opened.mask}`,
    );
    return { ...opened, ids: decodePanoptic(await decodeImage(Uint8Array.from(file))).ids };
  }

  beforeAll(async () => {
    cups = await openAnnotatorsPage();
    await cups.stack.admin('PATCH', '/api/campaigns/cups', { unlabelled: 'refuse' });
    ({ page, errors } = await cups.annotate(await cups.signIn('seg', 'annotator')));
    ({ id: assignment } = await cups.mine('seg'));
  });
  afterAll(() => cups?.close());

  test('what has no label is counted, marked and led to, and keeps the image from being handed in', async () => {
    await begin(page);
    const { ids } = await answered();
    const count = ids.filter((id) => id === 0).length;
    expect(count).toBeGreaterThan(1000);
    const counted = `${count.toLocaleString('en')} pixels unlabelled`;
    const lead = page.getByRole('button', { name: counted });
    await lead.click();
    await status(page, /^1 of \d+ without a label: \d+ pixels\.$/);
    const marked = () => page.getByRole('button', { name: 'Unlabelled', exact: true }).getAttribute('aria-pressed');
    expect(await marked()).toBe('false');
    await page.keyboard.press('Enter');
    await status(page, new RegExp(`^${counted}: here every pixel belongs to a segment before you hand in\\.`));
    expect(await marked()).toBe('true');
    expect(await elsewhere(page, `assignments/${assignment}/submit`)).toBe(409);
    expect(await cups.stateOf(assignment)).toBe('leased');

    // A segment in place of the background's stroke: nothing is left.
    await page.keyboard.press('z');
    await page.keyboard.press('n');
    await draw(page, [0.2, 0.2], [0.2, 0.8]);
    expect(new Set((await answered()).ids)).toEqual(new Set([1, 2]));
    await expect.poll(() => lead.count(), slow).toBe(0);
    await page.keyboard.press('Enter');
    await expect.poll(() => cups.stateOf(assignment), slow).toBe('submitted');
    expect(errors).toEqual([]);
  });
});
