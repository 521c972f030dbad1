/** Failures of images over all runs of a dataset. */
import type { DatasetFailure } from '@saltworks/contract/api/mask-sets';
import type { Dataset } from '@saltworks/contract/documents/dataset';
import { anyReport } from '@saltworks/contract/documents/reports';
import { reportKinds, reportsPrefix, shardOf, stepOf } from '@saltworks/contract/layout';
import { inOrder } from '../in-order.ts';
import { readDocument } from '../objects/documents.ts';
import { type CallOptions, ObjectMissingError, type ObjectStore } from '../objects/store.ts';
import { isCurrent, readShard } from './dataset.ts';

/** Reports that are read side by side. */
const atOnce = 8;

/** A place in the list of failures: a report, and how many of its failures come before. */
export interface FailurePlace {
  key: string;
  index: number;
}

/**
 * Failures with their step and settings, e.g. `extracted/dinov2-small-focus`, and the place after each. A report yields its
 * own place last, even if it has no failures.
 *
 * @param after where an earlier reading stopped
 */
export async function* failuresFrom(
  store: ObjectStore,
  dataset: string,
  { after, ...options }: CallOptions & { after?: FailurePlace } = {},
): AsyncGenerator<FailurePlace & { failure?: DatasetFailure }> {
  const read = async ({ key, step }: { key: string; step: string }) => {
    const report = await readDocument(store, key, anyReport, options);
    const failures = [...(report?.failures ?? []), ...(report?.unshown ?? [])];
    if (failures.length === 0) return { key, step, failures };
    const former = await formerImages(store, dataset, shardOf(key), options);
    return { key, step, failures: failures.filter(({ sha256 }) => !former.has(sha256)) };
  };
  for await (const { key, step, failures } of inOrder(reports(store, dataset, after, options), atOnce, read)) {
    const begun = key === after?.key ? after.index : 0;
    for (const [i, { sha256, name, reason }] of failures.entries()) {
      if (i >= begun) yield { key, index: i + 1, failure: { step, sha256, name, reason } };
    }
    yield { key, index: failures.length };
  }
}

/** Hashes of a shard's former versions. */
async function formerImages(store: ObjectStore, dataset: string, shard: number, options: CallOptions) {
  const images = await readShard(store, dataset, shard, { ...options, former: true }).catch((error) => {
    if (error instanceof ObjectMissingError) return [];
    throw error;
  });
  return new Set(images.filter((image) => !isCurrent(image)).map(({ sha256 }) => sha256));
}

async function* reports(
  store: ObjectStore,
  dataset: string,
  after: FailurePlace | undefined,
  options: CallOptions,
): AsyncGenerator<{ key: string; step: string }> {
  for (const kind of reportKinds) {
    const prefix = reportsPrefix(dataset, kind);
    if (after?.key.startsWith(prefix)) yield { key: after.key, step: stepOf(after.key) };
    else if (after && after.key > prefix) continue;
    const from = after?.key.startsWith(prefix) ? after.key : undefined;
    for await (const { key } of store.list(prefix, { ...options, after: from })) yield { key, step: stepOf(key) };
  }
}

/** All failures of a dataset. */
export async function* readFailures(
  store: ObjectStore,
  { name }: Pick<Dataset, 'name'>,
  options?: CallOptions,
): AsyncGenerator<DatasetFailure> {
  for await (const { failure } of failuresFrom(store, name, options)) if (failure) yield failure;
}
