/** A campaign that hears the corpus, switched on its page: page and server give a drawing the same labels. */
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Campaign } from '@saltworks/contract/api/campaigns';
import type { OpenAssignment } from '@saltworks/contract/api/open-assignments';
import type { MaskDocument } from '@saltworks/contract/documents/masks';
import { maskKey } from '@saltworks/contract/layout';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { signInBy } from '../scripts/chromium.mjs';
import {
  type AnnotatorsPage,
  browserPath,
  openAnnotatorsPage,
  saved,
  status,
  unlessSkipped,
} from './annotators-page.ts';
import { draw } from './draw.ts';
import { root } from './saltworks.ts';

const id = 'corpus';

describe.skipIf(!browserPath)(`a campaign that hears the corpus${unlessSkipped}`, () => {
  let opened: AnnotatorsPage;
  const campaign = () => opened.stack.admin('GET', `/api/campaigns/${id}`) as Promise<Campaign>;

  /** Pieces of one photograph, with what was drawn on it: they agree, so that they are heard. */
  beforeAll(async () => {
    opened = await openAnnotatorsPage();
    const { stack } = opened;
    const [images, scribbles] = ['images', 'scribbles'].map((name) =>
      mkdtempSync(join(tmpdir(), `saltworks-${name}-`)),
    );
    const drawn = JSON.parse(readFileSync(join(root, 'examples/scribbles/coffee.json'), 'utf8'));
    const { height } = drawn.image;
    const width = 540;
    for (const left of [0, 15, 30, 45, 60]) {
      await sharp(readFileSync(join(root, 'examples/images/coffee.jpg')))
        .extract({ left, top: 0, width, height })
        .jpeg()
        .toFile(join(images, `piece-${left}.jpg`));
      const strokes = drawn.strokes
        .map((stroke: { points: [number, number][] }) => ({
          ...stroke,
          points: stroke.points.map(([x, y]) => [x - left, y]).filter(([x]) => x > 0 && x < width),
        }))
        .filter(({ points }: { points: unknown[] }) => points.length > 0);
      writeFileSync(
        join(scribbles, `piece-${left}.json`),
        JSON.stringify({ ...drawn, image: { width, height }, strokes }),
      );
    }
    stack.run('dataset', 'import', images, '--scribbles', scribbles, '--name', id);
    const isThing = (name: string, i: number) => ({
      id: i + 1,
      name,
      colour: ['#ff8800', '#0077ff'][i],
      isthing: true,
    });
    const categories = ['cup', 'saucer'].map(isThing);
    await stack.admin('POST', '/api/campaigns', { id, name: 'Cups', dataset: id, categories });
    stack.run('campaign', 'status', id, '--wait');
  });
  afterAll(() => opened?.close());

  test('it is switched on and renewed on the page of settings; without pre-labels the page says what to do', async () => {
    const { stack, browser } = opened;
    const context = await browser.newContext();
    const page = await context.newPage();
    await signInBy(page, stack.run('account', 'link').trim());
    await page.goto(`${stack.url}/campaigns/${id}/settings`);
    const box = page.getByLabel('Hear the corpus');
    await box.click();
    await page.getByText(`${id} has no pre-labels; expected some (saltworks prelabel ${id})`).waitFor();
    const made = JSON.parse(stack.run('prelabel', id, '--json').trimEnd().split('\n').at(-1) as string);
    expect(made.trust).toBeGreaterThan(0.5);
    await box.click();
    await page.getByText('Saved.').waitFor();
    expect(await box.isChecked()).toBe(true);
    const { corpus, solve } = await campaign();
    expect(corpus).toBe('on');
    await page.getByText(solve.corpus?.slice(0, 16) as string).waitFor();
    await page.getByRole('button', { name: 'Take the newest' }).click();
    await page.getByText('It is the newest already.').waitFor();
    await context.close();
  });

  test('labels of the page are those of the server, and not those of the strokes alone', async () => {
    const { stack } = opened;
    const context = await opened.signIn('hearing', 'annotator', id);
    const heard: number[] = [];
    context.on('response', (response) => {
      if (/\/priors\/[0-9a-f]{64}$/.test(response.url())) heard.push(response.status());
    });
    const { page, errors } = await opened.annotate(context, id);
    await page.keyboard.press('1');
    await draw(page, [0.4, 0.4], [0.45, 0.4]);
    await page.keyboard.press('0');
    await draw(page, [0.05, 0.1], [0.05, 0.3]);
    // The page's own labels are the server's: other words say that they are not.
    await status(page, /^Mask up to date$/);
    await saved(page, /^Saved$/);
    expect(heard).toEqual([200]);
    const [own] = (await stack.admin('GET', `/api/campaigns/${id}/assignments`)) as { id: string }[];
    const { ids, mask } = await opened.answered(page, own.id);
    const assignment = (await stack.admin('GET', `/api/assignments/${own.id}`)) as OpenAssignment;
    const { solve } = await campaign();
    expect(assignment.options?.corpus).toBe(solve.corpus);
    const document: MaskDocument = JSON.parse(
      readFileSync(join(stack.home, 'objects', maskKey(mask, '.json')), 'utf8'),
    );
    expect(document.parameters?.corpus).toBe(solve.corpus);
    await page.getByRole('button', { name: 'Submit' }).click();
    await expect.poll(() => opened.stateOf(own.id)).toBe('submitted');

    // The same strokes on a campaign that does not hear it.
    stack.run('campaign', 'set', id, '--corpus', 'off');
    await stack.admin('POST', `/api/assignments/${own.id}/review`, { verdict: 'send_back', note: 'once more' });
    const again = await opened.annotate(context, id);
    await status(again.page, /^Mask up to date$/);
    const alone = await opened.answered(again.page, own.id);
    expect(alone.mask).not.toBe(mask);
    expect(alone.ids).not.toEqual(ids);
    expect([...errors, ...again.errors]).toEqual([]);
    await context.close();
  });
});
