// A recorded session of the page, played against a checkout's server: every route, then requests that each route must refuse.
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { filesBelow, setTimes } from './checkout.mjs';
import { exportNames } from './placeholders.mjs';
import { Player } from './player.mjs';
import { refusals } from './refusals.mjs';

export const recorded = JSON.parse(readFileSync(new URL('session.json', import.meta.url), 'utf8'));

const drawn = ['astronaut', 'camera', 'chelsea', 'coffee'];
const pictureOf = { astronaut: 'astronaut.jpg', camera: 'camera.png', chelsea: 'chelsea.png', coffee: 'coffee.jpg' };

/** Needs a running stack. @returns the observations, and the player, whose callers stay signed in to the home */
export async function session(checkout, { examples }) {
  await layOut(checkout, examples);
  checkout.placeholders.pattern(...exportNames);
  const player = new Player(checkout);
  const seen = await player.play(recorded);
  for (const step of refusals(await openapi(checkout), player.kept)) await player.step(step);
  for (const folder of ['by-command', 'accepted', 'nothing']) keepFiles(seen, checkout, folder);
  for (const [key, content] of filesBelow(join(checkout.home, 'objects'), checkout.placeholders))
    seen.set(`object ${key}`, content);
  seen.set('journal', checkout.placeholders.apply(readFileSync(join(checkout.home, 'journal.ndjson'), 'utf8')));
  seen.set('routes that nothing asks', unasked(await openapi(checkout), player.asked).join('\n'));
  return Object.assign(seen, { player });
}

export function keepFiles(seen, { scratch, placeholders }, folder) {
  for (const [file, content] of filesBelow(join(scratch, folder), placeholders))
    seen.set(join(folder, file), placeholders.apply(content));
}

/** Images with scribbles, and one with a known mask, which `segment` made. */
async function layOut({ run, scratch }, examples) {
  for (const folder of ['pictures', 'drawn', 'known/panoptic']) mkdirSync(join(scratch, folder), { recursive: true });
  for (const name of drawn) {
    copyFileSync(join(examples.images, pictureOf[name]), join(scratch, 'pictures', pictureOf[name]));
    copyFileSync(join(examples.scribbles, `${name}.json`), join(scratch, 'drawn', `${name}.json`));
  }
  const image = join(scratch, 'known/astronaut.jpg');
  copyFileSync(join(examples.images, 'astronaut.jpg'), image);
  copyFileSync(join(examples.images, 'chelsea.png'), join(scratch, 'known/chelsea.png'));
  const scribbles = join(examples.scribbles, 'astronaut.json');
  const { code, stderr } = await run('segment', image, '--scribbles', scribbles, '--out', 'known-mask', '--json');
  if (code !== 0) throw new Error(`segment: ${stderr}`);
  const made = JSON.parse(readFileSync(join(scratch, 'known-mask/astronaut.panoptic.json'), 'utf8'));
  copyFileSync(join(scratch, 'known-mask/astronaut.panoptic.png'), join(scratch, 'known/panoptic/astronaut.png'));
  const [width, height] = [512, 512];
  const document = {
    images: [
      { id: 1, file_name: 'astronaut.jpg', width, height },
      { id: 2, file_name: 'chelsea.png', width: 451, height: 300 },
    ],
    annotations: [{ image_id: 1, file_name: 'astronaut.png', segments_info: made.segments_info }],
    categories: made.categories,
  };
  writeFileSync(join(scratch, 'known/panoptic.json'), JSON.stringify(document));
  setTimes(join(scratch, 'pictures'), join(scratch, 'drawn'), join(scratch, 'known'));
}

async function openapi(checkout) {
  const headers = { authorization: `Bearer ${checkout.adminKey()}` };
  return (await fetch(`${checkout.url}/api/openapi.json`, { headers })).json();
}

/** Routes of the OpenAPI document that no request went to. */
function unasked({ paths }, asked) {
  return Object.entries(paths).flatMap(([path, methods]) => {
    const pattern = new RegExp(`^${path.replace(/\{\w+\}/g, '[^/]+')}$`);
    return Object.keys(methods)
      .map((method) => method.toUpperCase())
      .filter((method) => ![...asked].some((each) => each.startsWith(`${method} `) && pattern.test(each.split(' ')[1])))
      .map((method) => `${method} ${path}`);
  });
}
