import type { Noted } from '@saltworks/contract/api/notes';
import type { OpenAssignment } from '@saltworks/contract/api/open-assignments';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  type AnnotatorsPage,
  begin,
  browserPath,
  closeDialog,
  id,
  openAnnotatorsPage,
  saved,
  slow,
  status,
  unlessSkipped,
} from './annotators-page.ts';
import { draw } from './draw.ts';

describe.skipIf(!browserPath)(`work that goes back and forth${unlessSkipped}`, () => {
  let cups: AnnotatorsPage;
  beforeAll(async () => {
    cups = await openAnnotatorsPage();
  });
  afterAll(() => cups?.close());

  test('an image is sent back, found on the annotator’s list, talked about, corrected and accepted', async () => {
    const ann = await cups.signIn('ann', 'annotator');
    const { page, errors } = await cups.annotate(ann);
    await begin(page);
    await saved(page, /^Saved$/);
    const { id: assignment } = await cups.mine('ann');
    await page.keyboard.press('Enter');
    await expect.poll(() => cups.stateOf(assignment), slow).toBe('submitted');

    // Opened again before anybody has looked, and handed in once more.
    await page.goto(`${cups.stack.url}/work?state=submitted`);
    await page.getByRole('link', { name: 'Open again' }).click();
    await page.locator('.stage[aria-busy=false]').waitFor();
    await expect.poll(() => cups.stateOf(assignment), slow).toBe('leased');
    expect(new URL(page.url()).search).toBe('');
    await status(page, /^Mask up to date$/);
    await page.keyboard.press('Enter');
    await expect.poll(() => cups.stateOf(assignment), slow).toBe('submitted');

    const rita = await cups.signIn('rita', 'reviewer');
    const review = await rita.newPage();
    await review.goto(`${cups.stack.url}/campaigns/${id}/review`);
    await review.locator('.stage[aria-busy=false]').waitFor();
    const box = (await review.locator('.stage').boundingBox())!;
    await review.mouse.click(box.x + box.width / 2, box.y + box.height / 2);
    await review.getByRole('textbox', { name: 'Note (pinned)' }).fill('The handle, too.');
    await review.getByRole('button', { name: 'Send back' }).click();
    await expect.poll(() => cups.stateOf(assignment), slow).toBe('sent_back');

    // The first page counts it, and leads to it.
    await page.goto(cups.stack.url);
    await page.getByRole('link', { name: 'Sent back 1' }).click();
    const row = page.getByRole('table', { name: 'My work' }).locator('tbody tr');
    await expect.poll(() => row.allTextContents(), slow).toEqual([expect.stringContaining('The handle, too.')]);
    await page.getByRole('link', { name: 'Correct' }).click();
    await page.locator('.stage[aria-busy=false]').waitFor();
    expect(await page.locator('.note').textContent()).toBe('Sent back: The handle, too.');

    // A question, pinned to a place; the pen draws nothing meanwhile.
    await page.getByRole('button', { name: 'Notes 1' }).click();
    const notes = page.getByRole('region', { name: 'Notes' });
    await notes.getByRole('textbox', { name: 'Note' }).fill('This one?');
    await notes.getByRole('button', { name: 'Pin to a place' }).click();
    const stage = (await page.locator('.stage canvas').nth(1).boundingBox())!;
    await page.mouse.click(stage.x + 0.75 * stage.width, stage.y + 0.25 * stage.height);
    await notes.getByRole('textbox', { name: 'Note (pinned)' }).waitFor();
    await notes.getByRole('button', { name: 'Write' }).click();
    await page.getByRole('button', { name: 'Notes 2' }).waitFor();

    // The answer reaches the page that is open.
    await review.goto(`${cups.stack.url}/campaigns/${id}/review?assignment=${assignment}`);
    await review.getByText('Notes (2)').click();
    await review.getByText('This one?').waitFor();
    await review.getByRole('textbox', { name: 'Note' }).fill('Yes.');
    await review.getByRole('button', { name: 'Write only' }).click();
    await notes.getByText('Yes.').waitFor();
    expect(await cups.stateOf(assignment)).toBe('leased');
    await notes.getByRole('button', { name: 'Show place' }).last().click();
    await page.getByRole('button', { name: 'Notes 3' }).click();

    await page.keyboard.press('b');
    await page.keyboard.press('1');
    await draw(page, [0.7, 0.5], [0.72, 0.52]);
    await status(page, /^Mask up to date$/);
    await saved(page, /^Saved$/);
    await page.keyboard.press('Enter');
    await expect.poll(() => cups.stateOf(assignment), slow).toBe('submitted');

    await review.goto(`${cups.stack.url}/campaigns/${id}/review?assignment=${assignment}`);
    await review.locator('.stage[aria-busy=false]').waitFor();

    // The reviewer draws the rest, under her own name, and accepts it.
    await review.keyboard.press('e');
    await closeDialog(review);
    await review.locator('.stage[aria-busy=false]').waitFor();
    await review.getByText('you correct what ann drew').waitFor();
    await review.keyboard.press('0');
    await draw(review, [0.3, 0.85], [0.35, 0.85]);
    await status(review, /^Mask up to date$/);
    await saved(review, /^Saved$/);
    await page.goto(`${cups.stack.url}/work?campaign=${id}`);
    await expect
      .poll(() => row.allTextContents(), slow)
      .toContainEqual(expect.stringContaining('being corrected by a reviewer'));
    await review.keyboard.press('Enter');
    await review.waitForURL(/review\?assignment=/);
    expect(await cups.stateOf(assignment)).toBe('submitted');
    const log = (await cups.stack.admin('GET', `/api/assignments/${assignment}/interactions`)) as { by?: string }[];
    const members = (await cups.stack.admin('GET', `/api/campaigns/${id}/members`)) as { user: string; name: string }[];
    const drew = log.map(({ by }) => members.find(({ user }) => user === by)?.name);
    expect([...new Set(drew)]).toEqual([undefined, 'rita']);
    await review.locator('.stage[aria-busy=false]').waitFor();
    await review.keyboard.press('a');
    await expect.poll(() => cups.stateOf(assignment), slow).toBe('accepted');
    const { thread } = (await cups.stack.admin('GET', `/api/assignments/${assignment}`)) as OpenAssignment;
    const said = ({ author, text, verdict, at }: Noted) => [author, text, verdict, at !== null];
    expect(thread.map(said)).toEqual([
      ['rita', 'The handle, too.', 'send_back', true],
      ['ann', 'This one?', null, true],
      ['rita', 'Yes.', null, false],
      ['rita', null, 'accept', false],
    ]);
    await page.goto(`${cups.stack.url}/work?state=accepted`);
    await expect.poll(() => row.count(), slow).toBe(1);
    expect(await page.getByRole('link', { name: /Open again|Correct/ }).count()).toBe(0);
    // The last that somebody wrote, and the whole thread behind a click.
    await row.getByText('rita: Yes.').waitFor();
    await row.getByText('all 3 notes').click();
    const told = await row.getByRole('list', { name: 'Notes' }).getByRole('listitem').allTextContents();
    expect(told.map((text) => /handle|This one|Yes|accepted/.exec(text)?.[0])).toEqual([
      'handle',
      'This one',
      'Yes',
      'accepted',
    ]);
    expect(cups.stack.run('campaign', 'work', id, '--by', 'ann@example.org', '--state', 'accepted')).toContain('ann');
    expect(errors).toEqual([]);
    await ann.close();
    await rita.close();
  });
});
