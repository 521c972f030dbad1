/** Example pictures of a campaign's classes: they say what belongs to a class, beside its description. */
import * as z from '../zod.ts';
import { endpoint, type Sent } from './endpoint.ts';
import { params, text } from './fields.ts';

export const classPictureLimits = {
  /** Pictures of a class. */
  count: 4,
  /** Bytes of a file that is sent. */
  bytes: 5 * 2 ** 20,
  /** Width × height of a file that is sent. */
  pixels: 40e6,
  /** Pixels of the longer side, and bytes, of a picture as it is kept. */
  side: 512,
  kept: 100 * 2 ** 10,
} as const;

/** Named by the sha256 of its bytes as they are kept. */
export const classPicture = z.described(
  z.object({
    picture: params.picture,
    /** What it shows, for those who do not see it. */
    alt: z.optional(text(300)),
  }),
  { id: 'ClassPicture' },
);
export type ClassPicture = z.infer<typeof classPicture>;

const url = '/api/campaigns/:campaign/pictures';

/** Keeps a picture for the campaign's classes: which of them have it, a version of the label schema says. */
export const postCampaignPictures = endpoint({
  method: 'POST',
  url,
  takes: 'application/octet-stream',
  response: z.object({ picture: params.picture, bytes: z.int() }),
});

const picture: Sent = { type: 'image/webp', description: 'WebP, at most 512 pixels at its longer side', parts: true };

export const getCampaignPicture = endpoint({ method: 'GET', url: `${url}/:picture`, sends: picture });
