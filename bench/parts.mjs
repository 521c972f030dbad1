// The parts of the bench in the order in which they run: rows by name, and the parts that are more than a row.
import { readFileSync } from 'node:fs';
import { cpus, loadavg, totalmem } from 'node:os';
import { join } from 'node:path';
import { root } from '../scripts/setup.mjs';
import { browser, names as browserNames } from './browser.mjs';
import { page, names as pageNames } from './canvas.mjs';
import { extraction, names as extractionNames } from './extraction.mjs';
import { growth } from './growth.mjs';
import { names as latencyNames, strokeToPatch } from './latency.mjs';
import { spreading } from './ours.mjs';
import { peaks } from './peaks.mjs';
import { startPeer } from './peer.mjs';
import { propagation } from './propagation.mjs';
import { drawn, pictures, sizes } from './scene.mjs';
import { fromFile } from './segment.mjs';
import { pixelEnergies, speed, names as speedNames } from './speed.mjs';
import { stages } from './stages.mjs';
import { names as telemetryNames, telemetryOverhead } from './telemetry.mjs';

/** @param flags `quick` repeats less */
export function openParts({ quick = false }) {
  const cache = {};
  const once = (name, make) => async () => {
    cache[name] ??= make();
    return await cache[name];
  };
  const photographs = once('pictures', () => pictures(Object.keys(sizes)));
  const middle = once('middle', async () => (await pictures(['middle'])).middle);
  const scene = async () => drawn(await middle(), 5);
  const peer = once('peer', startPeer);

  const rows = (names, work) => ({ names, work: async (wanted) => ({ rows: await work(wanted) }) });
  const parts = [
    rows(speedNames, async (wanted) =>
      speed(
        wanted,
        await scene(),
        await peer(),
        quick ? { repeats: 3, warmUps: 2 } : { repeats: 9, warmUps: 3, seconds: 60 },
      ),
    ),
    {
      names: ['stages'],
      work: async () => {
        const five = await scene();
        const found = peaks();
        return { peaks: found, stages: stages(five, pixelEnergies(five, spreading(five).answer()), found, { quick }) };
      },
    },
    rows(browserNames, async (wanted) => browser(wanted, await scene(), { quick })),
    rows(pageNames, () => page({ quick })),
    { names: ['growth'], work: async () => ({ growth: await growth(await photographs(), await peer(), { quick }) }) },
    rows(extractionNames, async (wanted) =>
      extraction(wanted, wanted.includes('extract-python') ? await peer() : undefined, { quick }),
    ),
    rows(['propagate-threads'], propagation),
    { names: latencyNames, work: () => strokeToPatch({ quick }) },
    rows(telemetryNames, async () => [await telemetryOverhead({ quick })]),
    { names: ['files'], work: async () => ({ files: fromFile({ quick }) }) },
  ];

  return {
    names: parts.flatMap(({ names }) => names),
    /** Runs the wanted parts. A failure is reported, and the others still run. */
    async run(wanted) {
      const figures = { ...thisMachine(), quick, rows: [] };
      for (const { names, work } of parts) {
        const own = names.filter((name) => wanted.includes(name));
        if (own.length === 0) continue;
        const start = performance.now();
        try {
          const { rows = [], ...more } = await work(own);
          figures.rows.push(...rows);
          Object.assign(figures, more);
        } catch (error) {
          console.error(`bench: ${own.join(', ')}: ${error.stack}`);
          process.exitCode = 1;
        }
        console.error(`bench: ${own.join(', ')}: ${Math.round((performance.now() - start) / 1000)} s`);
      }
      if (cache.peer) {
        const { versions, threads, stop } = await cache.peer;
        Object.assign(figures, { peers: versions, threads });
        stop();
      }
      return figures;
    },
  };
}

const runtime = join(root, 'packages/backbone/node_modules/onnxruntime-node/package.json');

function thisMachine() {
  return {
    date: new Date().toISOString().slice(0, 10),
    cores: cpus().length,
    processor: cpus()[0].model.trim(),
    memory: Math.round(totalmem() / 2 ** 30),
    load: Math.round(10 * loadavg()[0]) / 10,
    node: process.versions.node,
    onnxruntimeNode: JSON.parse(readFileSync(runtime, 'utf8')).version,
  };
}
