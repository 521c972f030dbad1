// node bench/exact-strokes.mjs [--strokes N] [--segments N] [--turns N] [--json FILE] [--trace FILE]: an image of 640 × 480 with
// many exact strokes, opened in Chromium on the annotators' page of a whole stack, and drawn on further. How long ink and labels
// take, undo, and the frames while the pen, the view and the list move. --trace keeps Chromium's profile of all threads.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { chromium, launch, signInBy } from '../scripts/chromium.mjs';
import { naming, openAnnotator } from './annotators.mjs';
import { openPage, places, stroke, writePictures } from './canvas.mjs';
import { probe } from './canvas-probe.mjs';
import { quantile, round } from './measure.mjs';
import { invite, openCampaign, startStack } from './stack.mjs';

const image = { width: 640, height: 480 };
const campaign = 'exact';

/** The i-th of many corrections: a short exact line within the cell that its segment has of the image. */
function exactStroke(i, segments) {
  const segment = (i % segments) + 1;
  const columns = Math.ceil(Math.sqrt((segments * image.width) / image.height));
  const rows = Math.ceil(segments / columns);
  const side = { x: image.width / columns, y: image.height / rows };
  // Golden ratios spread any number of strokes evenly.
  const share = (k, golden) => (k * golden) % 1;
  const k = Math.floor(i / segments) + segment;
  const at = (column, size, golden) => (column + 0.1 + 0.5 * share(k, golden)) * size;
  const x = at((segment - 1) % columns, side.x, 0.6180339887);
  const y = at(Math.floor((segment - 1) / columns), side.y, 0.7548776662);
  const points = Array.from({ length: 8 }, (_, j) => {
    const t = j / 7;
    return [x + 0.3 * side.x * t, y + 0.3 * side.y * t * t].map((place) => Math.round(8 * place) / 8);
  });
  return { kind: 'stroke', segment, points, radius: 1.5, exact: true };
}

async function main() {
  const { strokes, segments, turns, json, trace } = flags(process.argv.slice(2));
  const path = chromium();
  if (!path) throw new Error('no Chromium; expected one, or SALTWORKS_CHROMIUM');
  const load = Math.round(10 * loadavg()[0]) / 10;
  const folder = mkdtempSync(join(tmpdir(), 'saltworks-exact-'));
  const stack = await startStack({ SALTWORKS_REQUESTS_PER_MINUTE: '1000000' });
  const browser = await launch(path);
  try {
    const { small } = await writePictures(folder, 0);
    const categories = ['cup', 'plate', 'spoon'].map((name, i) => ({
      id: i + 1,
      name,
      colour: '#e69f00',
      isthing: true,
    }));
    await openCampaign(stack, { id: campaign, images: small, leaseSeconds: 3600, categories });
    const { link } = await invite(stack, campaign, 'hand', 'annotator');
    const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
    await context.addInitScript(probe);
    const page = await context.newPage();
    await signInBy(page, link);
    const key = await page.evaluate(async () => {
      const headers = { 'content-type': 'application/json' };
      const answer = await fetch('/api/me/keys', { method: 'POST', headers, body: '{"name":"script"}' });
      return (await answer.json()).key;
    });
    await page.close();
    await draw(openAnnotator(stack.url, key), strokes, segments);
    const rows = await measure({ url: stack.url, context, browser }, { turns, trace });
    const out = {
      ...{ date: new Date().toISOString().slice(0, 10), load, chromium: browser.version(), node: process.version },
      ...{ strokes, segments, turns, rows },
    };
    console.log(JSON.stringify(out, null, 1));
    if (json) writeFileSync(json, `${JSON.stringify(out, null, 1)}\n`);
  } finally {
    await browser.close();
    await stack.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Draws everything through the API, and waits for its answer. */
async function draw(annotator, strokes, segments) {
  const work = await annotator.take(campaign);
  await work.do(...naming(segments));
  for (let i = 0; i < strokes; i += 500) {
    const some = Array.from({ length: Math.min(500, strokes - i) }, (_, k) => exactStroke(i + k, segments));
    await work.do(...some);
  }
  await work.answered('patch', 300_000);
  work.close();
  annotator.close();
}

async function measure({ url, context, browser }, { turns, trace }) {
  const began = performance.now();
  const page = await openPage({ context, url }, campaign);
  const opened = performance.now() - began;
  const at = await places(page);
  await page.getByRole('button', { name: 'Exact', exact: true }).click();
  await settled(page);
  const begin = () => page.evaluate(() => globalThis.probe.clear());
  const found = () => page.evaluate(() => globalThis.probe.found());
  const hand = async (i) => {
    const v = 0.08 + (0.84 * ((i * 7) % turns)) / turns;
    await stroke(page, at(0.15, v), at(0.45, v + 0.04), 30);
    await sleep(400);
  };
  for (let i = 0; i < 3; i++) await hand(i);
  await settled(page);

  const categories = [
    'disabled-by-default-v8.cpu_profiler',
    'disabled-by-default-devtools.timeline',
    'devtools.timeline',
  ];
  if (trace) await browser.startTracing(page, { path: trace, categories: [...categories, 'v8', 'blink.user_timing'] });
  await begin();
  for (let i = 0; i < turns; i++) await hand(i);
  const drawn = await found();
  if (trace) await browser.stopTracing();
  await settled(page);

  await begin();
  for (let i = 0; i < Math.min(turns, 10); i++) {
    await page.keyboard.press('z');
    await sleep(1500);
  }
  const undone = await found();

  await page.mouse.move(...at(0.5, 0.5));
  const moved = await framesOf(page, async (i) => {
    await page.mouse.wheel(0, i < 20 ? -60 : 60);
    await sleep(16);
  });
  const panned = await framesOf(page, async (i) => {
    await page.keyboard.press(i % 2 ? 'ArrowLeft' : 'ArrowRight');
    await sleep(16);
  });
  await page.locator('.segments li').nth(5).hover();
  const scrolled = await framesOf(page, async (i) => {
    await page.mouse.wheel(0, i < 20 ? 120 : -120);
    await sleep(16);
  });
  await page.close();
  return {
    'page opened': { median: round(opened), unit: 'ms' },
    'pointer to ink': figure(drawn.ink),
    'frame to frame while drawing': figure(drawn.frames),
    'pointer to labels, pen down': figure(drawn.labels),
    'pen up to labels': figure(drawn.last),
    'undo to labels': figure(undone.keys),
    'frame to frame, zoom': figure(moved),
    'frame to frame, pan': figure(panned),
    'frame to frame, list': figure(scrolled),
  };
}

/** Waits until the server has answered everything and the page is still. */
async function settled(page) {
  await page.waitForFunction(
    () => /^Mask (drawn|up to date)/.test(document.querySelector('.status').textContent),
    null,
    {
      timeout: 120_000,
    },
  );
  await sleep(3000);
}

/** Frame to frame while something moves forty times. */
async function framesOf(page, move) {
  await sleep(500);
  await page.evaluate(() => {
    globalThis.probe.clear();
    globalThis.probe.watching = true;
  });
  for (let i = 0; i < 40; i++) await move(i);
  return await page.evaluate(() => {
    globalThis.probe.watching = false;
    return globalThis.probe.found().frames;
  });
}

function figure(values) {
  const sorted = values.filter(Number.isFinite).sort((a, b) => a - b);
  if (sorted.length === 0) return { count: 0 };
  return {
    ...{ median: round(quantile(sorted, 0.5)), p95: round(quantile(sorted, 0.95)), most: round(sorted.at(-1)) },
    ...{ unit: 'ms', count: sorted.length },
  };
}

function flags(args) {
  const out = { strokes: 10_000, segments: 300, turns: 15, json: undefined, trace: undefined };
  for (let i = 0; i < args.length; i += 2) {
    const [name, value] = [args[i].replace(/^--/, ''), args[i + 1]];
    const isNumber = ['strokes', 'segments', 'turns'].includes(name) && Number(value) > 0;
    const isText = ['json', 'trace'].includes(name) && value;
    if (!isNumber && !isText) {
      console.error(
        `exact-strokes: ${args[i]} ${value ?? ''}; expected --strokes, --segments, --turns, --json or --trace, and a value`,
      );
      process.exit(2);
    }
    out[name] = isNumber ? Number(value) : value;
  }
  return out;
}

await main();
