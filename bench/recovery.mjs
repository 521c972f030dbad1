// node bench/recovery.mjs [--images N] [--annotators N] [--strokes N] [--json FILE]: what a backup loses and how long it takes to
// come back. People draw; a backup is made while they do, another after; all is lost; the second is restored and served.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { crowd, faultsOf, makeImages } from './crowd.mjs';
import { openCampaign, startStack } from './stack.mjs';

const command = fileURLToPath(new URL('../saltworks', import.meta.url));
const campaign = 'recovery';

/** Seconds that work takes, and what it returns. */
async function timed(work) {
  const start = performance.now();
  const value = await work();
  return { value, seconds: Math.round((performance.now() - start) / 100) / 10 };
}

/** Rows, objects and bytes of the last backup, in the command's own words. */
const told = (text) => text.trim().split('\n').slice(0, 2).join('; ');

/** The drawings of everybody, by assignment. */
async function drawings({ admin }) {
  const list = await admin('GET', `/api/campaigns/${campaign}/assignments?limit=200`);
  const logs = await Promise.all(list.map(({ id }) => admin('GET', `/api/assignments/${id}/interactions`)));
  return JSON.stringify(logs);
}

async function main() {
  const { images, annotators, strokes, json } = flags(process.argv.slice(2));
  const folder = mkdtempSync(join(tmpdir(), 'saltworks-recovery-'));
  const destination = join(folder, 'backups');
  const load = Math.round(10 * loadavg()[0]) / 10;
  const stacks = [];
  try {
    const pictures = join(folder, 'images');
    mkdirSync(pictures);
    await makeImages(pictures, images);
    const before = await startStack({ SALTWORKS_REQUESTS_PER_MINUTE: '1000000' });
    stacks.push(before);
    await openCampaign(before, { id: campaign, images: pictures, annotators: Math.ceil(annotators / images) });
    const backUp = () => timed(() => before.run('backup', 'create', destination));
    const drawing = crowd(before, campaign, { annotators, strokes, pause: 4 });
    // While they draw: the command is a process of its own, so their strokes go on.
    const during = await backUp();
    const found = await drawing;
    const after = await backUp();
    const verify = await timed(() => before.run('backup', 'verify', destination));
    const [drawn, faults] = [await drawings(before), await faultsOf(before, campaign, found, annotators)];
    // Kept beside the backups: what opens what is in them, and the key of the first administrator.
    const kept = ['secret', 'api-key'];
    for (const name of kept) cpSync(join(before.home, name), join(folder, name));
    await before.stop();

    const home = join(folder, 'home');
    const restore = await timed(() => {
      const env = { ...process.env, SALTWORKS_HOME: home };
      const { status, stderr } = spawnSync(process.execPath, [command, 'backup', 'restore', destination], {
        ...{ env, encoding: 'utf8' },
      });
      if (status !== 0) throw new Error(stderr);
    });
    for (const name of kept) cpSync(join(folder, name), join(home, name));
    const start = await timed(() => startStack({ SALTWORKS_HOME: home }));
    stacks.push(start.value);
    if ((await drawings(start.value)) !== drawn) faults.push('other drawings came back');
    const keys = await timed(() => start.value.run('extract', campaign));
    const out = {
      ...{ date: new Date().toISOString().slice(0, 10), load, cores: cpus().length, node: process.version },
      ...{ images, annotators, strokes },
      first: { seconds: during.seconds, said: told(during.value) },
      second: { seconds: after.seconds, said: told(after.value) },
      verify_seconds: verify.seconds,
      restore_seconds: restore.seconds,
      start_seconds: start.seconds,
      keys_seconds: keys.seconds,
      faults,
    };
    console.log(JSON.stringify(out, null, 1));
    if (json) writeFileSync(json, `${JSON.stringify(out, null, 1)}\n`);
    if (faults.length > 0) process.exitCode = 1;
  } finally {
    for (const stack of stacks) await stack.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

function flags(args) {
  const out = { images: 500, annotators: 40, strokes: 20, json: undefined };
  for (let i = 0; i < args.length; i += 2) {
    const [name, value] = [args[i].replace(/^--/, ''), args[i + 1]];
    if (name === 'json' ? !value : !(Object.hasOwn(out, name) && Number(value) > 0)) {
      console.error(`recovery: ${args[i]} ${value ?? ''}; expected --images, --annotators, --strokes, --json`);
      process.exit(2);
    }
    out[name] = name === 'json' ? value : Number(value);
  }
  return out;
}

await main();
