// docs/performance.md, .json and .svg: written from what the bench measured, and from nothing else.
// node bench/report.mjs writes them again from docs/performance.json.
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { root } from '../scripts/setup.mjs';
import { python, pythonEnv } from './peer-install.mjs';
import { fileTable, growthTables, latencyTables, rowTable, stageTables, time } from './report-tables.mjs';

export { rowTable };

const command = 'npm run bench -- --docs';

export function writeDocs(figures, folder = join(root, 'docs')) {
  const path = (ending) => join(folder, `performance.${ending}`);
  writeFileSync(path('json'), `${JSON.stringify(figures, null, 1)}\n`);
  writeFileSync(path('md'), document(figures));
  const options = { env: pythonEnv, encoding: 'utf8' };
  const plot = spawnSync(python, [join(root, 'bench/plot.py'), path('json'), path('svg')], options);
  if (plot.status !== 0) throw new Error(`plot: ${plot.error?.message ?? plot.stderr.trim().split('\n').at(-1)}`);
}

/** One line: when, on what, with which versions and threads. */
export function about({
  date,
  processor,
  cores,
  memory,
  load,
  node,
  onnxruntimeNode,
  peers = {},
  threads = {},
  quick,
}) {
  const versions = Object.entries(peers).map(([name, version]) => `${name} ${version ?? 'missing'}`);
  const their = Object.entries(threads).map(([name, count]) => `${name} ${count}`);
  return [
    `${date}, ${cores} × ${processor}, ${memory} GiB, load ${load} before`,
    [`Node ${node}`, `onnxruntime-node ${onnxruntimeNode}`, ...versions].join(', '),
    ...(their.length > 0 ? [`threads of the peers: ${their.join(', ')}`] : []),
    ...(quick ? ['few repeats'] : []),
  ].join('; ');
}

/** What is printed for parts that are more than rows. */
export function printed(part, figures) {
  if (part === 'growth') return Object.values(growthTables(figures.growth)).join('\n\n');
  if (part === 'stages') return figures.stages.map((one) => `${one.title}\n\n${stageTables(one)}`).join('\n\n');
  return part === 'latency' ? latencyTables(figures.latency) : fileTable(figures.files);
}

function document(figures) {
  const { rows, growth, stages, peaks, latency, files } = figures;
  return `${[
    `<!-- Written by \`${command}\` from what it measured: change bench/report.mjs instead. -->`,
    '# Performance',
    `What \`${command}\` measured. Contenders take turns within one run, so that whatever else the machine does falls on all alike;
medians (least–most) of ${rows[0]?.repeats ?? 0} turns for the first rows. Ratios are how many times better ours is: below 1 it is worse.`,
    `${about(figures)}. Ours runs in one thread wherever nothing else is said.`,
    ...(figures.note ? [figures.note] : []),
    '![Ratios, and cost as work grows](performance.svg)',
    rowTable(rows),
    compared(rows),
    ...(growth ? [grown(growth, rows)] : []),
    ...(stages ? [timed(stages, peaks)] : []),
    inBrowser(rows),
    ...(latency ? [answered(latency)] : []),
    ...(files ? [fromFile(files)] : []),
    batches(rows),
  ].join('\n\n')}\n`;
}

/** A small number as people write it. */
function small(value) {
  if (value === 0 || value >= 0.001) return `${value}`;
  const [digits, power] = value.toExponential(1).split('e-');
  return `${digits}·10⁻${power.replace(/\d/g, (digit) => '⁰¹²³⁴⁵⁶⁷⁸⁹'[digit])}`;
}

const find = (rows, name) => rows.find((row) => row.name === name);

function compared(rows) {
  const cached = find(rows, 'propagate-cached');
  const crf = find(rows, 'crf-warm');
  const percent = ({ same }) => `${(100 * same).toFixed(same === 1 ? 0 : 4)} %`;
  return `## What is compared

The picture is \`examples/images/coffee.jpg\` at 640 × 480 with keys of \`dinov2-small-focus\`, drawn on with five labels.

- \`propagate-cached\` spreads labels over a dense graph that is there; \`propagate-from-keys\` makes the graph first. Both follow
  scikit-learn's stopping rule, and give its scores${cached?.agreement ? `: here at most ${small(cached.agreement.apart)} apart, with ${percent(cached.agreement)} of the labels equal` : ''}.
  \`fit\` makes its graph each time and cannot keep it; so for the cached row part of the gain is that ours can.
- \`stroke-added\` is not a full solve: spreading is linear in the seeds, every stroke has a column of its own, and another stroke costs
  one column. The columns' sums follow scikit-learn's stopping rule, iteration by iteration, so that the answer is the full
  solve's.
- \`walk-from-keys\` and \`walk-stroke-added\` are the solver of preset \`best\`, which solves another problem than \`fit\` (docs/quality.md
  says how well); the ratio says what a person waits for, not which arithmetic is quicker.
- \`walk-solve\` is its grid alone, against scikit-image's random walker on the same nodes and seeds, without the prior that
  it does not have either: conjugate gradients, and the direct sparse solver, since ours factors grids of this size as a band.
- \`crf-warm\` has the picture's lattices, \`crf-cold\` builds them; pydensecrf does the same in C++${crf?.agreement ? `. Marginals are at most ${small(crf.agreement.apart)} apart, ${percent(crf.agreement)} of the labels equal` : ''}.
- Rows that begin with \`page\` are the annotators' page itself, in Chromium over a whole stack (docs/latency.md). They stand beside limits and
  not beside peers.
- Rows may come from runs of their own; each shares one with its peer.
- scikit-learn multiplies in as many threads as BLAS has, above. ${cached?.peer_one_thread ? `Held to one, its \`fit\` took ${time(cached.peer_one_thread)}.` : ''}
- The last column is the same in our plain TypeScript, which the kernels are tested against.`;
}

function grown(growth, rows) {
  const tables = growthTables(growth);
  const shards = find(rows, 'propagate-threads');
  const apart = (name) =>
    small(Math.max(0, ...growth.map((cell) => (cell.name === name ? (cell.agreement?.apart ?? 0) : 0))));
  return `## As work grows

Times of one solve; in brackets how many times quicker than the peer. "–" was not measured: scikit-learn takes several gigabytes
and the time above for 16,384 nodes, whatever K is, and energies of a megapixel for 100 labels are 400 MB, so there each peer ran once or not at
all. Strokes are long for K ≤ 5, and short ones on a regular grid for more.

### Pictures and labels: graph, spreading and walk against \`fit\`

${tables.solvers}

Ours leaves out tiles of the graph that cannot matter; the scores of all peers asked were at most
${apart('propagate-cached')} apart.

### Pictures and labels: dense CRF against pydensecrf

${tables.crfs}

From ten labels on, ours follows a label only where it may come to matter; marginals were at most ${apart('crf-cold')} apart.

### Strokes, at 640 × 480 with five labels

${tables.strokes}
${shards ? `\n### Images\n\nA shard's images do not depend on each other, so its cost is their sum. ${shards.what.replace(/, 2 threads$/, '')}: ${shards.peer} images/s in one thread, ${shards.ours} in two.` : ''}`;
}

function timed(stages, peaks) {
  const parts = stages.map((part) => `### ${part.title}\n\n${stageTables(part)}`);
  return `## Where the time goes

At 640 × 480 with five labels, one thread. What this machine gives a WebAssembly kernel at best, measured in the same run
(\`packages/core/kernels/peak.ts\`): ${peaks.gflops} GFLOP/s of multiplications and additions in registers, ${peaks.read} GB/s read from memory, ${peaks.copy}
GB/s moved by copying, ${peaks.cached} GB/s read from the second cache. Operations and bytes are counted in \`bench/work.mjs\`; a kernel's share is that
of the limit it is nearest to. Kernels are timed in runs of their own, whole solves without that, so that they may not add up. WebAssembly's baseline vectors are 128 bits wide and never fuse a multiplication with an addition.

${parts.join('\n\n')}`;
}

function inBrowser(rows) {
  const [nodes, pixels] = ['browser-node-labels', 'browser-pixel-labels'].map((name) => find(rows, name));
  const text = `## In a browser

The same modules and kernels, unbundled, in headless Chromium; \`e2e/browser.test.ts\` holds that they give the same bytes as in Node.`;
  if (!nodes || !pixels) return `${text} There was no Chromium on this machine.`;
  return `${text}
An image is open (${nodes.what}). From a stroke to the labels of all nodes half take ${time(nodes.ours)} and 95 % less than ${time(nodes.p95)} (a frame is 16 ms), to those of all pixels, refined at half size, ${time(pixels.ours)} and ${time(pixels.p95)}.`;
}

function answered(latency) {
  return `## From stroke to answer

An annotator draws over HTTP, a stroke each 0.2 to 1 s; the server stores it, a workflow has it solved, and the labels come back as an
event (docs/latency.md).

${latencyTables(latency)}`;
}

function fromFile(files) {
  const [{ runs }] = files;
  const opening =
    Math.round(files.reduce((sum, file) => sum + file.process - file.timings.total, 0) / files.length / 100) / 10;
  return `## From file to mask

\`./saltworks segment\` with preset \`best\`, a process a picture, medians of ${runs}. Keys are inference at 518 pixels in two threads. Starting
Node and opening the backbone take about ${opening} s more, once a command.

${fileTable(files)}`;
}

function batches(rows) {
  const overhead = find(rows, 'extract-overhead');
  return `## Batches

\`extract-overhead\` is the activity that workers run, with store, heartbeats, read-ahead, encoding and writing of keys around the same
inference${overhead ? ` (${overhead.what})` : ''}; for rates, the ratio is ours to the peer's. \`extract-python\` is what somebody would write in Python.
\`propagate-threads\` is the activity that makes masks of keys, in two threads beside one. docs/scale.md has a million images.`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  writeDocs(JSON.parse(readFileSync(join(root, 'docs/performance.json'), 'utf8')));
}
