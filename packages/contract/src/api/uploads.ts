/** Uploads: files that a browser sends in parts, and their import into a dataset. */
import { datasetName } from '../documents/dataset.ts';
import { uploadFrom, uploadLine, uploadSteps } from '../documents/uploads.ts';
import { labelFormatNames } from '../label-formats.ts';
import * as z from '../zod.ts';
import { endpoint } from './endpoint.ts';
import { integer, nothing } from './fields.ts';

/** Bytes of a part; the last one of a file may be shorter. */
export const partBytes = 8 * 2 ** 20;
/** Files that one request tells of. */
export const batchFiles = 100;
/** Bytes that any file may claim. */
const mostBytes = 2 ** 50;

const limits = z.described(
  z.object({
    /** Bytes of a picture, or of a file of labels. */
    file: z.int(),
    /** Bytes of a ZIP file. */
    zip: z.int(),
    /** Bytes of all files of an upload, as they are sent, and again unpacked. */
    bytes: z.int(),
    /** Files, those of ZIPs counted singly. */
    files: z.int(),
  }),
  { id: 'UploadLimits' },
);
/** What an upload may have: settings of the server and of its workers. */
export type UploadLimits = z.infer<typeof limits>;

export const defaultUploadLimits: UploadLimits = {
  file: 2 ** 30,
  zip: 64 * 2 ** 30,
  bytes: 64 * 2 ** 30,
  files: 100_000,
};

/** The settings by their names: refusals tell them. */
export const uploadLimitSettings = {
  file: 'SALTWORKS_UPLOAD_FILE_BYTES',
  zip: 'SALTWORKS_UPLOAD_ZIP_BYTES',
  bytes: 'SALTWORKS_UPLOAD_BYTES',
  files: 'SALTWORKS_UPLOAD_FILES',
} as const satisfies Record<keyof UploadLimits, string>;

/** What is expected where a limit is passed: "expected at most 5 (SALTWORKS_UPLOAD_FILES)". */
export const expectedAtMost = (limits: UploadLimits, name: keyof UploadLimits): string =>
  `expected at most ${limits[name]} (${uploadLimitSettings[name]})`;

/** `none`: pictures alone. `auto`: labels that lie beside the pictures, if they are recognised. */
export const uploadLabels = ['auto', 'none', ...labelFormatNames] as const;
export type UploadLabels = (typeof uploadLabels)[number];

const report = z.described(
  z.object({
    step: z.enum(uploadSteps),
    files: z.int(),
    added: z.int(),
    unchanged: z.int(),
    duplicates: z.int(),
    replaced: z.int(),
    left: z.int(),
    truths: z.int(),
    labels: z.nullable(z.string()),
    failures: z.array(uploadLine),
    failed: z.int(),
    notes: z.array(uploadLine),
    noted: z.int(),
  }),
  { id: 'UploadReport' },
);

/** `open`: files arrive. `failed`, `cancelled`: its files are still there, and can be imported otherwise. */
export const uploadStates = ['open', 'importing', 'done', 'failed', 'cancelled'] as const;
export type UploadState = (typeof uploadStates)[number];

/** Files on their way into a dataset: sent by a browser, or read from a place. */
export const upload = z.described(
  z.object({
    id: z.string(),
    dataset: z.string(),
    state: z.enum(uploadStates),
    labels: z.enum(uploadLabels),
    /** The place that they are read from, and the path below it; null if a browser sends them. */
    from: z.nullable(uploadFrom),
    /** Files that it was told of and that were not refused, and how many of them are here whole. */
    files: z.int(),
    whole: z.int(),
    /** Bytes of these files, and how many are here. */
    bytes: z.int(),
    received: z.int(),
    /** Why it failed. */
    reason: z.nullable(z.string()),
    created: z.string(),
    /** Of its import; null before that. */
    report: z.nullable(report),
  }),
  { id: 'Upload' },
);
export type Upload = z.infer<typeof upload>;

const newUpload = z.described(
  z.strictObject({ dataset: z.string().check(z.regex(datasetName, 'the name of a dataset')) }),
  { id: 'NewUpload' },
);

const newFiles = z.described(
  z.strictObject({
    files: z
      .array(
        z.strictObject({
          /** Path below what was dropped, joined by `/`. */
          name: z.string().check(z.minLength(1), z.maxLength(1024)),
          bytes: z.int().check(z.gte(0), z.lte(mostBytes)),
          /** When the file was last changed, milliseconds since 1970. */
          modified: z.int().check(z.gte(0), z.lte(2 ** 50)),
        }),
      )
      .check(z.minLength(1), z.maxLength(batchFiles)),
  }),
  { id: 'UploadFiles' },
);

const file = z.described(
  z.object({
    name: z.string(),
    /** Its number; null if it is refused. */
    file: z.nullable(z.int()),
    /** Bytes that are here: the next part begins there. */
    received: z.int(),
    /** Why it is refused. */
    reason: z.nullable(z.string()),
  }),
  { id: 'UploadFile' },
);
export type UploadFile = z.infer<typeof file>;

const at = '/api/uploads/:upload';

export const getUploadLimits = endpoint({ method: 'GET', url: '/api/upload-limits', response: limits });

export const getUploads = endpoint({
  method: 'GET',
  url: '/api/uploads',
  query: z.object({ dataset: z.optional(z.string().check(z.regex(datasetName, 'the name of a dataset'))) }),
  response: z.array(upload),
});

export const postUploads = endpoint({ method: 'POST', url: '/api/uploads', body: newUpload, response: upload });

export const getUpload = endpoint({ method: 'GET', url: at, response: upload });

export const postUploadFiles = endpoint({
  method: 'POST',
  url: `${at}/files`,
  body: newFiles,
  response: z.array(file),
});

export const putUploadFile = endpoint({
  method: 'PUT',
  url: `${at}/files/:file`,
  query: z.object({
    /** Where the part begins in the file: a multiple of its size. */
    at: integer(0, mostBytes),
  }),
  takes: 'application/octet-stream',
  response: file,
});

export const postUploadImport = endpoint({
  method: 'POST',
  url: `${at}/import`,
  body: z.described(z.strictObject({ labels: z.enum(uploadLabels) }), { id: 'UploadImport' }),
  response: upload,
});

export const deleteUpload = endpoint({ method: 'DELETE', url: at, response: nothing });
