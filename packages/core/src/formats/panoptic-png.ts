/** Encodes a mask as a panoptic PNG (spec/mask.md), where no faster encoder is at hand. */
import { encode } from 'fast-png';
import { encodePanoptic, type Mask } from '../mask/mask.ts';

export function encodePanopticPng(mask: Mask): Uint8Array {
  const { data, width, height } = encodePanoptic(mask);
  return encode({ data, width, height, channels: 3 });
}
