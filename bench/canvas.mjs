// page-…: the annotators' page in a real Chromium over a whole stack. From pointer to ink, to labels; frames with 100 segments;
// from Enter to the next image; the page's scripts in bytes.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import sharp from 'sharp';
import { chromium, launch, signInBy } from '../scripts/chromium.mjs';
import { root } from '../scripts/setup.mjs';
import { probe } from './canvas-probe.mjs';
import { quantile, round, row } from './measure.mjs';
import { invite, openCampaign, startStack } from './stack.mjs';

export const names = ['page'];

const categories = ['cup', 'plate', 'spoon', 'table', 'wall'].map((name, i) => ({
  id: i + 1,
  name,
  colour: ['#e69f00', '#56b4e9', '#009e73', '#d55e00', '#cc79a7'][i],
  isthing: true,
}));

/** @returns rows of the bench's JSON, each beside its limit; none without a Chromium */
export async function page({ quick }) {
  const path = chromium();
  if (!path) {
    console.error('bench: no Chromium, rows of the page are left out (SALTWORKS_CHROMIUM says where it is)');
    return [];
  }
  const folder = mkdtempSync(join(tmpdir(), 'saltworks-canvas-'));
  const stack = await startStack();
  const browser = await launch(path);
  try {
    const { small, large } = await writePictures(folder, quick ? 3 : 10);
    await openCampaign(stack, { id: 'small', images: small, leaseSeconds: 3600, categories });
    await openCampaign(stack, { id: 'large', images: large, leaseSeconds: 3600, categories });
    const world = { url: stack.url, context: await signIn(stack, browser), quick };
    return [
      scripts(),
      ...(await drawing(world, 'small', 5, '640 × 480, 5 segments')),
      ...(await opening(world)),
      ...(await drawing(world, 'small', 100, '640 × 480, 100 segments')),
      ...(await drawing(world, 'large', 100, '2048 × 1536, 100 segments')),
    ];
  } finally {
    await browser.close();
    await stack.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Images of two sizes, all different. */
export async function writePictures(folder, count) {
  const names = ['coffee.jpg', 'chelsea.png', 'astronaut.jpg', 'raccoon.jpg', 'flower.jpg'];
  const write = async (name, width, height, many) => {
    const to = mkdtempSync(join(folder, name));
    for (let i = 0; i < many; i++) {
      const from = sharp(readFileSync(join(root, 'examples/images', names[i % names.length]))).flop(i >= names.length);
      await from
        .resize(width, height, { fit: 'cover' })
        .jpeg({ quality: 92 })
        .toFile(join(to, `${i}.jpg`));
    }
    return to;
  };
  return { small: await write('small', 640, 480, count + 2), large: await write('large', 2048, 1536, 1) };
}

async function signIn(stack, browser) {
  const { id, link } = await invite(stack, 'small', 'canvas', 'annotator');
  await stack.admin('PUT', `/api/campaigns/large/members/${id}`, { role: 'annotator' });
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
  await context.addInitScript(probe);
  const page = await context.newPage();
  await signInBy(page, link);
  await page.close();
  return context;
}

export async function openPage({ context, url }, campaign) {
  const page = await context.newPage();
  await page.goto(`${url}/campaigns/${campaign}/annotate`);
  await page.locator('.stage[aria-busy=false]').waitFor();
  await page.waitForFunction(() => globalThis.probe.opened.length > 0);
  return page;
}

/** From shares of the image's width and height to places in the window. */
export async function places(page) {
  const box = await page.locator('.stage canvas').nth(1).boundingBox();
  const [ratio, margin] = [4 / 3, 16];
  const height = Math.min(box.height - 2 * margin, (box.width - 2 * margin) / ratio);
  const width = ratio * height;
  return (u, v) => [box.x + (box.width - width) / 2 + u * width, box.y + (box.height - height) / 2 + v * height];
}

export async function stroke(page, from, to, steps) {
  await page.mouse.move(...from);
  await page.mouse.down();
  for (let i = 1; i <= steps; i++) {
    await page.mouse.move(...from.map((at, k) => at + ((to[k] - at) * i) / steps));
    // Like a hand: at most one move a frame.
    await sleep(12);
  }
  await page.mouse.up();
}

/** Segments with a stroke, background apart. */
const drawnSegments = (page) => page.locator('.segments li:not(:first-child)').filter({ hasNotText: 'not drawn' });

/** Adds segments by their palette buttons, a dash for each; then draws the strokes that are measured. */
async function drawing(world, campaign, segments, what) {
  const { quick } = world;
  const page = await openPage(world, campaign);
  const at = await places(page);
  // A fresh image offers a segment of the first class, not drawn yet.
  const have = await drawnSegments(page).count();
  const columns = Math.ceil(Math.sqrt(segments));
  const labelled = /^Mask (drawn|up to date)/;
  for (let i = have; i < segments; i++) {
    if (i === 0) await page.keyboard.press('1');
    else if (i < categories.length) await page.locator('.class').nth(i).click();
    else await page.keyboard.press('n');
    const [u, v] = [((i % columns) + 0.5) / columns, (Math.floor(i / columns) + 0.5) / columns];
    const half = 0.2 / columns;
    await stroke(page, at(u - half, v), at(u + half, v), 2);
  }
  await page.waitForFunction(
    (text) => new RegExp(text).test(document.querySelector('.status').textContent),
    labelled.source,
  );
  await sleep(quick ? 1500 : 4000);
  await page.evaluate(() => globalThis.probe.clear());
  const strokes = quick ? 4 : 15;
  for (let i = 0; i < strokes; i++) {
    const v = 0.08 + (0.84 * ((i * 7) % strokes)) / strokes;
    await stroke(page, at(0.15, v), at(0.45, v + 0.04), 30);
    await sleep(400);
  }
  const found = await page.evaluate(() => globalThis.probe.found());
  await page.close();
  const few = segments === 5 && what.startsWith('640');
  return [
    ...figure('page-ink', found.ink, 17, `pointer to ink; ${what}`),
    ...(few ? figure('page-labels-pen-down', found.labels, 50, `pointer to labels, pen down; ${what}`) : []),
    ...(few ? figure('page-labels', found.last, 50, `pen up to labels; ${what}`) : []),
    ...figure('page-frame', found.frames, 17, `frame to frame while drawing; ${what}`),
  ];
}

/** Draws two strokes and presses Enter, image after image. */
async function opening(world) {
  const { quick } = world;
  const page = await openPage(world, 'small');
  const times = { painted: [], solver: [] };
  for (let i = 0; i < (quick ? 2 : 8); i++) {
    const at = await places(page);
    if ((await drawnSegments(page).count()) === 0) {
      await page.keyboard.press('1');
      await stroke(page, at(0.45, 0.5), at(0.55, 0.5), 3);
      await page.keyboard.press('0');
      await stroke(page, at(0.05, 0.2), at(0.05, 0.8), 3);
    }
    await page.waitForFunction(() => /^Mask up to date$/.test(document.querySelector('.status').textContent));
    const name = await page.locator('.what').textContent();
    await sleep(1500);
    await page.evaluate(() => globalThis.probe.clear());
    await page.keyboard.press('Enter');
    await page.waitForFunction((name) => document.querySelector('.what')?.textContent !== name, name);
    await page.waitForFunction(() => globalThis.probe.opened.length > 0 && globalThis.probe.painted !== undefined);
    const { enter, painted, opened } = await page.evaluate(() => ({ ...globalThis.probe }));
    // The first is not warm.
    if (i === 0) continue;
    times.painted.push(painted - enter);
    times.solver.push(Math.max(painted, opened.at(-1)) - enter);
  }
  await page.close();
  return [
    ...figure('page-next-image', times.painted, 300, 'Enter to the next image, tools live'),
    ...figure('page-next-solver', times.solver, 300, 'Enter to labels ready to follow the pen'),
  ];
}

/** The script that index.html names, and the workers that it starts: annotators load no others. */
function scripts() {
  const dist = join(root, 'packages/ui/dist');
  const [, entry] = /src="\/(assets\/[^"]+\.js)"/.exec(readFileSync(join(dist, 'index.html'), 'utf8'));
  const script = readFileSync(join(dist, entry), 'utf8');
  const workers = new Set(script.match(/assets\/[\w.-]+\.worker-[\w-]+\.js/g));
  const sizes = [entry, ...workers].map((name) => gzipSync(readFileSync(join(dist, name))).length / 1000);
  const sum = sizes.reduce((total, size) => total + size, 0);
  const about = {
    name: 'page-scripts',
    peer_name: 'the limit',
    unit: 'KB',
    what: 'gzipped, what annotators load: the page and its workers',
  };
  return row([sum], [300], about);
}

function figure(name, values, limit, what) {
  const sorted = values.filter(Number.isFinite).sort((a, b) => a - b);
  if (sorted.length === 0) return [];
  return [{ ...row(sorted, [limit], { name, peer_name: 'the limit', what }), p95: round(quantile(sorted, 0.95)) }];
}
