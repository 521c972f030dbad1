/** COCO's panoptic document: images, the segments of their known masks, categories. */
import { checkDocument } from '@saltworks/contract/documents/document';
import { parseJson } from '@saltworks/contract/documents/json';
import { InvalidInputError } from '@saltworks/contract/errors';
import * as z from '@saltworks/contract/zod';

const id = z.union([z.number(), z.string()]);
const flag = z.optional(z.union([z.number(), z.boolean()]));

export const panopticSegment = z.looseObject({
  id: z.number(),
  category_id: id,
  /** Pixels. */
  area: z.optional(z.number()),
  iscrowd: flag,
});
export type PanopticSegment = z.infer<typeof panopticSegment>;

const panopticDocument = z.looseObject({
  images: z.array(
    z.looseObject({
      ...{ id, file_name: z.string(), source: z.optional(z.string()) },
      ...{ width: z.optional(z.number()), height: z.optional(z.number()) },
    }),
  ),
  annotations: z.array(
    z.looseObject({
      image_id: id,
      /** Of the mask's PNG. */
      file_name: z.string(),
      segments_info: z.array(panopticSegment),
    }),
  ),
  categories: z.array(z.looseObject({ id, name: z.string(), isthing: flag })),
});
export type PanopticDocument = z.infer<typeof panopticDocument>;

/** @param name of the file, for the message. @throws InvalidInputError naming the first field that is wrong */
export function parsePanoptic(name: string, bytes: Uint8Array): PanopticDocument {
  let document: unknown;
  try {
    document = parseJson(bytes);
  } catch (error) {
    throw new InvalidInputError(`${name} is ${(error as Error).message}; expected COCO's panoptic format`);
  }
  return checked(name, document, panopticDocument);
}

/** The segments of a known mask as they are kept, unchecked. @throws InvalidInputError naming the first field that is wrong */
export const parseSegments = (name: string, segments: readonly unknown[]): PanopticSegment[] =>
  checked(name, segments, z.array(panopticSegment));

function checked<T>(name: string, document: unknown, schema: z.Schema<T>): T {
  try {
    return checkDocument(name, document, schema);
  } catch (error) {
    throw new InvalidInputError((error as Error).message);
  }
}
