/** How somebody likes to work: kept in their browser, from one image to the next and over reloads. */

export interface Settings {
  /** Radius of the brush, as a share of the picture's width; 0: what suits the picture. */
  brush: number;
  /** Of labels, 0 … 1. */
  opacity: number;
  strokes: boolean;
  pixels: boolean;
  contours: boolean;
}

const usual: Settings = { brush: 0, opacity: 0.6, strokes: true, pixels: true, contours: true };

/** What was kept, as far as it is a setting of today. */
export function readSettings(text: string | null): Settings {
  const found: Partial<Record<string, unknown>> = parse(text);
  const settings = Object.fromEntries(
    Object.entries(usual).map(([name, value]) => [name, typeof found[name] === typeof value ? found[name] : value]),
  ) as unknown as Settings;
  const within = (value: number, most: number) => Math.min(most, Math.max(0, value));
  // Labels that are hidden are shown again: who opens a picture wonders where they are.
  return { ...settings, brush: within(settings.brush, 1), opacity: within(settings.opacity, 1) || usual.opacity };
}

function parse(text: string | null): Partial<Record<string, unknown>> {
  try {
    return JSON.parse(text ?? '{}') ?? {};
  } catch {
    return {};
  }
}
