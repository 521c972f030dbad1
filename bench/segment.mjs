// From file to mask: `./saltworks segment` as a person runs it, one process an image.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { env, root } from '../scripts/setup.mjs';
import { median, round } from './measure.mjs';

const pictures = ['coffee', 'astronaut', 'china'];

/** @returns per image: size, labels, median milliseconds of each stage and of the whole process, peak bytes of memory */
export function fromFile({ quick }) {
  const out = mkdtempSync(join(tmpdir(), 'saltworks-bench-'));
  const rows = pictures.map((picture) => {
    const runs = Array.from({ length: quick ? 1 : 5 }, () => segment(picture, out));
    const of = (pick) => round(median(runs.map(pick).sort((a, b) => a - b)));
    const { image, strokes } = JSON.parse(readFileSync(join(root, 'examples/scribbles', `${picture}.json`), 'utf8'));
    const [{ timings }] = runs;
    return {
      picture: `${picture}.jpg`,
      ...image,
      labels: new Set(strokes.map(({ segment }) => segment)).size,
      strokes: strokes.length,
      timings: Object.fromEntries(Object.keys(timings).map((stage) => [stage, of((run) => run.timings[stage])])),
      process: of((run) => run.process),
      bytes: of((run) => run.bytes),
      runs: runs.length,
    };
  });
  rmSync(out, { recursive: true });
  return rows;
}

function segment(picture, out) {
  const image = join(root, 'examples/images', `${picture}.jpg`);
  const args = ['segment', image, '--scribbles', join(root, 'examples/scribbles')];
  const start = performance.now();
  const { status, stdout, stderr } = spawnSync(join(root, 'saltworks'), [...args, '--out', out, '--json'], {
    env,
    encoding: 'utf8',
  });
  const process = performance.now() - start;
  if (status !== 0) throw new Error(`saltworks segment ${picture}: ${stderr.trim()}`);
  const [report, summary] = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  return { ...report, process, bytes: summary.peak_memory_bytes };
}
