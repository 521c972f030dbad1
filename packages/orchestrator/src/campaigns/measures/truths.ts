import { truthId } from '@saltworks/store/datasets/truth';
import type { ObjectStore } from '@saltworks/store/objects/store';

/** Ids of the known masks of a dataset's images: each is read once, however many people drew on its image. */
export function truthsOf(store: ObjectStore, dataset: string): (sha256: string) => Promise<string | undefined> {
  const truths = new Map<string, Promise<string | undefined>>();
  return (sha256) => {
    const truth = truths.get(sha256) ?? truthId(store, { dataset, sha256 });
    truths.set(sha256, truth);
    return truth;
  };
}
