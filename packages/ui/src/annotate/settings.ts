/** An annotator's view settings, kept in the browser across images and reloads. */

export interface Settings {
  /** The brush's radius as a share of the image's width; 0 chooses one that suits the image. */
  brush: number;
  /** Opacity of labels, 0 … 1. */
  opacity: number;
  strokes: boolean;
  pixels: boolean;
  contours: boolean;
}

const usual: Settings = { brush: 0, opacity: 0.6, strokes: true, pixels: true, contours: true };

/** The stored settings that are still valid; defaults for the rest. */
export function readSettings(text: string | null): Settings {
  const found: Partial<Record<string, unknown>> = parse(text);
  const settings = Object.fromEntries(
    Object.entries(usual).map(([name, value]) => [name, typeof found[name] === typeof value ? found[name] : value]),
  ) as unknown as Settings;
  const within = (value: number, most: number) => Math.min(most, Math.max(0, value));
  // Show hidden labels again: an annotator who opens an image expects them.
  return { ...settings, brush: within(settings.brush, 1), opacity: within(settings.opacity, 1) || usual.opacity };
}

function parse(text: string | null): Partial<Record<string, unknown>> {
  try {
    return JSON.parse(text ?? '{}') ?? {};
  } catch {
    return {};
  }
}
