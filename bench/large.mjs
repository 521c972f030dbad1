// What the benches of many images share: a dataset that is only described, and the watch over what runs.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { encodeLines } from '@saltworks/contract/documents/document';
import { datasetKey, shardKey } from '@saltworks/contract/layout';

/**
 * Watches a workflow and processes while `run` goes on.
 *
 * @param parts child processes by name
 * @param run resolves with the result
 * @param looked called at every look
 * @returns result, seconds, the longest history, and memory a tenth of the time in and at the end
 */
export async function watch(client, id, parts, run, looked = async () => {}) {
  const began = performance.now();
  const memory = [];
  let longest = { events: 0, bytes: 0 };
  const sample = async () => {
    memory.push(memoryOf(parts));
    const { historyLength, historySize } = await client.workflow.getHandle(id).describe();
    longest = { events: Math.max(longest.events, historyLength), bytes: Math.max(longest.bytes, historySize ?? 0) };
    await looked();
  };
  const timer = setInterval(() => sample().catch(() => {}), 2_000);
  const result = await run().finally(() => clearInterval(timer));
  await sample();
  const seconds = (performance.now() - began) / 1000;
  // At a tenth of the run and at its end: growth in between is growth with the dataset.
  return {
    result,
    seconds,
    longest_history: longest,
    memory_early_mb: memory[Math.floor(memory.length / 10)],
    memory_late_mb: memory.at(-1),
  };
}

/** Resident megabytes of child processes, by name. */
export const memoryOf = (parts) =>
  Object.fromEntries(Object.entries(parts).map(([name, { pid }]) => [name, residentMegabytes(pid)]));

export function residentMegabytes(pid) {
  const [, kilobytes] = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Math.round(Number(kilobytes) / 1024);
}

/** Writes the manifest that an import of so many images leaves. @param each called with every image and its shard */
export async function makeDataset(store, images, each = () => {}) {
  let [id, shards] = [0, 0];
  while (id < images) {
    const size = shards < 64 ? 16 : shards < 1024 ? 64 : 256;
    const lines = Array.from({ length: Math.min(size, images - id) }, () => {
      id++;
      const sha256 = createHash('sha256').update(String(id)).digest('hex');
      return { id, sha256, name: `${id}.png`, object: `images/${sha256}.png`, bytes: 100, version: '1' };
    });
    for (const line of lines) each(line, shards);
    await store.put(shardKey('scale', shards++), encodeLines(lines));
  }
  const dataset = { version: 1, name: 'scale', source: 'made', images, duplicates: 0, shards, bytes: 100 * images };
  await store.put(datasetKey('scale'), JSON.stringify({ ...dataset, categories: [], updated: '' }));
  return shards;
}
