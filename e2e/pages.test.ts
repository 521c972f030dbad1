import { copyFileSync, mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Campaign, CampaignProgress } from '@saltworks/contract/api/campaigns';
import type { Browser, BrowserContext, Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startStack } from '../bench/stack.mjs';
import { chromium, launch, signInBy } from '../scripts/chromium.mjs';
import { unzip } from '../scripts/unzip.mjs';
import { type Annotator, signIn } from './annotator.ts';
import { root } from './saltworks.ts';

const path = chromium();
const id = 'cups-and-bowls';
const names = ['coffee.jpg', 'chelsea.png', 'astronaut.jpg'];
const slow = { timeout: 120_000, interval: 200 };

describe.skipIf(!path)(`the pages of management${path ? '' : ' (skipped: no Chromium)'}`, () => {
  let stack: Awaited<ReturnType<typeof startStack>>;
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  let annotator: Annotator;
  const errors: string[] = [];

  const ask = <Answer>(method: string, address: string, body?: unknown) =>
    stack.admin(method, address, body) as Promise<Answer>;

  beforeAll(async () => {
    stack = await startStack();
    const images = mkdtempSync(join(tmpdir(), 'saltworks-pages-'));
    for (const name of names) copyFileSync(join(root, 'examples/images', name), join(images, name));
    stack.run('dataset', 'import', images, '--name', 'kitchen');
    browser = await launch(path);
    context = await browser.newContext({ viewport: { width: 1200, height: 900 }, acceptDownloads: true });
    page = await context.newPage();
    page.setDefaultTimeout(15_000);
    page.on('pageerror', ({ message }) => errors.push(message));
    page.on('console', (message) => {
      if (/Content Security Policy/.test(message.text())) errors.push(message.text());
    });
    await signInBy(page, stack.run('account', 'link').trim());
  });

  afterAll(async () => {
    await browser?.close();
    await stack?.stop();
  });

  const rowsOf = (page: Page, caption: string) =>
    page.getByRole('table', { name: caption }).locator('tbody tr').allTextContents();

  test('an administrator without a campaign creates one by the form', async () => {
    await page.getByText('There is none yet').waitFor();
    await page.getByRole('link', { name: 'New campaign' }).click();
    await page.getByLabel('Name', { exact: true }).fill('Cups and bowls');
    await page.getByLabel('Dataset').selectOption('kitchen');
    await page.getByLabel('Add classes').fill('cup, bowl, table:stuff');
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Remove bowl' }).click();
    await page.getByLabel('Instructions').fill('Every cup.');
    // Typed values survive a reload and a refusal by the server.
    await page.reload();
    await page.getByLabel('Id', { exact: true }).fill('new');
    await page.getByLabel('Id', { exact: true }).fill('');
    expect(await page.getByLabel('Name', { exact: true }).inputValue()).toBe('Cups and bowls');
    await page.getByLabel('Ground truth mixed in').fill('0');
    await page.getByRole('button', { name: 'Create campaign' }).click();
    await page.waitForURL(`**/campaigns/${id}`);
    await page.getByRole('heading', { level: 1, name: 'Cups and bowls' }).waitFor();
    expect(await page.title()).toBe('Cups and bowls · Saltworks');
    expect(await ask<Campaign>('GET', `/api/campaigns/${id}`)).toMatchObject({
      dataset: 'kitchen',
      instructions: 'Every cup.',
      categories: [
        { id: 1, name: 'cup', colour: '#e69f00', isthing: true },
        { id: 2, name: 'table', colour: '#009e73', isthing: false },
      ],
    });
  });

  test('the form tells of a taken id and loses nothing that was typed', async () => {
    await page.goto(`${stack.url}/campaigns/new`);
    await page.getByLabel('Name', { exact: true }).fill('Cups and bowls');
    await page.getByLabel('Dataset').selectOption('kitchen');
    await page.getByLabel('Add classes').fill('cup');
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Create campaign' }).click();
    await page.getByText(`campaign ${id} is there already`).waitFor();
    expect(await page.getByLabel('Name', { exact: true }).inputValue()).toBe('Cups and bowls');
    expect(await page.getByLabel('Name of class 1').inputValue()).toBe('cup');
  });

  test('a campaign’s settings are changed, it is paused and opened again', async () => {
    const campaign = () => ask<Campaign>('GET', `/api/campaigns/${id}`);
    await page.goto(`${stack.url}/campaigns/${id}/settings`);
    await page.getByLabel('Name', { exact: true }).fill('Cups');
    await page.getByLabel('Overlap: annotators an image').fill('2');
    const preview = page.getByRole('region', { name: 'As annotators see them' });
    await page.getByLabel('Instructions').fill('- every *cup*\n- <b>x</b>');
    await expect.poll(() => preview.locator('li').allTextContents()).toEqual(['every cup', '<b>x</b>']);
    await page.getByLabel('Instructions').fill('Every cup.');
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await page.getByText('Saved.').waitFor();
    expect(await campaign()).toMatchObject({ name: 'Cups', annotators: 2, instructions: 'Every cup.' });
    await page.getByRole('button', { name: 'Pause' }).click();
    await page.getByText('Paused: no image is given out').waitFor();
    expect(await campaign()).toMatchObject({ state: 'paused' });
    await page.locator('h1').click();
    await page.keyboard.press('p');
    await page.getByText('Open: images are given out').waitFor();
  });

  test('a member is added by address and gets a link that is shown once', async () => {
    await page.goto(`${stack.url}/campaigns/${id}/people`);
    await page.getByLabel('Add by e-mail').fill('ann@example.org');
    await page.getByRole('button', { name: 'Add', exact: true }).click();
    const link = await page.getByLabel('Sign-in link of ann@example.org').inputValue();
    await expect.poll(() => rowsOf(page, 'Members of the campaign'), slow).toHaveLength(2);
    // Adding a second member leaves the first one's link in place.
    await page.getByLabel('Add by e-mail').fill('bob@example.org');
    await page.getByRole('button', { name: 'Add', exact: true }).click();
    const second = await page.getByLabel('Sign-in link of bob@example.org').inputValue();
    expect(await page.getByLabel('Sign-in link of ann@example.org').inputValue()).toBe(link);
    expect((await signIn(second)).id).not.toBe('');
    annotator = await signIn(link);
    await page.getByRole('button', { name: 'Remove bob' }).click();
    await page.getByRole('button', { name: 'Really remove? bob' }).click();
    await expect.poll(() => rowsOf(page, 'Members of the campaign'), slow).toHaveLength(2);
    await page.reload();
    await page.getByLabel('Role of ann').waitFor();
    expect(await page.getByText(link).count()).toBe(0);
  });

  test('a submitted mask shows in the progress, in the pace’s plot and table, in the effort and the label efficiency', async () => {
    const progress = () => ask<CampaignProgress>('GET', `/api/campaigns/${id}/progress`);
    await expect.poll(async () => (await progress()).filled, slow).toBe(true);
    const assignment = await annotator.ask<{ id: string }>('POST', `/api/campaigns/${id}/next`, {});
    await annotator.send(assignment.id, [
      { kind: 'segment', id: 1, category: 1 },
      {
        kind: 'stroke',
        segment: 1,
        points: [
          [200, 150],
          [260, 180],
        ],
        radius: 4,
      },
      {
        kind: 'stroke',
        segment: 0,
        points: [
          [20, 20],
          [20, 200],
        ],
        radius: 4,
      },
    ]);
    await annotator.events(assignment.id, 0, ({ event }) => event === 'pixel');
    await annotator.ask('POST', `/api/assignments/${assignment.id}/submit`, {});

    await page.goto(`${stack.url}/campaigns/${id}`);
    // One of two annotators submitted, and nobody reviewed: the image is not done. One mask makes no pace.
    await page.getByText('0 of 3 images handed in; 1 mask waits for review').waitFor();
    await page.getByText('Too few masks, or too short a time').waitFor();
    expect(await page.getByText('masks a day').count()).toBe(0);
    await page.locator('.canvas canvas').first().waitFor();
    const hours = await rowsOf(page, 'Masks by hour');
    expect(hours.filter((row) => /10$/.test(row))).toHaveLength(1);
    const plot = page.getByRole('figure', { name: 'Masks by hour' });
    await plot.getByRole('button', { name: 'Show as table' }).click();
    expect(await plot.locator('canvas').count()).toBe(0);
    expect(await plot.getByRole('columnheader', { name: 'Handed in' }).isVisible()).toBe(true);
    // The tab of the review says how many masks wait.
    const tabs = page.getByRole('navigation', { name: 'Cups' });
    await tabs.getByRole('link', { name: 'Review 1 waiting for review' }).waitFor();
    await tabs.getByRole('link', { name: 'Quality' }).click();
    // Plots take the page's colours, in dark mode, too.
    const other = page.getByRole('figure', { name: 'Seconds an image by annotator' }).locator('canvas');
    const drawn = () => other.evaluate((canvas: { toDataURL(): string }) => canvas.toDataURL());
    const light = await drawn();
    await page.emulateMedia({ colorScheme: 'dark' });
    await expect.poll(drawn, slow).not.toBe(light);
    await page.emulateMedia({ colorScheme: 'light' });
    expect(await rowsOf(page, 'Seconds an image by annotator')).toEqual([expect.stringMatching(/^ann1/)]);
    expect(await rowsOf(page, 'Seconds a segment by class')).toHaveLength(2);

    // One stroke makes no mask; the second one made what was handed in.
    const efficiency = page.getByRole('region', { name: 'Label efficiency' });
    await efficiency.getByText('After 2 strokes').or(efficiency.getByText('being replayed')).first().waitFor();
    await expect.poll(async () => stack.run('campaign', 'efficiency', id), slow).toContain('after 2 strokes');
    await page.reload();
    await efficiency.getByText('After 2 strokes').waitFor();
    expect(await rowsOf(page, 'Mean IoU by strokes')).toEqual(['10.000–1', '21.000–0']);
    await efficiency.locator('canvas').first().waitFor();
  });

  test('a skipped image shows with annotator, reason and time, and is offered again', async () => {
    const next = () =>
      annotator.ask<{ id: string; image: { name: string } } | null>('POST', `/api/campaigns/${id}/next`, {});
    const { id: assignment, image } = (await next())!;
    await annotator.ask('POST', `/api/assignments/${assignment}/skip`, { reason: 'too dark to tell' });
    await page.goto(`${stack.url}/campaigns/${id}`);
    const table = 'Images that annotators skipped';
    const row = page.getByRole('table', { name: table }).locator('tbody tr');
    await row.waitFor();
    expect(await row.textContent()).toMatch(new RegExp(`^${image.name}anntoo dark to tell\\w+ \\d+, \\d{4}`));
    expect(stack.run('campaign', 'status', id)).toContain('skipped      1, and still wanted');
    expect(stack.run('campaign', 'skipped', id)).toMatch(
      new RegExp(`${image.name} +ann +\\d{4}-.*Z +too dark to tell`),
    );
    expect(JSON.parse(stack.run('campaign', 'skipped', id, '--json'))).toMatchObject({
      ...{ image: image.name, annotator: 'ann', reason: 'too dark to tell', skipped: expect.stringMatching(/Z$/) },
    });
    await page.getByRole('button', { name: `Offer ${image.name} again` }).click();
    await page.getByText('Nobody left an image.').waitFor();
    expect(await next()).toMatchObject({ id: assignment });
    // The command does the same.
    await annotator.ask('POST', `/api/assignments/${assignment}/skip`, { reason: 'still too dark' });
    expect(stack.run('campaign', 'skipped', id, '--offer', image.name)).toBe(
      `${image.name}: offered again to 1 annotator\n`,
    );
    expect(await next()).toMatchObject({ id: assignment });
  });

  /** Whether a canvas shows a colour. */
  const shows = (canvas: Locator, [r, g, b]: readonly number[]) =>
    canvas.evaluate(
      (element, wanted) => {
        const { width, height } = element as unknown as { width: number; height: number };
        const context = (
          element as unknown as {
            getContext(kind: '2d'): {
              getImageData(x: number, y: number, width: number, height: number): { data: Uint8ClampedArray };
            };
          }
        ).getContext('2d');
        const { data } = context.getImageData(0, 0, width, height);
        for (let i = 0; i < data.length; i += 4) {
          if (data[i + 3] > 0 && wanted.every((level, k) => Math.abs(data[i + k] - level) < 4)) return true;
        }
        return false;
      },
      [r, g, b],
    );
  const cup = [0xe6, 0x9f, 0x00];

  test('images are filtered, the address holds the filter, and one image opens large with its mask', async () => {
    await page.goto(`${stack.url}/campaigns/${id}/images`);
    await expect.poll(() => page.locator('.cell').count(), slow).toBe(3);
    await page.getByRole('combobox', { name: 'Work', exact: true }).selectOption('handed');
    await expect.poll(() => page.locator('.cell').count(), slow).toBe(1);
    expect(new URL(page.url()).searchParams.get('work')).toBe('handed');
    await page.reload();
    await expect.poll(() => page.locator('.cell').count(), slow).toBe(1);
    // The cell names author and classes, in the colour of the class.
    expect(await page.locator('.cell').textContent()).toMatch(/^astronaut\.jpgcupann: 1 of 2 handed in/);
    const small = page.locator('.cell canvas');
    await expect.poll(() => small.isVisible(), slow).toBe(true);
    expect(await shows(small, cup)).toBe(true);
    await page.locator('.cell').click();
    const large = page.getByRole('dialog').locator('.photograph canvas');
    await expect.poll(() => large.isVisible(), slow).toBe(true);
    expect(await shows(large, cup)).toBe(true);
    expect(await page.getByRole('dialog').getByRole('list', { name: 'Classes' }).textContent()).toBe('cup');
    await page
      .getByRole('dialog')
      .getByText(/^ann handed it in on/)
      .waitFor();
    await page.keyboard.press('m');
    expect(await large.isVisible()).toBe(false);
    await page.keyboard.press('Escape');
  });

  test('a campaign’s masks are exported and downloaded as a ZIP that unpacks', async () => {
    await page.goto(`${stack.url}/campaigns/${id}/exports`);
    await page.getByLabel('Format').selectOption('coco-panoptic');
    await page.getByRole('button', { name: 'Export' }).click();
    const link = page.getByRole('link', { name: 'ZIP' });
    await link.waitFor({ timeout: slow.timeout });
    const [download] = await Promise.all([page.waitForEvent('download'), link.click()]);
    const files = unzip(readFileSync(await download.path()));
    const document = [...files].find(([name]) => name.endsWith('.json'))!;
    const { annotations, categories } = JSON.parse(document[1].toString());
    expect(annotations).toHaveLength(1);
    expect(categories.map(({ name }: { name: string }) => name)).toContain('cup');
    expect([...files.keys()].filter((name) => name.endsWith('.png'))).toHaveLength(1);
  });

  test('a dataset shows its images, its runs and its exports', async () => {
    await page.goto(`${stack.url}/datasets`);
    await page.getByRole('link', { name: 'kitchen' }).click();
    await expect.poll(() => page.locator('.cell').count(), slow).toBe(3);
    // The page calls a mask set by its maker and time; the recipe that commands take stands small beside it.
    const sets = page.locator('.filters select').first().locator('option');
    expect(await sets.allTextContents()).toEqual([
      expect.stringMatching(/^Build \w{8}, shown now · Campaign Cups · best · dinov2-small-focus · \w+ \d+, \d{4}/),
    ]);
    expect(await page.locator('.masks-name code').textContent()).toMatch(new RegExp(`^campaign-${id}\\.[0-9a-f]{16}$`));
    const mask = page.locator('.cell canvas:visible');
    await expect.poll(() => mask.count(), slow).toBe(1);
    expect(await shows(mask, cup)).toBe(true);
    await page.getByRole('link', { name: 'Runs' }).click();
    // One image of three has a mask: the export of one is done.
    const exported = page.getByRole('list', { name: 'Runs' }).getByRole('listitem').filter({ hasText: 'Export' });
    await exported.getByText('1 image, 2 without a mask').waitFor();
    expect(await exported.textContent()).toMatch(/coco-panoptic of Build \w{8}, shown now · Campaign Cups/);
    expect(
      await exported.getByRole('progressbar').evaluate((bar) => (bar as unknown as { position: number }).position),
    ).toBe(1);
    const keys = page.getByRole('list', { name: 'Runs' }).getByRole('listitem').filter({ hasText: 'Keys' });
    await keys.first().getByText('3 of 3 images').waitFor();
    await page.getByLabel('Backbone').selectOption('dinov2-small-focus');
    // Stored keys are found again.
    await page.getByRole('button', { name: 'Start' }).click();
    await expect.poll(() => keys.count(), slow).toBe(2);
    await expect.poll(() => keys.getByText('3 were there').count(), slow).toBe(1);
    await page.getByRole('link', { name: 'Failures' }).click();
    await page.getByText('Nothing has failed.').waitFor();
    await page.getByRole('link', { name: 'Exports' }).click();
    await expect.poll(() => rowsOf(page, 'Exports to download'), slow).toHaveLength(1);
    expect(errors).toEqual([]);
  });

  let link: string;
  test('a manager makes a new link for a member; fetching it, as chats do, does not spend it', async () => {
    await page.goto(`${stack.url}/campaigns/${id}/people`);
    await page.getByRole('button', { name: 'Make a link that signs ann in' }).click();
    link = await page.getByLabel('Sign-in link of ann@example.org').inputValue();
    for (const method of ['GET', 'HEAD', 'GET']) expect((await fetch(link, { method })).status).toBe(200);
  });

  test('an annotator sees none of the management', async () => {
    const other = await browser.newContext();
    const page = await other.newPage();
    await signInBy(page, link);
    await page.getByRole('link', { name: 'Annotate' }).waitFor();
    for (const name of ['Review', 'Manage', 'New campaign', 'Datasets']) {
      expect(await page.getByRole('link', { name }).count(), name).toBe(0);
    }
    await page.goto(`${stack.url}/campaigns/${id}`);
    await page.getByText('You annotate here.').waitFor();
    await page.goto(`${stack.url}/campaigns/${id}/people`);
    await page.getByText('You annotate here.').waitFor();
    expect(await page.getByRole('heading', { level: 2 }).count()).toBe(0);
    for (const [address, says] of [
      [`/campaigns/${id}/images`, 'only a reviewer'],
      ['/datasets/kitchen', 'only a reviewer'],
      ['/datasets', 'there is none'],
      ['/campaigns/new', 'Only administrators'],
    ]) {
      await page.goto(stack.url + address);
      await page.getByText(says).first().waitFor();
    }
    // The link was used: its page says so to a signed-out visitor.
    const stranger = await browser.newContext();
    const late = await stranger.newPage();
    await late.goto(link);
    await late.getByText('Each link signs in once').waitFor();
    await other.close();
    await stranger.close();
  });

  test('a user sets a password and signs in by it; changing it ends the user’s other sessions', async () => {
    const { link } = await ask<{ link: string }>('POST', `/api/users/${annotator.id}/link`, {});
    const [here, there] = [await browser.newContext(), await browser.newContext()];
    const [mine, other] = [await here.newPage(), await there.newPage()];
    for (const page of [mine, other]) page.on('pageerror', ({ message }) => errors.push(message));
    mine.on('console', (message) => {
      if (/Content Security Policy/.test(message.text())) errors.push(message.text());
    });
    await signInBy(mine, link);
    const save = async (button: string, fields: Record<string, string>) => {
      await mine.goto(`${stack.url}/account`);
      for (const [label, value] of Object.entries(fields)) await mine.getByLabel(label).fill(value);
      await mine.getByRole('button', { name: button, exact: true }).click();
    };
    await save('Set', { 'New password': 'correct horse battery' });
    await mine.getByText('Saved.').waitFor();
    await other.goto(`${stack.url}/sign-in`);
    await other.getByLabel('E-mail').fill('ann@example.org');
    await other.getByLabel('Password').fill('correct horse staple');
    await other.getByRole('button', { name: 'Sign in' }).click();
    await other.getByText('Invalid email or password').waitFor();
    await other.getByLabel('Password').fill('correct horse battery');
    await other.getByRole('button', { name: 'Sign in' }).click();
    await other.getByRole('link', { name: 'Annotate' }).waitFor();
    await save('Change', { 'New password': 'staple battery horse' });
    await mine.getByText('Saved.').waitFor();
    await other.reload();
    await other.waitForURL('**/sign-in');
    expect(errors).toEqual([]);
    await here.close();
    await there.close();
  });
});
