/** A store whose calls are steps of whatever asked for them: what was done, to which kind of object, how many bytes. */
import { kindOf } from '@saltworks/contract/layout';
import { activeSpan, type Fields, inSpan, type Span } from '@saltworks/telemetry/spans';
import type { ObjectStore } from './store.ts';

/** The same store; outside all traces, calls go straight through. */
export function tracedStore(store: ObjectStore): ObjectStore {
  const step = <T>(operation: string, key: string, work: (span?: Span) => Promise<T>, fields: Fields = {}) =>
    activeSpan() ? inSpan(`${operation} ${kindOf(key)}`, { 'saltworks.object': kindOf(key), ...fields }, work) : work();
  const sizeOf = (bytes: Uint8Array | string) => ({ 'saltworks.bytes': Buffer.byteLength(bytes) });
  return {
    // The time of streams and lists is mostly that of whoever reads them.
    ...store,
    get: (key, options) =>
      step('get', key, async (span) => {
        const bytes = await store.get(key, options);
        span?.set(sizeOf(bytes));
        return bytes;
      }),
    put: (key, bytes, options) => step('put', key, () => store.put(key, bytes, options), sizeOf(bytes)),
    putStream: (key, chunks, options) => step('put', key, () => store.putStream(key, chunks, options)),
    putIfAbsent: (key, bytes, options) =>
      step('create', key, () => store.putIfAbsent(key, bytes, options), sizeOf(bytes)),
    head: (key, options) => step('head', key, () => store.head(key, options)),
    delete: (key, options) => step('delete', key, () => store.delete(key, options)),
  };
}
