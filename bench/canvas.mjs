// node bench/canvas.mjs [--json FILE] [--quick]: the annotators' page in a real Chromium over a whole stack. From pointer to ink,
// to labels; frames with 100 segments; from Enter to the next image; the page's scripts in bytes.
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import sharp from 'sharp';
import { chromium, launch } from '../scripts/chromium.mjs';
import { root } from '../scripts/setup.mjs';
import { probe } from './canvas-probe.mjs';
import { quantile, round } from './measure.mjs';
import { openCampaign, startStack } from './stack.mjs';

const args = process.argv.slice(2);
const quick = args.includes('--quick');
const json = args.includes('--json') ? args[args.indexOf('--json') + 1] : undefined;

const categories = ['cup', 'plate', 'spoon', 'table', 'wall'].map((name, i) => ({
  id: i + 1,
  name,
  colour: ['#e69f00', '#56b4e9', '#009e73', '#d55e00', '#cc79a7'][i],
  isthing: true,
}));

const folder = mkdtempSync(join(tmpdir(), 'saltworks-canvas-'));
const stack = await startStack();
const browser = await launch(chromium());
try {
  const { small, large } = await writePictures(quick ? 3 : 10);
  await openCampaign(stack, { id: 'small', images: small, leaseSeconds: 3600, categories });
  await openCampaign(stack, { id: 'large', images: large, leaseSeconds: 3600, categories });
  const context = await signIn();
  const rows = [
    ...scripts(),
    ...(await drawing(context, 'small', 5, '640 × 480, 5 segments')),
    ...(await opening(context)),
    ...(await drawing(context, 'small', 100, '640 × 480, 100 segments')),
    ...(await drawing(context, 'large', 100, '2048 × 1536, 100 segments')),
  ];
  const about = {
    date: new Date().toISOString().slice(0, 10),
    machine: `${cpus().length} × ${cpus()[0].model}, load ${loadavg()[0].toFixed(1)}`,
    node: process.version,
    chromium: browser.version().split('.')[0],
  };
  console.log(`\n${about.date} · ${about.machine} · Chromium ${about.chromium}\n`);
  console.log('| | median | p95 | limit |\n| --- | ---: | ---: | ---: |');
  for (const { name, median, p95, unit, limit = '' } of rows) {
    console.log(
      `| ${name} | ${median} ${unit} | ${p95 === undefined ? '' : `${p95} ${unit}`} | ${limit && `${limit} ${unit}`} |`,
    );
  }
  if (json) writeFileSync(json, `${JSON.stringify({ about, rows }, null, 1)}\n`);
} finally {
  await browser.close();
  await stack.stop();
  rmSync(folder, { recursive: true, force: true });
}

/** Photographs of two sizes, each another one. */
async function writePictures(count) {
  const names = ['coffee.jpg', 'chelsea.png', 'astronaut.jpg', 'raccoon.jpg', 'flower.jpg'];
  const write = async (name, width, height, many) => {
    const to = mkdtempSync(join(folder, name));
    for (let i = 0; i < many; i++) {
      const from = sharp(join(root, 'examples/images', names[i % names.length])).flop(i >= names.length);
      await from
        .resize(width, height, { fit: 'cover' })
        .jpeg({ quality: 92 })
        .toFile(join(to, `${i}.jpg`));
    }
    return to;
  };
  return { small: await write('small', 640, 480, count + 2), large: await write('large', 2048, 1536, 1) };
}

async function signIn() {
  const { id, link } = await stack.admin('POST', '/api/users', { email: 'canvas@example.org', name: 'canvas' });
  for (const campaign of ['small', 'large']) {
    await stack.admin('PUT', `/api/campaigns/${campaign}/members/${id}`, { role: 'annotator' });
  }
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
  await context.addInitScript(probe);
  const page = await context.newPage();
  await page.goto(link);
  await page.close();
  return context;
}

async function openPage(context, campaign) {
  const page = await context.newPage();
  await page.goto(`${stack.url}/campaigns/${campaign}/annotate`);
  await page.locator('.stage[aria-busy=false]').waitFor();
  await page.waitForFunction(() => globalThis.probe.opened.length > 0);
  return page;
}

/** From places given as shares of the photograph to those of the window. */
async function places(page) {
  const box = await page.locator('.stage canvas').nth(1).boundingBox();
  const [ratio, margin] = [4 / 3, 16];
  const height = Math.min(box.height - 2 * margin, (box.width - 2 * margin) / ratio);
  const width = ratio * height;
  return (u, v) => [box.x + (box.width - width) / 2 + u * width, box.y + (box.height - height) / 2 + v * height];
}

async function stroke(page, from, to, steps) {
  await page.mouse.move(...from);
  await page.mouse.down();
  for (let i = 1; i <= steps; i++) {
    await page.mouse.move(...from.map((at, k) => at + ((to[k] - at) * i) / steps));
    // As a hand does: at most one move a frame.
    await sleep(12);
  }
  await page.mouse.up();
}

/** Segments by their palette buttons, a dash for each; then strokes that are measured. */
async function drawing(context, campaign, segments, name) {
  const page = await openPage(context, campaign);
  const at = await places(page);
  const have = (await page.locator('.segments li').count()) - 1;
  const columns = Math.ceil(Math.sqrt(segments));
  const labelled = /^Labelled/;
  for (let i = have; i < segments; i++) {
    if (i < categories.length) await page.locator('.class').nth(i).click();
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
  return [
    figure(`pointer to ink, ${name}`, found.ink, 'ms', 17),
    figure(`pointer to labels, pen down, ${name}`, found.labels, 'ms', segments === 5 ? 50 : undefined),
    figure(`pen up to labels, ${name}`, found.last, 'ms', segments === 5 ? 50 : undefined),
    figure(`work of a frame while drawing, ${name}`, found.work, 'ms', 17),
    figure(`from frame to frame while drawing, ${name}`, found.frames, 'ms', 17),
    figure(`tasks over 50 ms (${found.long.length}), ${name}`, found.long, 'ms'),
  ];
}

/** Two strokes, Enter, and so on. */
async function opening(context) {
  const page = await openPage(context, 'small');
  const times = { painted: [], solver: [] };
  for (let i = 0; i < (quick ? 2 : 8); i++) {
    const at = await places(page);
    if ((await page.locator('.segments li').count()) < 2) {
      await page.locator('.class').first().click();
      await stroke(page, at(0.45, 0.5), at(0.55, 0.5), 3);
      await page.keyboard.press('0');
      await stroke(page, at(0.05, 0.2), at(0.05, 0.8), 3);
    }
    await page.waitForFunction(() => /confirmed/.test(document.querySelector('.status').textContent));
    const name = await page.locator('.what').textContent();
    await sleep(1500);
    await page.evaluate(() => globalThis.probe.clear());
    await page.keyboard.press('Enter');
    await page.waitForFunction((name) => document.querySelector('.what')?.textContent !== name, name);
    await page.waitForFunction(() => globalThis.probe.opened.length > 0 && globalThis.probe.painted !== undefined);
    const { enter, painted, opened } = await page.evaluate(() => ({ ...globalThis.probe }));
    // The first one is not warm.
    if (i === 0) continue;
    times.painted.push(painted - enter);
    times.solver.push(Math.max(painted, opened.at(-1)) - enter);
  }
  await page.close();
  return [
    figure('Enter to the next photograph, tools live', times.painted, 'ms', 300),
    figure('Enter to a solver that answers', times.solver, 'ms', 300),
  ];
}

/** What the page loads before anything is drawn. */
function scripts() {
  const assets = join(root, 'packages/ui/dist/assets');
  const sizes = readdirSync(assets)
    .filter((name) => /^index.*\.js$|worker.*\.js$/.test(name))
    .map((name) => gzipSync(readFileSync(join(assets, name))).length / 1000);
  const sum = sizes.reduce((total, size) => total + size, 0);
  return [{ name: 'scripts, workers included, gzipped', median: round(sum), unit: 'KB', limit: 300 }];
}

function figure(name, values, unit, limit) {
  const sorted = values.filter(Number.isFinite).sort((a, b) => a - b);
  if (sorted.length === 0) return { name, median: 'none', unit, limit };
  return {
    name,
    median: round(quantile(sorted, 0.5)),
    p95: round(quantile(sorted, 0.95)),
    count: sorted.length,
    unit,
    limit,
  };
}
