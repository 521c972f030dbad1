/** Names directly below a prefix, without a listing of everything below them. */
import type { CallOptions, ObjectStore } from './store.ts';

/**
 * Names of the folders below a prefix, in the order of their keys. Each costs one page of a listing, however many objects it
 * holds.
 *
 * @param prefix ends with `/`
 */
export async function* folderNames(
  store: ObjectStore,
  prefix: string,
  options?: CallOptions,
): AsyncGenerator<string, void> {
  for (let after: string | undefined; ; ) {
    let name: string | undefined;
    for await (const { key } of store.list(prefix, { ...options, after })) {
      name = key.slice(prefix.length).split('/')[0];
      break;
    }
    if (name === undefined) return;
    yield name;
    // `0` follows `/` in ASCII, so this sorts after everything in the folder.
    after = `${prefix}${name}0`;
  }
}
