// From a stroke to labels in a browser, alone and beside a corpus: the built core in Chromium.
import { chromium, launch } from '../scripts/chromium.mjs';
import { quantile, round, row } from './measure.mjs';
import { servePage } from './page-server.mjs';
import { oneMore, priorOf } from './scene.mjs';

const limits = { 'browser-node-labels': 16, 'browser-node-labels-corpus': 50, 'browser-pixel-labels': 60 };
/** Categories of the corpus, as of street scenes. */
const categories = 11;
export const names = Object.keys(limits);
const warmUps = 5;

/** @param scene from `drawn` @returns rows of the bench's JSON; none without a Chromium */
export async function browser(wanted, scene, { quick }) {
  const path = chromium();
  if (!path) {
    console.error('bench: no Chromium, rows in a browser are left out (SALTWORKS_CHROMIUM says where it is)');
    return [];
  }
  const { image, keys, strokes, c } = scene;
  const { width, height } = image;
  const classes = [null, ...Array.from({ length: categories - 1 }, (_, i) => ({ name: `${i + 1}`, isthing: 1 }))];
  const segments = classes.slice(1, c).map(({ name }, i) => ({ id: i + 1, category: name, isthing: true }));
  const scribbles = { image: { width, height }, segments, strokes };
  const more = Array.from({ length: warmUps + (quick ? 30 : 60) }, (_, i) => oneMore(scene, i));

  const server = await servePage([{ image, keys, scribbles, prior: priorOf(keys, classes) }]);
  const opened = await launch(path);
  const page = await opened.newPage();
  await page.goto(server.address);
  const drawn = (heard) =>
    page.evaluate(
      async ({ more, warmUps, heard }) => {
        const { fetchScene, drawStrokes } = globalThis.saltworks;
        return await drawStrokes(await fetchScene(0), more, warmUps, heard);
      },
      { more, warmUps, heard },
    );
  const times = await drawn(false);
  const beside = wanted.includes('browser-node-labels-corpus') ? await drawn(true) : undefined;
  const version = opened.version().split('.')[0];
  await opened.close();
  server.close();

  const count = more.length - warmUps;
  return names
    .filter((name) => wanted.includes(name))
    .map((name) => {
      const of = { 'browser-node-labels': times.nodes, 'browser-node-labels-corpus': beside?.nodes };
      const sorted = (of[name] ?? times.pixels).sort((a, b) => a - b);
      const heard =
        of[name] === beside?.nodes ? `; a corpus of ${categories} classes, ready in ${round(beside.opening)} ms` : '';
      const what = `Chromium ${version}, ${width} × ${height}, K = ${c}, ${count} strokes in turn${heard}`;
      const measured = row(sorted, [limits[name]], { name, peer_name: 'the limit', what });
      return { ...measured, p95: round(quantile(sorted, 0.95)) };
    });
}
