/** What could not be done to which image, over all runs on a dataset. */
import type { Failure } from '@saltworks/core/contract/activities';
import type { Dataset } from '@saltworks/core/contract/dataset';
import type { CallOptions, ObjectStore } from './store.ts';

/** @returns failures with the step and settings that they belong to, e.g. `extracted/dinov2-small-focus` */
export async function* readFailures(
  store: ObjectStore,
  { name }: Dataset,
  options?: CallOptions,
): AsyncGenerator<Failure & { step: string }> {
  for (const kind of ['extracted', 'masks', 'exported']) {
    const prefix = `datasets/${name}/${kind}/`;
    for await (const { key } of store.list(prefix, options)) {
      const step = `${kind}/${key.slice(prefix.length).split('/')[0]}`;
      const { failures } = JSON.parse(new TextDecoder().decode(await store.get(key, options))) as {
        failures: Failure[];
      };
      for (const { sha256, name: image, reason } of failures) yield { step, sha256, name: image, reason };
    }
  }
}
