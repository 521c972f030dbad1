/** Models: the files that are here are what they have to be, and their licences were accepted. */
import { stat } from 'node:fs/promises';
import { filesOf } from '@saltworks/backbone/registry/entries';
import { readFetched } from '@saltworks/backbone/registry/fetched';
import { hashOf } from '@saltworks/backbone/registry/hash';
import { backboneEntries, pathsOf } from '@saltworks/backbone/registry/registry';
import { defaultBackbone } from '@saltworks/contract/kinds';
import { fetchingOf } from '../fetching.ts';
import { type Check, type Finding, fails, ok, oneLine, warning } from './check.ts';
import { isWorker } from './deployment.ts';

export const checkModels: Check = async (place) => {
  if (!isWorker(place)) return [];
  const { settings } = place;
  const { home, acceptedLicences } = settings;
  // A store that does not answer is told of by its own check.
  const entries = await backboneEntries(fetchingOf(settings, place.store())).catch(() => backboneEntries({ home }));
  const findings: Finding[] = [];
  const here = [];
  for (const entry of entries) {
    const paths = pathsOf(entry, home);
    const sizes = await Promise.all(paths.map((path) => stat(path).catch(() => undefined)));
    const present = sizes.filter((size) => size !== undefined).length;
    if (present === 0) continue;
    here.push(entry.name);
    const fetched = await readFetched(entry.name, home).catch(() => undefined);
    for (const [i, file] of filesOf(entry).entries()) {
      const wanted = file.sha256 ?? fetched?.files[i]?.sha256;
      if (sizes[i] === undefined) {
        findings.push(fails('models', `${entry.name}: no ${paths[i]}`, `saltworks backbone pull ${entry.name}`));
        continue;
      }
      const found = await hashOf(paths[i]).catch((error) => oneLine(error));
      if (wanted === undefined || found === wanted) continue;
      const mend = `move ${paths[i]} away, then saltworks backbone pull ${entry.name}`;
      findings.push(fails('models', `${paths[i]} has sha256 ${found}; expected ${wanted}`, mend));
    }
    if (entry.terms !== undefined && !acceptedLicences.includes(entry.name)) {
      findings.push(
        warning(
          'models.licence',
          `${entry.name} is under ${entry.licence} (${entry.terms}), and workers with other homes cannot fetch it`,
          `${entry.name} in SALTWORKS_ACCEPT_LICENCES`,
        ),
      );
    }
  }
  if (findings.length > 0) return findings;
  if (here.length === 0) return [ok('models', `none in ${home} yet; ${defaultBackbone} is fetched at its first use`)];
  return [ok('models', `${here.join(', ')}: as they have to be`)];
};
