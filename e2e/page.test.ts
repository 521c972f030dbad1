import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { signInBy } from '../scripts/chromium.mjs';
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

describe.skipIf(!browserPath)(`an annotator’s images${unlessSkipped}`, () => {
  let cups: AnnotatorsPage;
  beforeAll(async () => {
    cups = await openAnnotatorsPage();
  });
  afterAll(() => cups?.close());

  test('classes that are added, recoloured and retired show on a page that is open, and are offered at once', async () => {
    const context = await cups.signIn('eve', 'annotator');
    const { page, errors } = await cups.annotate(context);
    await closeDialog(page);
    const offered = () => page.locator('.classes button').allTextContents();
    expect(await offered()).toEqual(['thing +', 'saucer +']);
    await page.getByRole('button', { name: 'saucer +' }).click();
    await draw(page, [0.45, 0.5], [0.55, 0.5]);
    await page.keyboard.press('0');
    await draw(page, [0.2, 0.2], [0.2, 0.8]);
    await status(page, /^Mask up to date$/);

    const run = (...flags: string[]) => cups.stack.run('campaign', 'classes', id, ...flags);
    run(
      '--add',
      'spoon,table:stuff',
      '--retire',
      'saucer',
      '--describe',
      'spoon=of metal',
      '--colour',
      'thing=#00aa00',
    );
    await expect.poll(offered, slow).toEqual(['thing +', 'spoon +', 'table +']);
    // What was drawn of a retired class stays, under its name.
    expect(await page.getByRole('list', { name: 'Segments of this image' }).textContent()).toContain('saucer 1');
    expect(await page.getByRole('button', { name: 'spoon +' }).getAttribute('title')).toBe('New spoon: of metal');
    await page.getByRole('button', { name: 'spoon +' }).click();
    await draw(page, [0.7, 0.5], [0.75, 0.55]);
    await status(page, /^Mask up to date$/);
    await saved(page, /^Saved$/);
    const { id: assignment } = await cups.mine('eve');
    const { drawing } = (await cups.stack.admin('GET', `/api/assignments/${assignment}`)) as {
      drawing: { segments: unknown[] };
    };
    expect(drawing.segments).toEqual([
      { id: 1, category: 2 },
      { id: 2, category: 3 },
    ]);

    expect(run('--versions')).toMatch(
      /^version.*\n +2 .*thing recoloured, saucer retired, spoon added, table added\n +1 /,
    );
    expect(() => run('--retire', 'fork')).toThrow('no class fork; expected one of thing, saucer, spoon, table');

    // A manager does the same on the page of settings.
    const manager = await cups.browser.newContext({ viewport: { width: 1000, height: 900 } });
    const settings = await manager.newPage();
    await signInBy(settings, cups.stack.run('account', 'link').trim());
    await settings.goto(`${cups.stack.url}/campaigns/${id}/settings`);
    const classes = settings.getByRole('region', { name: 'Classes', exact: true });
    await classes.getByText('Version 2').first().waitFor();
    await classes.getByRole('button', { name: 'Restore saucer' }).click();
    await classes.getByRole('button', { name: 'Retire table' }).click();
    await classes.getByLabel('Add classes').fill('napkin');
    await settings.keyboard.press('Enter');
    await classes.getByLabel('Description of napkin').fill('paper, too');
    await classes.getByRole('button', { name: 'Save classes' }).click();
    await classes.getByText('Saved as version 3').waitFor();
    await expect.poll(offered, slow).toEqual(['thing +', 'saucer +', 'spoon +', 'napkin +']);
    const versions = classes.getByRole('table', { name: 'Versions of the classes' }).locator('tbody tr');
    await expect
      .poll(() => versions.first().textContent(), slow)
      .toContain('saucer restored, table retired, napkin added');
    // A new name holds for what was drawn, a merged class counts as the other, and a class has its key.
    run('--rename', 'saucer=plate', '--merge', 'spoon=napkin', '--key', 'napkin=n');
    await expect.poll(offered, slow).toEqual(['thing +', 'plate +', 'napkin +,n']);
    const segments = page.getByRole('list', { name: 'Segments of this image' });
    expect(await segments.textContent()).toMatch(/plate 1.*napkin 1/);
    await page.keyboard.press(',');
    await page.keyboard.press('n');
    await expect.poll(() => segments.textContent()).toMatch(/napkin 1.*napkin 2/);
    run('--retire', 'napkin', '--restore', 'spoon');
    await expect.poll(() => segments.textContent()).toMatch(/plate 1.*spoon 1.*napkin 1/);
    // Attributes are asked for at once; handing in waits for one that is required.
    const attributes = (...flags: string[]) => cups.stack.run('campaign', 'attributes', id, ...flags);
    attributes('--add', 'broken:flag', '--add', 'image:light:choice=day|night', '--require', 'broken');
    const panel = page.getByRole('region', { name: 'Attributes' });
    await panel.getByText('light').waitFor();
    await page.keyboard.press('Enter');
    await status(page, /^plate 1 lacks broken; expected a value before handing in/);
    await page.keyboard.press('1');
    await page.keyboard.press('Shift+A');
    await page.keyboard.press('y');
    await page.keyboard.press('Tab');
    await page.keyboard.press('n');
    await panel.getByLabel('Name').fill('chipped');
    await page.keyboard.press('Enter');
    await expect.poll(() => segments.textContent()).toContain('plate “chipped”');
    await saved(page, /^Saved$/);
    const told = (await cups.stack.admin('GET', `/api/assignments/${assignment}`)) as { drawing: object };
    expect(told.drawing).toMatchObject({
      segments: [{ id: 1, name: 'chipped', values: { 1: true } }, {}, {}],
      values: { 2: 'night' },
    });
    await page.keyboard.press('z');
    await expect.poll(() => segments.textContent()).not.toContain('chipped');
    attributes('--retire', 'broken', '--retire', 'light');
    run('--rename', 'plate=saucer', '--retire', 'spoon');
    await expect.poll(offered, slow).toEqual(['thing +', 'saucer +']);
    expect(errors).toEqual([]);
    await manager.close();
    await context.close();
  });

  test('an annotator draws, undoes, reloads, goes offline and submits; a reviewer sends back', async () => {
    const context = await cups.signIn('ann', 'annotator');
    const { page, errors } = await cups.annotate(context);
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
    await status(page, /^Mask up to date$/);
    await saved(page, /^Saved$/);
    const { id: assignment } = await cups.mine('ann');
    expect((await cups.logOf(assignment)).map(({ interaction }) => interaction.kind)).toEqual([
      'segment',
      'stroke',
      'stroke',
    ]);

    // Undo and redo are interactions, too.
    await draw(page, [0.8, 0.2], [0.8, 0.8]);
    await page.keyboard.press('Control+z');
    await page.keyboard.press('Control+Shift+z');
    await saved(page, /^Saved$/);
    expect((await cups.logOf(assignment)).map(({ interaction }) => interaction.kind).slice(3)).toEqual([
      'stroke',
      'undo',
      'redo',
    ]);

    // A reload in the middle loses nothing.
    await page.reload();
    await page.locator('.stage[aria-busy=false]').waitFor();
    await status(page, /^Mask up to date$/);
    expect(await page.getByRole('dialog').count()).toBe(0);

    // Neither does a lost network, even with a reload meanwhile.
    await context.setOffline(true);
    await page.keyboard.press('1');
    await draw(page, [0.5, 0.4], [0.5, 0.6]);
    await draw(page, [0.4, 0.45], [0.45, 0.45]);
    await status(page, /^Mask (drawn|up to date)/);
    await saved(page, /2 kept in this browser/);
    await context.setOffline(false);
    await saved(page, /^Saved$/);
    const log = await cups.logOf(assignment);
    expect(log).toHaveLength(8);
    expect(new Set(log.map(({ client, seq }) => `${client} ${seq}`)).size).toBe(8);

    await status(page, /^Mask up to date$/);
    const before = await page.locator('.what').textContent();
    await page.getByRole('button', { name: 'Submit' }).click();
    await expect.poll(() => cups.stateOf(assignment), slow).toBe('submitted');
    // The page has taken another image.
    await expect.poll(() => page.locator('.what').textContent(), slow).not.toBe(before);
    expect(errors).toEqual([]);
    await context.close();

    // A reviewer sends it back with a note at a pixel.
    const reviewer = await cups.signIn('rev', 'reviewer');
    const review = await reviewer.newPage();
    await review.goto(`${cups.stack.url}/campaigns/${id}/review`);
    await review.locator('.stage[aria-busy=false]').waitFor();
    await review.locator('.stage canvas').nth(1).click();
    await review.getByRole('textbox', { name: /Note/ }).fill('The handle, too.');
    await review.getByRole('button', { name: 'Send back' }).click();
    await expect.poll(() => cups.stateOf(assignment), slow).toBe('sent_back');
    const { reviews } = (await cups.stack.admin('GET', `/api/assignments/${assignment}`)) as {
      reviews: { note: string; at: unknown }[];
    };
    expect(reviews).toMatchObject([{ note: 'The handle, too.', at: { x: expect.any(Number), y: expect.any(Number) } }]);
    await review.getByText('Nothing to review').waitFor();
    await reviewer.close();
  });

  test('an image that was sent back is corrected and accepted; under veils and dialogs neither keys nor pen do anything', async () => {
    const context = await cups.again('ann');
    const { page, errors } = await cups.annotate(context);
    // The page has moved on to another image meanwhile.
    const { id: other } = await cups.mine('ann');
    await elsewhere(page, `assignments/${other}/return`);
    await veil(page, /given back/);
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await page.reload();
    await page.locator('.stage[aria-busy=false]').waitFor();
    const { id: assignment } = await cups.mine('ann', 'leased');
    expect(assignment).not.toBe(other);
    const kinds = (await cups.logOf(assignment)).map(({ interaction }) => interaction.kind);
    const sendBack = (note: string) =>
      cups.stack.admin('POST', `/api/assignments/${assignment}/review`, { verdict: 'send_back', note });

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
    expect(await cups.mark(page, assignment)).toEqual(kinds);

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
    expect(await cups.stateOf(assignment)).toBe('sent_back');
    await page.getByRole('button', { name: 'Next image' }).click();
    await unveiled(page);
    expect(await page.locator('.note').textContent()).toBe('Sent back: The rim.');
    kinds.push('stroke');
    expect(await cups.mark(page, assignment)).toEqual(kinds);

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
    expect(await cups.mark(page, assignment)).toEqual(kinds);

    const before = await page.locator('.what').textContent();
    await status(page, /^Mask up to date$/);
    await page.keyboard.press('Enter');
    await expect.poll(() => page.locator('.what').textContent(), slow).not.toBe(before);
    expect(await cups.stateOf(assignment)).toBe('submitted');
    await cups.stack.admin('POST', `/api/assignments/${assignment}/review`, { verdict: 'accept' });
    expect(await cups.stateOf(assignment)).toBe('accepted');
    expect(errors).toEqual([]);
    await context.close();
  });

  test('two browsers never hold one image', async () => {
    const contexts = await Promise.all([cups.signIn('one', 'annotator'), cups.signIn('two', 'annotator')]);
    const pages = await Promise.all(contexts.map((context) => cups.annotate(context)));
    const shown = await Promise.all(pages.map(({ page }) => page.locator('.what').textContent()));
    expect(new Set(shown).size).toBe(2);
    for (const context of contexts) await context.close();
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
    const context = await cups.again('two');
    const asked: string[] = [];
    context.on('request', (request) => asked.push(new URL(request.url()).pathname));
    const { page } = await cups.annotate(context);
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
});
