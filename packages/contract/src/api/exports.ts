/** Exports: made of a dataset's masks or a campaign's, and downloaded. */

import { exportFormatNames, exportOptions } from '../export-formats.ts';
import * as z from '../zod.ts';
import { endpoint } from './endpoint.ts';
import { recipe, selectionId } from './fields.ts';
import { run } from './runs.ts';

const format = z.enum(exportFormatNames);

/** An export that can be downloaded. */
export const exportInfo = z.described(
  z.object({
    id: z.string(),
    format,
    recipe: z.string(),
    /** The build that it is of; null of masks that are none. */
    build: z._default(z.nullable(z.string()), null),
    /** The version of the campaign's classes; null of masks that are no campaign's, and of earlier exports. */
    schema: z._default(z.nullable(z.int()), null),
    /** The Selection of images that it is of; null of all that have masks. */
    selection: z._default(z.nullable(z.object({ id: z.string(), filter: z.string(), images: z.int() })), null),
    /** What the format cannot say of a mask. */
    loses: z.string(),
    made: z.string(),
    files: z.int(),
    bytes: z.int(),
  }),
  { id: 'Export' },
);
export type ExportInfo = z.infer<typeof exportInfo>;

export const schemaVersion = z.int().check(z.gte(1), z.lte(1_000_000));

const at = '/api/datasets/:dataset/exports';

export const postCampaignExports = endpoint({
  method: 'POST',
  url: '/api/campaigns/:campaign/exports',
  body: z.strictObject({
    format,
    accepted: z._default(z.boolean(), false),
    /** The version of the classes that names them; default the current one. */
    schema: z.optional(schemaVersion),
    selection: z.optional(selectionId),
    ...exportOptions.shape,
  }),
  response: run,
});

export const postDatasetExports = endpoint({
  method: 'POST',
  url: at,
  body: z.strictObject({ recipe, format, selection: z.optional(selectionId), ...exportOptions.shape }),
  response: run,
});

export const getDatasetExports = endpoint({ method: 'GET', url: at, response: z.array(exportInfo) });

export const getDatasetExportZip = endpoint({
  method: 'GET',
  url: `${at}/:export/zip`,
  sends: { type: 'application/zip', description: 'The files of the export' },
});
