// From a stroke to labels in a browser: the built core in Chromium.
import { chromium, launch } from '../scripts/chromium.mjs';
import { quantile, round, row } from './measure.mjs';
import { servePage } from './page-server.mjs';
import { oneMore } from './scene.mjs';

const limits = { 'browser-node-labels': 16, 'browser-pixel-labels': 60 };
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
  const scribbles = { image: { width, height }, segments: [], strokes };
  const more = Array.from({ length: warmUps + (quick ? 30 : 60) }, (_, i) => oneMore(scene, i));

  const server = await servePage([{ image, keys, scribbles }]);
  const opened = await launch(path);
  const page = await opened.newPage();
  await page.goto(server.address);
  const times = await page.evaluate(
    async ({ more, warmUps }) => {
      const { fetchScene, drawStrokes } = globalThis.saltworks;
      return await drawStrokes(await fetchScene(0), more, warmUps);
    },
    { more, warmUps },
  );
  const version = opened.version().split('.')[0];
  await opened.close();
  server.close();

  const count = more.length - warmUps;
  return names
    .filter((name) => wanted.includes(name))
    .map((name) => {
      const sorted = times[name === 'browser-node-labels' ? 'nodes' : 'pixels'].sort((a, b) => a - b);
      const what = `Chromium ${version}, ${width} × ${height}, K = ${c}, ${count} strokes in turn`;
      const measured = row(sorted, [limits[name]], { name, peer_name: 'the limit', what });
      return { ...measured, p95: round(quantile(sorted, 0.95)) };
    });
}
