// A store and a dump to back up, and the two commands as a process of their own, slow enough to be killed.
import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { createBackup } from '../../dist/backups/create.js';
import { findBackup } from '../../dist/backups/manifests.js';
import { beginRestore, endRestore, restoreObjects } from '../../dist/backups/restore.js';
import { fileStore } from '../../dist/objects/files/file-store.js';

export const shaOf = (text) => createHash('sha256').update(text).digest('hex');
/** Of a mask that the database names, of one that it does not, and of one that the store lacks. */
export const masks = { named: shaOf('named'), other: shaOf('other'), absent: shaOf('absent') };

/** @param images how many */
export async function fill(store, images = 20) {
  await store.put('identity.json', JSON.stringify({ version: 1, id: '6f1f7f7e-0b3a-4c58-9f4e-6b1a6a1f0d11' }));
  for (let i = 0; i < images; i++) {
    const bytes = `image ${i} `.repeat(100 + i);
    await store.put(`images/${shaOf(bytes).slice(0, 2)}/${shaOf(bytes)}.jpg`, bytes);
  }
  for (const id of [masks.named, masks.other]) {
    for (const end of ['png', 'json']) await store.put(`masks/${id.slice(0, 2)}/${id}.${end}`, `${id} ${end}`);
  }
  await store.put('catalog/pans.json', '{"updated":1}');
  await store.put('datasets/pans/images/000000000.jsonl', '{"shard":0}');
  await store.put('datasets/pans/extracted/tiny/000000000.json', '{}');
  await store.put('keys/tiny/ab/keys.safetensors', 'keys');
  await store.put('views/ab/view.webp', 'view');
  await store.put('drawings/a1/000000012.json', '{"drawing":12}');
  await store.put('exports/pans/x/plan.json', '{"plan":0}');
  await store.put('storage/quota.json', '{"version":1,"bytes":1000000}');
  await store.put('storage/usage.json', '{"usage":0}');
}

/** What a backup holds of it. */
export const isKept = (key) =>
  !/^(keys|views|exports)\/|extracted|storage\/usage/.test(key) && !key.includes(masks.other);

export async function* dump({ rows = 50 } = {}) {
  const head = { version: 1, at: new Date().toISOString(), level: '0017-backups', audit: { entries: 0, head: '' } };
  yield JSON.stringify(['database', head]);
  yield JSON.stringify(['table', 'member', ['campaign']]);
  for (let i = 0; i < rows; i++) yield JSON.stringify({ campaign: `plates ${i}` });
  yield JSON.stringify(['end', rows + 2]);
  yield JSON.stringify(['masks']);
  for (const mask of [masks.named, masks.absent].sort()) yield JSON.stringify({ mask });
  yield JSON.stringify(['end', 3]);
}

export const create = (store, to, more = {}) =>
  createBackup({
    ...{ store, to, dump: dump(), extras: [], saltworks: '0.1.0' },
    ...{ signal: new AbortController().signal, progress: () => {} },
    ...more,
  });

export async function restore(from, to) {
  const backup = await findBackup(from);
  const again = await beginRestore(to, backup);
  await restoreObjects(to, { from, backup, again });
  await endRestore(to, backup);
}

const slow = (store) => ({
  ...store,
  async put(...given) {
    await sleep(20);
    process.send?.('put');
    return store.put(...given);
  },
});

const [, , command, from, to] = process.argv;
if (command === 'create') await create(fileStore(from), slow(fileStore(to)));
if (command === 'restore') await restore(fileStore(from), slow(fileStore(to)));
