// A built checkout, used as a person uses it: by its command and over HTTP, on a home of its own.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, utimesSync } from 'node:fs';
import { createServer } from 'node:net';
import { join, relative } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { root as own } from '../setup.mjs';
import { Placeholders } from './placeholders.mjs';

/** Milliseconds that a stack may take to start, or a command to end. */
const patienceMs = 300_000;

/** The environment without the settings of other stacks. */
const environment = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('SALTWORKS_')));

/**
 * @param root of a clone that `npm run setup` has built
 * @param scratch a folder for this checkout alone: it holds the home, and commands run in it
 * @throws Error if the clone is not built
 */
export function openCheckout(root, scratch) {
  const command = join(root, 'saltworks');
  if (!existsSync(join(root, 'packages/cli/dist/main.js')))
    throw new Error(`${root}: no built checkout; expected "npm run setup" to have run there`);
  const home = join(scratch, 'home');
  mkdirSync(home, { recursive: true });
  for (const part of ['models', 'tools']) {
    const shared = join(root, '.saltworks', part);
    mkdirSync(shared, { recursive: true });
    if (!existsSync(join(home, part))) symlinkSync(shared, join(home, part));
  }
  const env = { ...environment, SALTWORKS_HOME: home, SALTWORKS_REQUESTS_PER_MINUTE: '100000' };
  const placeholders = new Placeholders([
    [scratch, '<scratch>'],
    [root, '<checkout>'],
    // Both read the examples of the checkout that compares, which may be one of them.
    [own, '<checkout>'],
  ]);
  let child;

  const checkout = {
    scratch,
    home,
    placeholders,
    url: '',
    /** Runs a command to its end. @returns exit code, stdout and stderr */
    run(...args) {
      const ran = spawn(process.execPath, [command, ...args], { cwd: scratch, env, timeout: patienceMs });
      const [out, err] = [ran.stdout, ran.stderr].map(textOf);
      return new Promise((resolve, reject) => {
        ran.once('error', reject);
        ran.once('close', (code) => resolve({ code, stdout: out(), stderr: err() }));
      });
    },
    /** Runs `saltworks up` until its server answers. */
    async up() {
      env.SALTWORKS_PORT = await ownPort();
      child = spawn(process.execPath, [command, 'up'], { cwd: scratch, env });
      const said = [child.stdout, child.stderr].map(textOf);
      const isReady = () => existsSync(join(home, 'api-key')) && /^server: ready/m.test(said[0]());
      for (const until = Date.now() + patienceMs; !isReady(); await sleep(100)) {
        if (Date.now() > until || child.exitCode !== null)
          throw new Error(`${root}: no stack: ${said.map((text) => text()).join('\n')}`);
      }
      checkout.url = JSON.parse(readFileSync(join(home, 'stack.json'), 'utf8')).url;
      placeholders.literal(checkout.url, '<url>');
      placeholders.literal(new URL(checkout.url).host, '<host>');
    },
    /** Stops it as Ctrl-C does. @returns the exit code */
    async down() {
      if (!child || child.exitCode !== null) return child?.exitCode;
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGINT');
      return ended;
    },
    /** The API key of the home's administrator. */
    adminKey: () => readFileSync(join(home, 'api-key'), 'utf8').trim(),
  };
  return checkout;
}

/** @returns a function that gives a stream's text so far */
function textOf(stream) {
  let text = '';
  stream.setEncoding('utf8').on('data', (more) => {
    text += more;
  });
  return () => text;
}

/** A port that nothing else is likely to take while the server is down. */
async function ownPort() {
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

const isText = (name) => /\.(json|jsonl|ndjson|txt|yaml)$|\/lines\//.test(name);

/** Hash and length of bytes, as one line. */
export const digest = (bytes) => `sha256 ${createHash('sha256').update(bytes).digest('hex')}, ${bytes.length} bytes`;

/**
 * Every file below a folder by its path: texts with placeholders, other bytes as a hash. Files whose paths are equal once
 * placeholders are in them are numbered in the order of their contents.
 */
export function filesBelow(folder, placeholders) {
  const entries = existsSync(folder) ? readdirSync(folder, { recursive: true, withFileTypes: true }) : [];
  const files = entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .sort()
    .map((name) => {
      const bytes = readFileSync(join(folder, name));
      const content = isText(name) ? placeholders.apply(bytes.toString('utf8')) : digest(bytes);
      return [placeholders.apply(name), content];
    });
  const found = new Map();
  for (const [name, content] of files.sort((a, b) => (a.join() < b.join() ? -1 : 1))) {
    let unique = name;
    for (let i = 2; found.has(unique); i++) unique = `${name} (${i})`;
    found.set(unique, content);
  }
  return found;
}

/** A command's exit code and output as text, without its progress lines, which depend on the machine. */
export function outcomeText({ code, stdout, stderr }, placeholders) {
  const plain = stderr
    .split('\n')
    .filter((line) => !/[█░]|: begins(, paused)?$/.test(line))
    .join('\n');
  return placeholders.apply(`exit ${code}\n${stdout}${plain === '' ? '' : `\nstderr:\n${plain}`}`);
}

/** Gives all files of these folders the same time: an import notes it, and the names of exports depend on it. */
export function setTimes(...folders) {
  const at = new Date('2026-01-01T00:00:00Z');
  for (const folder of folders) {
    for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true }))
      utimesSync(join(entry.parentPath, entry.name), at, at);
  }
}
