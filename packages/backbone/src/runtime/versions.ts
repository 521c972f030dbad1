/** Versions of the native libraries that keys and pictures come from. */
import { env } from 'onnxruntime-node';
import sharp from 'sharp';

export const nativeVersions = (): { onnxruntime: string; sharp: string; vips: string } => ({
  onnxruntime: env.versions.node ?? env.versions.common,
  sharp: sharp.versions.sharp ?? '',
  vips: sharp.versions.vips,
});
