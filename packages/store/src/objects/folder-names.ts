/** What lies directly below a prefix, without listing all that is below that. */
import type { CallOptions, ObjectStore } from './store.ts';

/**
 * Names of the folders below a prefix, in the order of their keys: one listing of a page each, however many objects they hold.
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
    // The character after `/`: all that is in the folder comes before it.
    after = `${prefix}${name}0`;
  }
}
