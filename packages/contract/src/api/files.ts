/** What images, masks and keys are sent as. */
import type { Sent } from './endpoint.ts';

const image = { type: 'image/webp', parts: true } as const;
export const picture: Sent = {
  ...image,
  or: 'image/png',
  description: 'WebP, or PNG where a side is longer than 16,383 pixels: upright, lossless, nothing but pixels',
};
export const thumbnail: Sent = { ...image, description: 'WebP, 256 pixels at its longer side' };
export const mask: Sent = { type: 'image/png', description: 'COCO panoptic PNG (spec/mask.md)', parts: true };
export const keys: Sent = { type: 'application/octet-stream', description: 'safetensors (spec/keys.md)', parts: true };
