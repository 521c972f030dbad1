import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { decodeImage } from '@saltworks/backbone/image/decode';
import { resolveBackbone } from '@saltworks/backbone/registry/registry';
import { openSession } from '@saltworks/backbone/session/session';
import { parseScribbles } from '@saltworks/contract/documents/scribbles';
import { roundToHalf } from '@saltworks/core/formats/keys';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { solveScene } from '../bench/page.mjs';
import { servePage } from '../bench/page-server.mjs';
import { priorOf } from '../bench/scene.mjs';
import { chromium, launch } from '../scripts/chromium.mjs';
import { root } from './saltworks.ts';

const path = chromium();
const names = ['astronaut.jpg', 'chelsea.png', 'coffee.jpg'];

/** Images with their keys and scribbles. */
async function readScenes() {
  const home = process.env.SALTWORKS_HOME ?? `${root}/.saltworks`;
  const session = await openSession(await resolveBackbone('dinov2-small-focus', { home }), { facet: 'key' });
  const scenes = [];
  for (const name of names) {
    const read = (...parts: string[]) => readFileSync(join(root, 'examples', ...parts));
    const image = await decodeImage(read('images', name));
    const keys = roundToHalf(await session.extract(image));
    const scribbles = parseScribbles(read('scribbles', name.replace(/\.\w+$/, '.json')).toString());
    const classes = scribbles.segments.map(({ category, isthing }) => ({ name: category, isthing: isthing ? 1 : 0 }));
    scenes.push({ image, keys, scribbles, prior: priorOf(keys, [null, ...classes]) });
  }
  await session.close();
  return scenes;
}

describe.skipIf(!path)(
  `in a browser${path ? '' : ' (skipped: no Chromium; SALTWORKS_CHROMIUM says where it is)'}`,
  () => {
    let scenes: Awaited<ReturnType<typeof readScenes>>;
    let server: Awaited<ReturnType<typeof servePage>>;
    let browser: Awaited<ReturnType<typeof launch>>;
    beforeAll(async () => {
      scenes = await readScenes();
      server = await servePage(scenes);
      browser = await launch(path);
    });
    afterAll(async () => {
      await browser?.close();
      server?.close();
    });

    test.each([
      ['paper', false],
      ['best', false],
      ['best', true],
    ])('%s gives the same bytes as in Node; hears a corpus: %s', async (preset, heard) => {
      const page = await browser.newPage();
      await page.goto(server.address);
      for (const [i, scene] of scenes.entries()) {
        const solve = `saltworks.fetchScene(${i}).then((scene) => saltworks.solveScene(scene, '${preset}', ${heard}))`;
        const there = await page.evaluate(solve);
        expect(there, names[i]).toEqual(await solveScene(scene, preset, heard));
      }
      await page.close();
    });
  },
);
