/** The brush's radius, kept as a share of the image so that it suits the next image too. */
import { within } from './brush-width.ts';
import type { useSettings } from './use-settings.ts';

/** @returns the radius in image pixels, and a way to set it */
export function useBrush(
  { width, height }: { width: number; height: number },
  [settings, change]: ReturnType<typeof useSettings>,
): [radius: number, setRadius: (pixels: number) => void] {
  // A long strip counts as ten times as wide as it is high: a brush should not cover it.
  const scale = Math.min(width, 10 * height);
  const radius = settings.brush > 0 ? within(settings.brush * scale) : Math.max(2, Math.round(scale / 160));
  return [radius, (pixels) => change({ brush: within(pixels) / scale })];
}
