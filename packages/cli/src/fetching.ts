/** Where backbones are kept and fetched from, by the settings. */
import { openMirror } from '@saltworks/backbone/registry/mirror';
import type { Fetching } from '@saltworks/backbone/registry/pull';
import { openStore } from '@saltworks/store/objects/open';
import type { ObjectStore } from '@saltworks/store/objects/store';
import type { Settings } from './settings.ts';

/** @param store the open store, for processes that have it open already */
export function fetchingOf(
  settings: Settings,
  store: ObjectStore = openStore(settings.store, settings.s3),
): Fetching & { store: ObjectStore } {
  const { home, python, env, models, proxy, acceptedLicences, s3 } = settings;
  const openBucket = (url: string) => openStore(url, s3);
  const mirror = models === undefined ? undefined : openMirror(models, { proxy, openBucket });
  return { home, python, env, store, mirror, proxy, accepted: acceptedLicences };
}
