/** Routes of places: administrators import what lies there, as they upload. */
import { getPlaces, postPlacesImport } from '@saltworks/contract/api/places';
import { expectStorage } from '@saltworks/store/storage/level';
import { expectDatasetInUse } from '../datasets/shelf.ts';
import { NotFoundError } from '../errors.ts';
import { describeUpload } from '../uploads/describe.ts';
import { importFromPlace } from '../uploads/import.ts';
import { route } from './routes.ts';

export const placeRoutes = [
  route(getPlaces, {
    summary: 'Folders and prefixes that datasets may be imported from: those of SALTWORKS_PLACES',
    access: 'admin',
    handler: async ({ deps: { places } }) => places.map(({ name, at }) => ({ name, at })),
  }),
  route(postPlacesImport, {
    summary:
      'Imports the pictures of a place, or of a path below it, into a dataset; only what is new or changed is read',
    access: 'admin',
    errors: [404, 409],
    async handler({ deps, body: { place, path, dataset, labels }, user }) {
      if (!deps.places.some(({ name }) => name === place)) {
        throw new NotFoundError(`no place ${place}; expected one of SALTWORKS_PLACES`);
      }
      await expectDatasetInUse(deps.store, dataset);
      await expectStorage(deps.store);
      const upload = await importFromPlace(deps, { place, path, dataset, labels, by: user.id });
      return describeUpload(deps.db, deps.store, upload);
    },
  }),
];
