/** Writes objects into a folder until killed, in turn by each of the three ways. An object's name tells its size and its byte. */
import { fileStore } from '@saltworks/store/objects/files/file-store';

const [, , root, seed] = process.argv;
const store = fileStore(root);
console.log('ready');
for (let i = 0; ; i++) {
  const size = 200_000 + ((i * 777_777) % 3_000_000);
  const byte = (i * 31 + Number(seed)) % 256;
  const bytes = new Uint8Array(size).fill(byte);
  const key = `made/${i % 5}/${size}-${byte}.x`;
  if (i % 3 === 0) await store.put(key, bytes);
  else if (i % 3 === 1) await store.putIfAbsent(key, bytes);
  else {
    await store.putStream(
      key,
      (async function* () {
        for (let at = 0; at < size; at += 100_000) yield bytes.subarray(at, at + 100_000);
      })(),
    );
  }
}
