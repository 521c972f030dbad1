// Serves the built core and contract to a browser as plain modules without a bundler, and scenes as bytes. The page reaches
// the functions of page.mjs as `saltworks`.
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { root } from '../scripts/setup.mjs';

const html = `<!doctype html><title>saltworks</title>
<script type="importmap">{"imports": {"@saltworks/core/": "/core/", "@saltworks/contract/": "/contract/", "zod/mini": "/zod/mini/index.js"}}</script>
<script type="module">import * as page from '/page.mjs'; globalThis.saltworks = page;</script>`;

/**
 * @param scenes images with keys and scribbles, and perhaps a corpus' prior (bytes), which the page fetches by number
 * @returns the address, and a function that closes the server
 */
export async function servePage(scenes) {
  const files = {
    '/': ['text/html', html],
    '/page.mjs': ['text/javascript', readFileSync(new URL('page.mjs', import.meta.url))],
  };
  for (const [i, { image, keys, scribbles, prior = new Uint8Array() }] of scenes.entries()) {
    const { h, w, d } = keys;
    const { width, height } = image;
    files[`/scenes/${i}.json`] = ['application/json', JSON.stringify({ h, w, d, width, height, scribbles })];
    files[`/scenes/${i}.image`] = ['application/octet-stream', bytesOf(image.data)];
    files[`/scenes/${i}.prior`] = ['application/octet-stream', prior];
    files[`/scenes/${i}.keys`] = ['application/octet-stream', bytesOf(keys.data)];
  }
  const server = createServer(({ url }, response) => {
    const [type, body] = files[url] ?? moduleOf(url) ?? [];
    if (!body) return response.writeHead(404).end();
    // Only isolated pages have the finer clock.
    const isolated = { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' };
    response.writeHead(200, { 'Content-Type': type, ...isolated }).end(body);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { address: `http://127.0.0.1:${server.address().port}/`, close: () => server.close() };
}

/** A module of core or contract, or of zod: imports within a package name the ending, imports from outside do not. */
function moduleOf(url) {
  const [, name, path] = /^\/(core|contract|zod)\/([\w/-]+?)(?:\.js)?$/.exec(url) ?? [];
  if (path === undefined) return undefined;
  const folder = name === 'zod' ? 'contract/node_modules/zod' : `${name}/dist`;
  try {
    return ['text/javascript', readFileSync(join(root, 'packages', folder, `${path}.js`))];
  } catch {
    return undefined;
  }
}

const bytesOf = ({ buffer, byteOffset, byteLength }) => new Uint8Array(buffer, byteOffset, byteLength);
