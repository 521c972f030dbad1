// node bench/crowd.mjs [--annotators N] [--images N] [--strokes N] [--pause SECONDS] [--json FILE]: many scripted annotators
// on one server and one worker. Reports lost, doubled and reordered interactions (none), the time of answers, and memory.
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { isDeepStrictEqual } from 'node:util';
import { naming, openAnnotator, strokeAt } from './annotators.mjs';
import { openAccount, openCampaign, startStack } from './stack.mjs';

const photographs = fileURLToPath(new URL('../examples/images', import.meta.url));
const drainMs = 600_000;

/**
 * Each annotator takes an image, draws at a pace of their own, sometimes undoes a stroke, waits for the mask of the whole
 * drawing and submits it.
 *
 * @param options pause: seconds between strokes, on average
 * @returns for each annotator: its interactions, the server's log, and milliseconds from strokes to their node labels
 */
export async function crowd(stack, campaign, { annotators, strokes, pause }) {
  const keys = [];
  for (let i = 0; i < annotators; i++) keys.push(await openAccount(stack, campaign, i));
  return Promise.all(
    keys.map(async (key, who) => {
      const annotator = openAnnotator(stack.url, key);
      // Arrivals are spread over time.
      await sleep(1000 * pause * (who / annotators));
      const work = await annotator.take(campaign);
      const { image } = work.assignment;
      await work.do(...naming(2), ...[0, 1, 2].map((k) => strokeAt(who + k, image, 2)));
      const sent = new Map();
      for (let i = 3; i < strokes; i++) {
        await sleep(1000 * pause * (0.5 + ((i * 0.6180339887 + who * 0.7548776662) % 1)));
        const at = performance.timeOrigin + performance.now();
        await work.do(i % 10 === 9 ? { kind: 'undo' } : strokeAt(who + i, image, 2));
        sent.set(work.done.length, at);
      }
      const last = performance.now();
      await work.answered('pixel', drainMs);
      const drain = performance.now() - last;
      const [log, expected, submitted] = [await work.log(), work.expected(), await work.submit()];
      work.close();
      annotator.close();
      const answer = (n) => work.events.find(({ event, data }) => event === 'patch' && data.n >= n);
      const times = [...sent].map(([n, at]) => answer(n).at - at);
      const events = work.events.map(({ id }) => id);
      return { assignment: work.assignment, log, expected, submitted, events, times, drain };
    }),
  );
}

/** Errors in the server's logs, in words. */
export async function faultsOf(stack, campaign, found, places) {
  const faults = [];
  for (const { assignment, log, expected, submitted, events } of found) {
    if (!isDeepStrictEqual(log, expected))
      faults.push(`${assignment.id}: ${log.length} of ${expected.length} in the log`);
    if (submitted.n !== expected.length) faults.push(`${assignment.id}: ${submitted.n} handed in`);
    if (events.some((id, i) => id !== i + 1)) faults.push(`${assignment.id}: events ${events.join(' ')}`);
  }
  const all = [];
  for (let page = []; ; ) {
    const before = page.length > 0 ? `&before=${page.at(-1).id}` : '';
    page = await stack.admin('GET', `/api/campaigns/${campaign}/assignments?limit=200${before}`);
    all.push(...page);
    if (page.length < 200) break;
  }
  for (const task of new Set(all.map((each) => each.task))) {
    const list = all.filter((each) => each.task === task);
    if (list.length > places) faults.push(`task ${task}: ${list.length} holders; expected ${places} at most`);
    if (new Set(list.map(({ user }) => user)).size < list.length) faults.push(`task ${task}: one user twice`);
  }
  return faults;
}

/** The server's complaints, and how often each came. */
function said(lines) {
  const counts = {};
  for (const line of lines) {
    const [, what] = /^server: assignment \S+: (.*)/.exec(line) ?? [];
    if (what) counts[what] = (counts[what] ?? 0) + 1;
  }
  return counts;
}

/** Copies of the images, each cropped a little differently. */
export async function makeImages(folder, count) {
  const { default: sharp } = await import('sharp');
  const names = readdirSync(photographs);
  for (let i = 0; i < count; i++) {
    const image = sharp(join(photographs, names[i % names.length]));
    const { width, height } = await image.metadata();
    const cut = Math.floor(i / names.length);
    const file = join(folder, `${String(i).padStart(4, '0')}.png`);
    await image
      .extract({ left: cut, top: cut, width: width - cut, height: height - cut })
      .png()
      .toFile(file);
  }
}

async function main() {
  const { annotators, images, strokes, pause, json } = flags(process.argv.slice(2));
  const folder = mkdtempSync(join(tmpdir(), 'saltworks-crowd-'));
  const load = Math.round(10 * loadavg()[0]) / 10;
  const stack = await startStack({ SALTWORKS_REQUESTS_PER_MINUTE: '1000000' });
  try {
    await makeImages(folder, images);
    const places = Math.ceil(annotators / images);
    await openCampaign(stack, { id: 'crowd', images: folder, annotators: places, leaseSeconds: 3600 });
    const memory = [];
    const parts = ['server', 'worker', 'temporal'];
    const sample = () => memory.push(Object.fromEntries(parts.map((part) => [part, stack.memoryOf(part)])));
    const timer = setInterval(sample, 2_000);
    const began = performance.now();
    const found = await crowd(stack, 'crowd', { annotators, strokes, pause });
    const seconds = (performance.now() - began) / 1000;
    clearInterval(timer);
    sample();
    const times = found.flatMap((each) => each.times).sort((a, b) => a - b);
    const at = (share) => Math.round(times[Math.floor(share * (times.length - 1))]);
    const done = found.reduce((sum, { log }) => sum + log.length, 0);
    const figures = {
      ...{ date: new Date().toISOString().slice(0, 10), load, cores: cpus().length },
      ...{ annotators, images, strokes, pause, interactions: done, seconds: Math.round(seconds) },
      faults: await faultsOf(stack, 'crowd', found, places),
      patch_ms: { p50: at(0.5), p95: at(0.95), p99: at(0.99), most: at(1) },
      drain_s: Math.round(Math.max(...found.map(({ drain }) => drain)) / 100) / 10,
      memory_mb: [0.25, 0.5, 0.75, 1].map((share) => memory[Math.floor(share * (memory.length - 1))]),
      said: said(stack.lines),
    };
    console.log(JSON.stringify(figures, null, 1));
    if (json) writeFileSync(json, `${JSON.stringify(figures, null, 1)}\n`);
    if (figures.faults.length > 0) process.exitCode = 1;
  } finally {
    await stack.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

function flags(args) {
  const out = { annotators: 200, images: 8, strokes: 20, pause: 10, json: undefined };
  for (let i = 0; i < args.length; i += 2) {
    const name = args[i].slice(2);
    if (name === 'json' && args[i + 1]) out.json = args[i + 1];
    else if (name in out && Number(args[i + 1]) > 0) out[name] = Number(args[i + 1]);
    else {
      console.error(
        `crowd: ${args[i]} ${args[i + 1] ?? ''}; expected --annotators, --images, --strokes, --pause, --json`,
      );
      process.exit(2);
    }
  }
  return out;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main();
