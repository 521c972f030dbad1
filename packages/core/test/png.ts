import { decode } from 'fast-png';
import type { RgbImage } from '../src/image/image.ts';
import { goldenBytes } from './golden.ts';

/** An 8-bit RGB image of spec/golden. */
export function readPng(name: string): RgbImage {
  const { data, width, height } = decode(goldenBytes(name));
  return { data: new Uint8Array(data), width, height };
}
