// node bench/thousand.mjs [--levels 50,200,500,1000] [--pace SECONDS] [--seconds N] [--images N] [--servers N] [--json FILE]: more
// and more scripted annotators on the same deployment. At each level: how long strokes wait, and what each process costs.
// SALTWORKS_DATABASE names a PostgreSQL to use, which several servers need; without it the database is PGlite.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { naming, openAnnotator, strokeAt } from './annotators.mjs';
import { faultsOf, makeImages } from './crowd.mjs';
import { openAccount, openCampaign, ownPort, startStack } from './stack.mjs';

const command = fileURLToPath(new URL('../saltworks', import.meta.url));
/** Linux counts processor time in hundredths of a second. */
const TICKS = 100;

/** Processor seconds of a process and of the children that it waited for. */
function secondsOf(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /s, '')
    .split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS;
}

/** Another server of the stack, on the same database, store and Temporal. */
async function anotherServer(stack, database) {
  const home = mkdtempSync(join(tmpdir(), 'saltworks-server-'));
  const { address } = JSON.parse(readFileSync(join(stack.home, 'stack.json'), 'utf8'));
  const port = await ownPort();
  const env = {
    ...process.env,
    ...{ SALTWORKS_HOME: home, SALTWORKS_PORT: port, SALTWORKS_URL: stack.url, SALTWORKS_DATABASE: database },
    ...{ SALTWORKS_TEMPORAL_ADDRESS: address, SALTWORKS_STORE: join(stack.home, 'objects') },
    ...{ SALTWORKS_SECRET_FILE: join(stack.home, 'secret'), SALTWORKS_REQUESTS_PER_MINUTE: '1000000' },
  };
  const child = spawn(process.execPath, [command, 'server'], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  await new Promise((ready, failed) => {
    child.stdout.on('data', (text) => /server: ready/.test(text) && ready());
    child.once('exit', (code) => failed(new Error(`a server ended with code ${code}`)));
  });
  const stop = async () => {
    const ended = new Promise((resolve) => child.once('exit', resolve));
    if (child.exitCode === null && child.kill('SIGTERM')) await ended;
    rmSync(home, { recursive: true, force: true });
  };
  return { url: `http://127.0.0.1:${port}`, pid: child.pid, stop };
}

/** One who draws a stroke every `pace` seconds, give or take half of it, until told to stop. */
async function openHand(url, key, who, pace) {
  const annotator = openAnnotator(url, key);
  const work = await annotator.take('thousand');
  const { image } = work.assignment;
  await work.do(...naming(2), ...[0, 1, 2].map((k) => strokeAt(who + k, image, 2)));
  let stopped = false;
  /** `[n, sent, acknowledged]`, milliseconds since 1970. */
  const strokes = [];
  const drawing = (async () => {
    // The first stroke comes anywhere within a pace.
    await sleep(1000 * pace * ((who * 0.6180339887) % 1));
    for (let i = 3; !stopped; i++) {
      const sent = performance.timeOrigin + performance.now();
      await work.do(i % 10 === 9 ? { kind: 'undo' } : strokeAt(who + i, image, 2));
      strokes.push([work.done.length, sent, performance.timeOrigin + performance.now()]);
      await sleep(1000 * pace * (0.5 + ((i * 0.6180339887 + who * 0.7548776662) % 1)));
    }
  })();
  return {
    strokes,
    answers: work.events,
    /** Ends after the stroke under way, hands the image in, and compares as `faultsOf` wants it. */
    async end() {
      stopped = true;
      await drawing;
      await work.answered('pixel', 900_000);
      const [log, expected, submitted] = [await work.log(), work.expected(), await work.submit()];
      work.close();
      annotator.close();
      const events = work.events.map(({ id }) => id);
      return { assignment: work.assignment, log, expected, submitted, events };
    },
  };
}

const shareOf = (sorted, share) => Math.round(sorted[Math.floor(share * (sorted.length - 1))]);
function timesOf(list) {
  const sorted = [...list].sort((a, b) => a - b);
  return { p50: shareOf(sorted, 0.5), p95: shareOf(sorted, 0.95), p99: shareOf(sorted, 0.99) };
}

/** The figures of strokes that were sent within a window, milliseconds since 1970. */
function figuresOf(hands, from, to) {
  const acknowledged = [];
  const patched = [];
  let unanswered = 0;
  for (const { strokes, answers } of hands) {
    for (const [n, sent, heard] of strokes) {
      if (sent < from || sent >= to) continue;
      acknowledged.push(heard - sent);
      const answer = answers.find(({ event, data }) => event === 'patch' && data.n >= n);
      if (answer) patched.push(answer.at - sent);
      else unanswered++;
    }
  }
  const perSecond = Math.round((10_000 * acknowledged.length) / (to - from)) / 10;
  return { strokes_per_s: perSecond, acknowledged_ms: timesOf(acknowledged), patch_ms: timesOf(patched), unanswered };
}

async function main() {
  const { levels, pace, seconds, images, servers, json } = flags(process.argv.slice(2));
  const database = process.env.SALTWORKS_DATABASE;
  if (servers > 1 && !database) throw new Error('several servers; expected SALTWORKS_DATABASE, a PostgreSQL');
  const folder = mkdtempSync(join(tmpdir(), 'saltworks-thousand-'));
  const load = Math.round(10 * loadavg()[0]) / 10;
  const settings = { SALTWORKS_REQUESTS_PER_MINUTE: '1000000', ...(database && { SALTWORKS_DATABASE: database }) };
  const stack = await startStack(settings);
  const others = [];
  try {
    await makeImages(folder, images);
    const places = Math.ceil(levels.at(-1) / images);
    await openCampaign(stack, { id: 'thousand', images: folder, annotators: places, leaseSeconds: 3600 });
    while (others.length < servers - 1) others.push(await anotherServer(stack, database));
    const urls = [stack.url, ...others.map(({ url }) => url)];
    const pids = {
      ...Object.fromEntries(['server', 'worker', 'temporal'].map((part) => [part, () => stack.pidOf(part)])),
      ...Object.fromEntries(others.map(({ pid }, i) => [`server ${i + 2}`, () => pid])),
      annotators: () => process.pid,
    };
    const spent = () => Object.fromEntries(Object.entries(pids).map(([part, pid]) => [part, secondsOf(pid())]));
    const hands = [];
    const rows = [];
    for (const level of levels) {
      while (hands.length < level) {
        const some = Array.from({ length: Math.min(8, level - hands.length) }, (_, i) => hands.length + i);
        const keys = await Promise.all(some.map((who) => openAccount(stack, 'thousand', who)));
        const opened = some.map((who, i) => openHand(urls[who % urls.length], keys[i], who, pace));
        hands.push(...(await Promise.all(opened)));
      }
      // The strokes of a pace until all draw at their own time.
      await sleep(1000 * pace);
      const [from, before] = [Date.now(), spent()];
      await sleep(1000 * seconds);
      const [to, after] = [Date.now(), spent()];
      // Answers may come late.
      await sleep(10_000);
      const figures = figuresOf(hands, from, to);
      const cores = Object.fromEntries(
        Object.keys(before).map((part) => [part, Math.round((1e5 * (after[part] - before[part])) / (to - from)) / 100]),
      );
      const memory = Object.fromEntries(['server', 'worker', 'temporal'].map((part) => [part, stack.memoryOf(part)]));
      rows.push({ annotators: level, ...figures, cores, memory_mb: memory });
      console.error(JSON.stringify(rows.at(-1)));
    }
    const ended = await Promise.all(hands.map((hand) => hand.end()));
    const out = {
      ...{ date: new Date().toISOString().slice(0, 10), load, cores: cpus().length, node: process.version },
      ...{ servers, database: database ? 'PostgreSQL' : 'PGlite', images, pace, seconds, rows },
      faults: await faultsOf(stack, 'thousand', ended, places),
    };
    console.log(JSON.stringify(out, null, 1));
    if (json) writeFileSync(json, `${JSON.stringify(out, null, 1)}\n`);
    if (out.faults.length > 0) process.exitCode = 1;
  } finally {
    for (const each of others) await each.stop();
    await stack.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

function flags(args) {
  const out = { levels: '50,200,500,1000', pace: 6, seconds: 40, images: 60, servers: 1, json: undefined };
  for (let i = 0; i < args.length; i += 2) {
    const [name, value] = [args[i].replace(/^--/, ''), args[i + 1]];
    const isNumber = ['pace', 'seconds', 'images', 'servers'].includes(name) && Number(value) > 0;
    const isText = (name === 'json' && value) || (name === 'levels' && /^\d+(,\d+)*$/.test(value ?? ''));
    if (!isNumber && !isText) {
      console.error(
        `thousand: ${args[i]} ${value ?? ''}; expected --levels, --pace, --seconds, --images, --servers, --json`,
      );
      process.exit(2);
    }
    out[name] = isNumber ? Number(value) : value;
  }
  return {
    ...out,
    levels: out.levels
      .split(',')
      .map(Number)
      .sort((a, b) => a - b),
  };
}

await main();
