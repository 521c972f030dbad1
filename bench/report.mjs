// Writes docs/performance.md, .json and .svg from measurements alone. `node bench/report.mjs` rewrites them from
// docs/performance.json.
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { root } from '../scripts/setup.mjs';
import { python, pythonEnv } from './peer-install.mjs';
import {
  fileTable,
  growthTables,
  latencyTables,
  rowTables,
  stageTables,
  strokeRanges,
  time,
} from './report-tables.mjs';

export { rowTables };

const command = 'npm run bench -- --docs';

export function writeDocs(figures, folder = join(root, 'docs')) {
  const path = (ending) => join(folder, `performance.${ending}`);
  writeFileSync(path('json'), `${JSON.stringify(figures, null, 1)}\n`);
  writeFileSync(path('md'), document(figures));
  const options = { env: pythonEnv, encoding: 'utf8' };
  const plot = spawnSync(python, [join(root, 'bench/plot.py'), path('json'), path('svg')], options);
  if (plot.status !== 0) throw new Error(`plot: ${plot.error?.message ?? plot.stderr.trim().split('\n').at(-1)}`);
}

/** One line: date, machine, versions and threads. */
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
    ...(their.length > 0 ? [`peers' threads: ${their.join(', ')}`] : []),
    ...(quick ? ['few repeats'] : []),
  ].join('; ');
}

/** Text to print for the parts that are more than rows. */
export function printed(part, figures) {
  if (part === 'growth')
    return [growthTables(figures.growth), strokeRanges(figures.growth)].flatMap(Object.values).join('\n\n');
  if (part === 'stages') return figures.stages.map((one) => `${one.title}\n\n${stageTables(one)}`).join('\n\n');
  return part === 'latency' ? latencyTables(figures.latency) : fileTable(figures.files);
}

function document(figures) {
  const { rows, growth, stages, peaks, files } = figures;
  return `${[
    `<!-- Written by \`${command}\` from its measurements: change bench/report.mjs instead. -->`,
    '# Performance',
    `Measured by \`${command}\`. Contenders take turns within one run, so other load on the machine affects all alike. The first
rows are medians (least–most) of ${rows[0]?.repeats ?? 0} turns. A ratio above 1 means that Saltworks is better. Every figure is in [performance.json](performance.json).`,
    `${about(figures)}. Saltworks uses one thread unless a row says otherwise.`,
    ...(figures.note ? [figures.note] : []),
    '![Ratios, and cost as work grows](performance.svg)',
    rowTables(rows),
    compared(rows),
    ...(growth ? [grown(growth)] : []),
    ...(stages ? [timed(stages, peaks)] : []),
    ...(files ? [fromFile(files)] : []),
  ].join('\n\n')}\n`;
}

/** A small number in powers of ten. */
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
  const agree = (row, what) =>
    row?.agreement
      ? ` ${what} differ by at most ${small(row.agreement.apart)}; ${percent(row.agreement)} of labels are equal.`
      : '';
  return `The image is \`examples/images/coffee.jpg\` at 640 × 480, with keys of \`dinov2-small-focus\` and strokes for five labels.

- \`propagate-from-keys\` builds a dense graph and spreads labels over it; \`propagate-cached\` has the graph. Both follow scikit-learn's
  stopping rule.${agree(cached, 'Scores')}
  \`fit\` builds its graph on every call, which is part of the gain of the cached row.${cached?.peer_one_thread ? ` With one BLAS thread \`fit\` took ${time(cached.peer_one_thread)}.` : ''}
- \`stroke-added\` solves one column: spreading is linear in the seeds, and each stroke has a column. The stopping rule runs on their
  sums, so the answer is that of a full solve.
- \`walk-from-keys\` and \`walk-stroke-added\` run the solver of preset \`best\`, which solves a different problem from \`fit\`
  ([quality.md](quality.md)): the ratio compares waits, not arithmetic.
- \`walk-solve\` is its random walk alone, on the same nodes and seeds as scikit-image, without a prior, which scikit-image lacks. The
  peers are conjugate gradients and the direct sparse solver; Saltworks factors grids of this size as a band.
- \`crf-warm\` has the image's lattices; \`crf-cold\` builds them. pydensecrf does the same in C++.${agree(crf, 'Marginals')}
- \`browser-*\` runs the same modules and kernels, unbundled, in headless Chromium, pixels at half size; \`e2e/browser.test.ts\` checks that
  Chromium and Node give the same bytes. \`page-*\` is the annotators' page over a whole stack, as is \`stroke-to-patch\`
  ([latency.md](latency.md)).${find(rows, 'browser-node-labels') ? '' : ' This machine had no Chromium.'}
- \`extract-overhead\` is the worker's activity with store, heartbeats, read-ahead, and encoding and writing of keys, beside bare
  inference; \`extract-python\` is the same loop in Python. \`propagate-threads\` is the activity that makes masks from keys;
  images of a shard are independent, so a shard costs their sum.
- The kernels are tested against the plain TypeScript of the last column. A row and its peer share a run.`;
}

function grown(growth) {
  const { solvers, crfs } = growthTables(growth);
  const nodes = new Set(growth.map(({ nodes }) => nodes));
  const apart = (name) =>
    small(Math.max(0, ...growth.map((cell) => (cell.name === name ? (cell.agreement?.apart ?? 0) : 0))));
  return `## As work grows

One solve in ms, and in brackets the ratio. The images have ${[...nodes].join(', ')} nodes. "–": not measured, since on the largest image
scikit-learn takes several gigabytes and the same time for any K, and energies for 100 labels are 400 MB. Strokes are long for K ≤ 5,
short on a regular grid for more.

### Graph, spreading and walk against \`fit\`

${solvers}

Saltworks skips tiles of the graph that cannot matter; its scores differ from scikit-learn's by at most ${apart('propagate-cached')}.

Least and most over several numbers of strokes, at 640 × 480 with five labels:

${strokeRanges(growth).strokes}

### Dense CRF against pydensecrf

${crfs}

From ten labels on, Saltworks follows a label only where it may matter; marginals differ by at most ${apart('crf-cold')}.`;
}

function timed(stages, peaks) {
  const parts = stages.map((part) => `### ${part.title}\n\n${stageTables(part)}`);
  return `## Where the time goes

640 × 480, five labels, one thread. Limits of a WebAssembly kernel on this machine, measured in the same run
(\`packages/core/src/arena/kernels/peak.ts\`): ${peaks.gflops} GFLOP/s of arithmetic in registers, ${peaks.read} GB/s reading memory,
${peaks.copy} GB/s copying it, ${peaks.cached} GB/s reading the second cache. WebAssembly's baseline vectors are 128 bits wide, without fused multiply-add. \`bench/work.mjs\`
counts operations and bytes; a share is that of the nearest limit. Times are ms; kernels have runs of their own and need not add up to
the whole.

${parts.join('\n\n')}`;
}

function fromFile(files) {
  const [{ runs }] = files;
  const opening =
    Math.round(files.reduce((sum, file) => sum + file.process - file.timings.total, 0) / files.length / 100) / 10;
  return `## From file to mask

\`./saltworks segment\` with preset \`best\`, one process per image, medians of ${runs} in ms. Keys are inference at 518 pixels in two threads.
Starting Node and opening the backbone add about ${opening} s per command. Memory is the process's peak.

${fileTable(files)}`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  writeDocs(JSON.parse(readFileSync(join(root, 'docs/performance.json'), 'utf8')));
}
