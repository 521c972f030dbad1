// The disk with the home fills to the last byte while an annotator draws and a run works, and parts of the stack die of it.
// Acknowledged strokes are kept, new ones are refused in one line, and work resumes once there is room. Then a disk that
// holds only the store, full and read-only.
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DatasetRun } from '@saltworks/contract/api/runs';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { naming, openAnnotator, strokeAt } from '../bench/annotators.mjs';
import { invite, openAccount, openCampaign, startStack } from '../bench/stack.mjs';
import { canMount, mountSmallDisk, type SmallDisk } from '../packages/store/test/objects/small-disk.ts';
import { chromium, launch, signInBy } from '../scripts/chromium.mjs';
import { draw } from './draw.ts';
import { root } from './saltworks.ts';

type Stack = Awaited<ReturnType<typeof startStack>>;
type Work = NonNullable<Awaited<ReturnType<ReturnType<typeof openAnnotator>['take']>>>;

const id = 'full';
const patience = { timeout: 150_000, interval: 100 };
const spare = ['astronaut.jpg', 'flower.jpg', 'china.jpg'];
const mounts = canMount();
const path = chromium();

/** Imports these images as a dataset. */
function importPictures(stack: Stack, name: string, pictures: readonly string[]): void {
  const images = mkdtempSync(join(tmpdir(), 'saltworks-full-'));
  for (const picture of pictures) copyFileSync(join(root, 'examples/images', picture), join(images, picture));
  stack.run('dataset', 'import', images, '--name', name);
  rmSync(images, { recursive: true });
}

/** Starts to extract the keys of a dataset. */
const extract = (stack: Stack, dataset: string): Promise<DatasetRun> =>
  stack.admin('POST', `/api/datasets/${dataset}/runs`, { kind: 'extract', backbone: 'dinov2-small-focus' });

const runOf = async (stack: Stack, dataset: string): Promise<DatasetRun> =>
  ((await stack.admin('GET', `/api/datasets/${dataset}/runs`)) as DatasetRun[])[0];

describe.skipIf(!mounts)(`a home on a full disk${mounts ? '' : ' (skipped: nothing can be mounted)'}`, () => {
  const images = mkdtempSync(join(tmpdir(), 'saltworks-full-'));
  let disk: SmallDisk;
  let stack: Stack;
  let work: Work;
  let browser: Browser | undefined;
  let page: Page | undefined;

  beforeAll(async () => {
    disk = mountSmallDisk(300);
    stack = await startStack({ SALTWORKS_HOME: join(disk.folder, 'home'), SALTWORKS_REQUESTS_PER_MINUTE: '1000000' });
    for (const name of ['coffee.jpg', 'chelsea.png'])
      copyFileSync(join(root, 'examples/images', name), join(images, name));
    await openCampaign(stack, { id, images });
    importPictures(stack, 'spare', spare);
    work = (await openAnnotator(stack.url, await openAccount(stack, id, 0)).take(id))!;
    await work.do(...naming(2), ...[0, 1, 2].map((k) => strokeAt(k, work.assignment.image, 2)));
    await work.answered('pixel', patience.timeout);
    if (!path) return;
    browser = await launch(path);
    const { link } = await invite(stack, id, 'eve', 'annotator');
    page = await (await browser.newContext({ viewport: { width: 1400, height: 800 } })).newPage();
    await signInBy(page, link);
    await page.goto(`${stack.url}/campaigns/${id}/annotate`);
    await page.locator('.stage[aria-busy=false]').waitFor();
    const dialog = page.getByRole('dialog');
    if (await dialog.isVisible()) await dialog.getByRole('button', { name: 'Close' }).click();
    await page.keyboard.press('0');
    await down(page, 0.3);
    await saved(page, /^Saved$/);
  });

  afterAll(async () => {
    await browser?.close();
    work?.close();
    await stack?.stop();
    disk?.unmount();
    rmSync(images, { recursive: true });
  });

  /** Draws a line down the image. @param x share of the stage's width */
  const down = (page: Page, x: number) => draw(page, [x, 0.4], [x, 0.6]);

  const saved = (page: Page, text: RegExp) =>
    vi.waitFor(async () => expect(await page.locator('.saved').textContent()).toMatch(text), patience);
  const said = (text: RegExp) => stack.lines.filter((line) => text.test(line)).length;

  test('the server refuses strokes in one line, the page keeps them and sends them once there is room, whatever died meanwhile; a run goes on', async () => {
    const at = `/api/assignments/${work.assignment.id}/interactions`;
    await extract(stack, 'spare');
    disk.fill();
    const refused = work.api('POST', at, {
      client: 'another-window',
      interactions: [{ seq: 1, interaction: strokeAt(3, work.assignment.image, 2) }],
    });
    await expect(refused).rejects.toMatchObject({ status: 507 });
    // Room that other processes freed meanwhile counts, too.
    await expect(refused).rejects.toThrow(
      new RegExp(`"no room in ${disk.folder}/home/database: [\\d.]+ MB free; expected 33.5 MB"`),
    );
    // Reading needs no room.
    expect(await work.log()).toEqual(work.expected());
    const drawn = work.do(...[4, 5].map((k) => strokeAt(k, work.assignment.image, 2)));
    if (page) {
      await down(page, 0.6);
      await saved(page, /^1 kept in this browser until the server has room: no room in .*\/database: [\d.]+ MB free/);
    }

    for (const part of ['server', 'temporal', 'worker']) stack.kill(part);
    // The supervisor lives and keeps trying: without room the server does not open.
    await vi.waitFor(() => expect(said(/^server: ended \(code 1\)/)).toBeGreaterThan(0), patience);
    expect(said(/^saltworks: .*no room in \S+\/(database|objects): [\d.]+ MB free/)).toBeGreaterThan(0);
    if (page) await down(page, 0.7);

    disk.free();
    await drawn;
    expect(await work.log()).toEqual(work.expected());
    expect(work.expected()).toHaveLength(work.done.length);
    await work.answered('patch', patience.timeout);
    expect(await work.answered('pixel', patience.timeout)).toMatchObject({ data: { n: work.done.length } });
    if (page) await saved(page, /^Saved$/);
    const all = (await stack.admin('GET', `/api/campaigns/${id}/assignments`)) as { id: string; n: number }[];
    expect(all.map(({ n }) => n).sort()).toEqual([...(page ? [3] : []), work.done.length]);
    // The run gave up no image for lack of room.
    await vi.waitFor(
      async () =>
        expect(await runOf(stack, 'spare')).toMatchObject({
          state: 'done',
          progress: { total: spare.length, failed: 0 },
        }),
      patience,
    );
    // Commands find the stack at its current address.
    expect(JSON.parse(stack.run('campaign', 'status', id, '--json'))).toMatchObject({ id });
  });
});

describe.skipIf(!mounts)(`a store on a full disk${mounts ? '' : ' (skipped: nothing can be mounted)'}`, () => {
  let disk: SmallDisk;
  let stack: Stack;

  beforeAll(async () => {
    disk = mountSmallDisk(100);
    stack = await startStack({ SALTWORKS_STORE: join(disk.folder, 'objects') });
    for (const picture of spare.slice(0, 2)) importPictures(stack, picture.slice(0, -4), [picture]);
  });
  afterAll(async () => {
    await stack?.stop();
    disk?.unmount();
  });

  test.each([
    ['astronaut', 'no room in', () => disk.fill(), () => disk.free()],
    ['flower', 'is read-only', () => disk.readOnly(true), () => disk.readOnly(false)],
  ])(
    'a run over %s says "%s" of the store, loses no image, and goes on by itself',
    async (dataset, reason, end, mend) => {
      // A full disk takes no new run: this one is under way when it fills up.
      const isFull = reason === 'no room in';
      if (isFull) await extract(stack, dataset);
      end();
      if (isFull) await expect(extract(stack, 'flower')).rejects.toMatchObject({ status: 507 });
      else await extract(stack, dataset);
      await vi.waitFor(async () => {
        const run = await runOf(stack, dataset);
        expect(run).toMatchObject({ state: 'running', failing: { reason: expect.stringContaining(reason) } });
        expect(run.failing!.reason).toContain(join(disk.folder, 'objects'));
      }, patience);
      mend();
      await vi.waitFor(
        async () =>
          expect(await runOf(stack, dataset)).toMatchObject({
            state: 'done',
            progress: { total: 1, done: 1, failed: 0 },
          }),
        patience,
      );
    },
  );
});
