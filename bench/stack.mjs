// The embedded stack as a person starts it, in a home of its own, with a campaign and annotators' accounts.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { openApi, patiently, send } from './annotators.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const command = join(root, 'saltworks');

/**
 * Starts `saltworks up` with the clone's backbone and binaries.
 *
 * @param env more settings; SALTWORKS_HOME is a folder that does not exist yet, default a temporary one
 */
export async function startStack(env = {}) {
  const home = env.SALTWORKS_HOME ?? mkdtempSync(join(tmpdir(), 'saltworks-stack-'));
  mkdirSync(home, { recursive: true });
  const shared = process.env.SALTWORKS_HOME ?? join(root, '.saltworks');
  for (const part of ['models', 'tools']) {
    mkdirSync(join(shared, part), { recursive: true });
    symlinkSync(join(shared, part), join(home, part));
  }
  // Settings of other stacks in the environment do not count.
  const clean = Object.entries(process.env).filter(([name]) => !name.startsWith('SALTWORKS_'));
  const settings = { ...Object.fromEntries(clean), SALTWORKS_HOME: home, SALTWORKS_PORT: await ownPort(), ...env };
  const child = spawn(process.execPath, [command, 'up'], { env: settings, stdio: ['ignore', 'pipe', 'pipe'] });
  /** @type {string[]} */
  const lines = [];
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text) => lines.push(...text.trim().split('\n')));
  }
  /** The process that currently plays a part: temporal, server or worker. */
  const pidOf = (part) =>
    Number(lines.flatMap((line) => new RegExp(`^${part}: started, process (\\d+)`).exec(line)?.[1] ?? []).at(-1));

  const stack = {
    home,
    lines,
    pidOf,
    url: '',
    /** Calls the API as the first administrator. */
    admin: (method, path, body) =>
      openApi(stack.url, readFileSync(join(home, 'api-key'), 'utf8').trim())(method, path, body),
    /** Kills a part, as a crash would. */
    kill: (part) => process.kill(pidOf(part), 'SIGKILL'),
    /** Runs a command on this home. @throws Error with its output */
    run(...args) {
      const { status, stdout, stderr } = spawnSync(process.execPath, [command, ...args], {
        env: settings,
        encoding: 'utf8',
      });
      if (status !== 0) throw new Error(`saltworks ${args.join(' ')}: ${stderr || stdout}`);
      return stdout;
    },
    async stop() {
      const ended = new Promise((resolve) => child.once('exit', resolve));
      if (child.exitCode === null && child.kill('SIGINT')) await ended;
      rmSync(home, { recursive: true, force: true });
    },
    /** Resident memory of a part, MB. */
    memoryOf(part) {
      const [, kilobytes] = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pidOf(part)}/status`, 'utf8')) ?? [];
      return Math.round(Number(kilobytes) / 1024);
    },
  };
  try {
    const file = join(home, 'stack.json');
    const ready = () => existsSync(join(home, 'api-key')) && lines.some((line) => line.startsWith('server: ready'));
    for (const until = Date.now() + 120_000; !ready(); await sleep(100)) {
      if (Date.now() > until || child.exitCode !== null) throw new Error(`no stack: ${lines.join('\n')}`);
    }
    stack.url = JSON.parse(readFileSync(file, 'utf8')).url;
    return stack;
  } catch (error) {
    await stack.stop();
    throw error;
  }
}

/**
 * A port that nothing else is likely to take while the server is down: neither the default one nor one that the system gives
 * to connections.
 */
export async function ownPort() {
  for (;;) {
    const port = 10_000 + Math.floor(20_000 * Math.random());
    const server = createServer();
    const free = new Promise((resolve) => {
      server.once('listening', () => resolve(true)).once('error', () => resolve(false));
    });
    server.listen(port, '127.0.0.1');
    if (!(await free)) continue;
    await new Promise((closed) => server.close(closed));
    return String(port);
  }
}

/** Creates a campaign over a folder of images; resolves once all images can be annotated. */
export async function openCampaign({ admin, run }, { id, images, ...more }) {
  run('dataset', 'import', images, '--name', id);
  const categories = [{ id: 1, name: 'thing', colour: '#ff8800', isthing: true }];
  await admin('POST', '/api/campaigns', { id, name: id, dataset: id, categories, ...more });
  while (!(await patiently(() => admin('GET', `/api/campaigns/${id}/progress`))).filled) await sleep(500);
}

/** Makes an account and gives it a role in a campaign. @returns its id, and the link that signs it in */
export async function invite({ admin }, campaign, name, role) {
  const { id, link } = await admin('POST', '/api/users', { email: `${name}@example.org`, name });
  await admin('PUT', `/api/campaigns/${campaign}/members/${id}`, { role });
  return { id, link };
}

/**
 * Creates an annotator's account and signs it in by its link, on Linux from an address of its own: the server limits sign-ins
 * per address.
 *
 * @param number of the account
 * @returns its API key
 */
export async function openAccount(stack, campaign, number) {
  const { url } = stack;
  const { link } = await invite(stack, campaign, `annotator${number}`, 'annotator');
  const localAddress = process.platform === 'linux' ? `127.1.${number >> 8}.${number & 255}` : undefined;
  const { headers } = await patiently(() => send(link, { method: 'POST', localAddress, headers: { origin: url } }));
  const cookie = headers['set-cookie'].map((one) => one.split(';')[0]).join('; ');
  const asks = { cookie, origin: url };
  const answer = await send(`${url}/api/me/keys`, { method: 'POST', headers: asks, localAddress }, { name: 'script' });
  return JSON.parse(answer.text).key;
}
