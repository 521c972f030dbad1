// stroke-to-patch: an annotator's wait through HTTP, database, Temporal and worker, beside the bare solve of the same
// strokes in one process; and where the time goes, by the clocks of client, server and Temporal.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { decodeImage } from '@saltworks/backbone/image/decode';
import { keysKey } from '@saltworks/contract/layout';
import { openFast } from '@saltworks/core/fast/solver';
import { decodeKeys } from '@saltworks/core/formats/keys';
import { argmax } from '@saltworks/core/nodes/scores';
import { presets } from '@saltworks/core/options';
import { rasterise, seedNodes } from '@saltworks/core/seeds/seeds';
import { root } from '../scripts/setup.mjs';
import { naming, openAnnotator, strokeAt } from './annotators.mjs';
import { clock, median, quantile, round, row } from './measure.mjs';
import { openAccount, openCampaign, startStack } from './stack.mjs';
import { timeline } from './timeline.mjs';

export const names = ['stroke-to-patch'];
const backbone = 'dinov2-small-focus';
const images = join(root, 'examples/images');
/** Numbers of segments, and of strokes timed with them; the first is the row. */
const cases = [
  { segments: 5, strokes: 150 },
  { segments: 2, strokes: 50 },
  { segments: 20, strokes: 50 },
  { segments: 100, strokes: 50 },
];

/** @returns the row of the bench's JSON, and `latency`: the same by segments, and step by step; ms, bytes on the wire */
export async function strokeToPatch({ quick = false } = {}) {
  const stack = await startStack({ SALTWORKS_REQUESTS_PER_MINUTE: '1000000' });
  try {
    await openCampaign(stack, { id: 'latency', images });
    const annotator = openAnnotator(stack.url, await openAccount(stack, 'latency', 0));
    const measured = [];
    for (const { segments, strokes } of cases) {
      measured.push(await measure(stack, annotator, segments, quick ? 10 : strokes));
    }
    annotator.close();
    const [{ steps }] = measured;
    return { rows: [asRow(measured[0])], latency: { segments: measured.map(bySegments), steps } };
  } finally {
    await stack.stop();
  }
}

/** One image, drawn on at the pace of a quick hand. */
async function measure(stack, annotator, segments, strokes) {
  const work = await annotator.take('latency');
  const { image, id } = work.assignment;
  const every = Array.from({ length: segments + 1 + strokes + 3 }, (_, i) => strokeAt(i, image, segments));
  const first = every.splice(0, segments + 1);
  await work.do(...naming(segments), ...first);
  await work.answered('pixel', 120_000);
  const timed = [];
  for (const [i, stroke] of every.entries()) {
    await sleep(200 + 800 * ((i * 0.6180339887) % 1));
    const before = { ...annotator.traffic };
    const sent = now();
    await work.do(stroke);
    const posted = now();
    const { at, data } = await work.answered('patch');
    const { up, down } = annotator.traffic;
    timed.push({ n: work.done.length, sent, posted, at, ms: data.ms, up: up - before.up, down: down - before.down });
  }
  // The first strokes compile code.
  const counted = timed.slice(3);
  const solves = await bare(stack, image, [...first, ...every], counted.length);
  const steps = await timeline(stack, id, await work.api('GET', `/api/assignments/${id}/interactions`), counted);
  await work.answered('pixel');
  await work.submit();
  work.close();
  const sorted = (values) => values.sort((a, b) => a - b);
  return {
    segments,
    times: sorted(counted.map(({ sent, at }) => at - sent)),
    posts: sorted(counted.map(({ sent, posted }) => posted - sent)),
    up: Math.max(...counted.map(({ up }) => up)),
    down: Math.max(...counted.map(({ down }) => down)),
    bare: sorted(solves),
    steps,
  };
}

const now = () => performance.timeOrigin + performance.now();

/** Times of the same solves in this process, from strokes to labels, one for each of the last strokes. */
async function bare({ home }, { name, sha256, width, height }, strokes, count) {
  const image = await decodeImage(readFileSync(join(images, name)));
  const { keys } = decodeKeys(readFileSync(join(home, 'objects', keysKey(backbone, sha256))));
  const solver = openFast(image, keys, presets.best);
  const [h, w] = [2 * keys.h, 2 * keys.w];
  const solve = (n) => {
    const raster = rasterise({ image: { width, height }, segments: [], strokes: strokes.slice(0, n) });
    const seeds = seedNodes(raster, h, w);
    argmax(solver.solve(seeds).data, seeds.labels.length);
  };
  for (let n = strokes.length - count - 3; n < strokes.length - count; n++) solve(n + 1);
  return Array.from({ length: count }, (_, i) => clock(() => solve(strokes.length - count + i + 1)));
}

function asRow({ segments, times, bare }) {
  const what = `${segments} segments, one annotator, everything on this machine`;
  return {
    ...row(times, bare, { name: names[0], peer_name: 'the solves alone, in one process', what }),
    p95: round(quantile(times, 0.95)),
    p99: round(quantile(times, 0.99)),
  };
}

const bySegments = ({ segments, times, posts, bare, up, down }) => ({
  segments,
  strokes: times.length,
  post: round(median(posts)),
  p50: round(median(times)),
  p95: round(quantile(times, 0.95)),
  p99: round(quantile(times, 0.99)),
  bare: round(median(bare)),
  up,
  down,
});
