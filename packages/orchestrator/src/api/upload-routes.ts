/** Routes of uploads: administrators make datasets, from the page as from the command. */
import {
  batchFiles,
  deleteUpload,
  getUpload,
  getUploadLimits,
  getUploads,
  partBytes,
  postUploadFiles,
  postUploadImport,
  postUploads,
  putUploadFile,
} from '@saltworks/contract/api/uploads';
import { expectStorage } from '@saltworks/store/storage/level';
import { expectDatasetInUse } from '../datasets/shelf.ts';
import { describeUpload, listUploads } from '../uploads/describe.ts';
import { removeUpload, startImport } from '../uploads/import.ts';
import { beginUpload, expectFiles, receivePart } from '../uploads/receive.ts';
import { route } from './routes.ts';

/** Bytes of a list of files: names of 1,024 characters, each of them four bytes at most. */
const listBytes = batchFiles * 5_000;

export const uploadRoutes = [
  route(getUploadLimits, {
    summary: 'How much an upload may have: the settings SALTWORKS_UPLOAD_…',
    access: 'admin',
    handler: async ({ deps: { uploadLimits } }) => uploadLimits,
  }),
  route(getUploads, {
    summary: 'The latest uploads, of all datasets or one; they are forgotten a week after their last sign of life',
    access: 'admin',
    handler: ({ deps: { db, store }, query }) => listUploads(db, store, query.dataset),
  }),
  route(postUploads, {
    summary: 'Begins an upload to a dataset, which need not exist yet, or goes on with my own that is open',
    access: 'admin',
    errors: [409],
    async handler({ deps: { db, store }, body: { dataset }, user }) {
      await expectDatasetInUse(store, dataset);
      await expectStorage(store);
      return describeUpload(db, store, await beginUpload(db, { dataset, by: user.id }));
    },
  }),
  route(getUpload, {
    summary: 'An upload: how much of it is here, how far its import is, and what came of it',
    access: 'admin',
    handler: ({ deps: { db, store }, params }) => describeUpload(db, store, params.upload),
  }),
  route(postUploadFiles, {
    summary: 'Tells of files that are about to come; the answer says where each goes on, or why it is refused',
    access: 'admin',
    errors: [409],
    bodyLimit: listBytes,
    async handler({ deps: { db, store, uploadLimits }, params, body }) {
      await expectStorage(store);
      return expectFiles(db, params.upload, body.files, uploadLimits);
    },
  }),
  route(putUploadFile, {
    summary: 'Takes the next part of a file: 8 MiB, or what is left of it',
    access: 'admin',
    errors: [409],
    bodyLimit: partBytes,
    handler({ deps, params: { upload, file }, query: { at }, body: chunks, request }) {
      const said = request.headers['content-length'];
      const length = said === undefined ? undefined : Number(said);
      return receivePart(deps, { upload, file: Number(file), at }, { length, chunks });
    },
  }),
  route(postUploadImport, {
    summary: 'Makes images of the files that are here whole; of an upload that failed once more',
    access: 'admin',
    errors: [409],
    async handler({ deps, params: { upload }, body: { labels }, user }) {
      await expectStorage(deps.store);
      await startImport(deps, { upload, labels, by: user.id });
      return describeUpload(deps.db, deps.store, upload);
    },
  }),
  route(deleteUpload, {
    summary: 'Ends an upload and removes what was sent; images that were imported stay',
    access: 'admin',
    async handler({ deps, params, user }) {
      await removeUpload(deps, params.upload, user.id);
      return null;
    },
  }),
];
