// Compares two built checkouts, byte for byte: node scripts/compare.mjs BEFORE AFTER
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { openCheckout } from './compare/checkout.mjs';
import { dataset } from './compare/dataset.mjs';
import { compare } from './compare/differences.mjs';
import { openHomes } from './compare/home.mjs';
import { segment } from './compare/segment.mjs';
import { session } from './compare/session.mjs';
import { root } from './setup.mjs';

const sections = ['segment', 'dataset', 'session', 'home'];
const help = `node scripts/compare.mjs BEFORE AFTER [--only ${sections.join(',')}] [--all] [--keep]

Runs two built checkouts side by side, by their command and HTTP API alone, and compares all that they print, answer and
write: masks, exports, objects of the store, API answers. Equal means equal to the byte, except for random ids, tokens, times
and durations.

  segment   saltworks segment: presets, graphs, refinements, on examples/ and ../shared/data
  dataset   imports, extract, propagate, every export format, listings; every object of the store
  session   a recorded session of the page (compare/session.json), and refused requests to every route
  home      a home that BEFORE made: both open a copy, give the same answers, draw on and export

  --only    runs these sections alone
  --all     takes every image of ../shared/data, not a sample
  --keep    keeps the scratch folder and prints its name

Exits with 1 if anything differs.`;

const { values, positionals } = parse();
if (values.help) {
  console.log(help);
  process.exit(0);
}
const only = values.only?.split(',') ?? sections;
const unknown = only.find((name) => !sections.includes(name));
if (positionals.length !== 2) refuse(`${positionals.length} checkouts; expected BEFORE and AFTER`);
if (unknown !== undefined) refuse(`--only ${unknown}; expected some of ${sections.join(',')}`);

const shared = join(root, '../shared/data');
const data = existsSync(shared) ? shared : undefined;
if (!data) console.log('no ../shared/data: examples/ alone');
const folder = mkdtempSync(join(tmpdir(), 'saltworks-compare-'));
const options = {
  examples: { images: join(root, 'examples/images'), scribbles: join(root, 'examples/scribbles') },
  data,
  all: values.all,
};
const [before, after] = ['before', 'after'].map((side, i) => {
  mkdirSync(join(folder, side));
  return openCheckout(resolve(positionals[i]), join(folder, side));
});
let count = 0;
try {
  if (only.includes('segment')) await both('segment', segment);
  if (only.some((name) => name !== 'segment')) {
    await Promise.all([before.up(), after.up()]);
    if (only.includes('dataset')) await both('dataset', dataset);
    let played = [];
    if (only.includes('session')) played = await both('session', session);
    else if (only.includes('home')) played = [await session(before, options)];
    await Promise.all([before.down(), after.down()]);
    if (only.includes('home')) await report('home', () => openHomes(before, played[0].player, positionals, folder));
  }
} finally {
  await Promise.all([before.down(), after.down()]);
  if (values.keep) console.log(`kept: ${folder}`);
  else rmSync(folder, { recursive: true, force: true });
}
process.exitCode = count > 0 ? 1 : 0;

/** Runs a section on both checkouts at the same time and reports the differences. */
function both(name, section) {
  return report(name, () => Promise.all([section(before, options), section(after, options)]));
}

async function report(name, observe) {
  const start = performance.now();
  const [was, now] = await observe();
  const { lines, allowances } = compare(was, now);
  const seconds = Math.round((performance.now() - start) / 1000);
  const verdict = lines.length === 0 ? 'equal' : `${lines.length} differ`;
  console.log(`${name}: ${was.size} observations, ${verdict} (${seconds} s)`);
  for (const line of [...allowances, ...lines]) console.log(`  ${line}`);
  count += lines.length;
  return [was, now];
}

function parse() {
  const boolean = { type: 'boolean', default: false };
  const known = { only: { type: 'string' }, all: boolean, keep: boolean, help: boolean };
  try {
    return parseArgs({ options: known, allowPositionals: true });
  } catch (error) {
    return refuse(error.message);
  }
}

function refuse(message) {
  console.error(`compare: ${message}; see --help`);
  process.exit(2);
}
