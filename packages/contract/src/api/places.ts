/** Places: folders of the server's machines and prefixes of buckets that whoever runs Saltworks lets administrators import from. */
import { datasetName } from '../documents/dataset.ts';
import * as z from '../zod.ts';
import { endpoint } from './endpoint.ts';
import { upload, uploadLabels } from './uploads.ts';

/** Of a place: small letters, digits, dots, `_` and `-`. */
export const placeName = datasetName;

const below =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the expression looks for control characters
  /^(?:(?!\.{1,2}(?:\/|$))[^\u0000-\u001f\u007f\\/]+(?:\/(?!\.{1,2}(?:\/|$))[^\u0000-\u001f\u007f\\/]+)*)?$/;

/** A path below a place: names joined by `/`, none of them `.` or `..`; empty for the place itself. */
export const placePath = z
  .string()
  .check(z.maxLength(1_000), z.regex(below, 'a path below the place: names joined by /, without . and ..'));

const place = z.described(
  z.object({
    name: z.string(),
    /** A folder as workers see it, or `s3://bucket/prefix`. */
    at: z.string(),
  }),
  { id: 'Place' },
);
export type Place = z.infer<typeof place>;

const placeImport = z.described(
  z.strictObject({
    place: z.string().check(z.regex(placeName, 'the name of a place')),
    path: z._default(placePath, ''),
    dataset: z.string().check(z.regex(datasetName, 'the name of a dataset')),
    labels: z._default(z.enum(uploadLabels), 'auto'),
  }),
  { id: 'PlaceImport' },
);

export const getPlaces = endpoint({ method: 'GET', url: '/api/places', response: z.array(place) });

export const postPlacesImport = endpoint({
  method: 'POST',
  url: '/api/places/import',
  body: placeImport,
  response: upload,
});
