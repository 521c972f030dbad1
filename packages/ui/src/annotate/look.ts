/** How the photograph is shown: a window of its levels, brightness and contrast. Labels and strokes keep their colours. */

export interface Look {
  /** Levels, 0 … 1, that are shown black and white; what lies between is spread. */
  dark: number;
  bright: number;
  /** Factors, 0.25 … 4. */
  brightness: number;
  contrast: number;
}

export const plain: Look = { dark: 0, bright: 1, brightness: 1, contrast: 1 };

export const isPlain = ({ dark, bright, brightness, contrast }: Look): boolean =>
  dark === 0 && bright === 1 && brightness === 1 && contrast === 1;

/** The narrowest window. */
export const leastWindow = 0.01;

/** A canvas filter; "none" where nothing changes. */
export function filterOf(look: Look): string {
  if (isPlain(look)) return 'none';
  const { dark, brightness, contrast } = look;
  // (x − dark) · slope, of the two filters that canvases have: x · b, and (x − ½) · c + ½.
  const slope = 1 / Math.max(leastWindow, look.bright - dark);
  const steep = 1 + 2 * dark * slope;
  return `brightness(${slope / steep}) contrast(${steep}) brightness(${brightness}) contrast(${contrast})`;
}

/** The share of pixels left out at either end. */
const outside = 0.005;

/** The window that holds nearly all of a picture's levels. @param rgba its pixels, or a smaller picture's */
export function windowOf(rgba: Uint8ClampedArray): Pick<Look, 'dark' | 'bright'> {
  const counts = new Uint32Array(256);
  for (let i = 0; i < rgba.length; i += 4) counts[Math.max(rgba[i], rgba[i + 1], rgba[i + 2])]++;
  const least = (outside * rgba.length) / 4;
  const level = (order: number[]) => {
    let seen = 0;
    return order.find((each) => {
      seen += counts[each];
      return seen > least;
    })!;
  };
  const levels = [...counts.keys()];
  const dark = level(levels) / 255;
  const bright = level(levels.reverse()) / 255;
  return bright - dark < leastWindow ? { dark: plain.dark, bright: plain.bright } : { dark, bright };
}
