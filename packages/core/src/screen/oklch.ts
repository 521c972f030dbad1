/**
 * Colours as people see them: OKLab (Ottosson 2020), and the distance of two colours for full and for limited colour vision.
 */
export type Rgb = [number, number, number];

/** Lightness 0 … 1, green to red, blue to yellow. */
export type Lab = readonly [number, number, number];

type Matrix = readonly [Lab, Lab, Lab];

const times = (matrix: Matrix, [x, y, z]: Lab): [number, number, number] => {
  const row = ([a, b, c]: Lab) => a * x + b * y + c * z;
  return [row(matrix[0]), row(matrix[1]), row(matrix[2])];
};

const toCones: Matrix = [
  [0.4122214708, 0.5363325363, 0.0514459929],
  [0.2119034982, 0.6806995451, 0.1073969566],
  [0.0883024619, 0.2817188376, 0.6299787005],
];
const toLab: Matrix = [
  [0.2104542553, 0.793617785, -0.0040720468],
  [1.9779984951, -2.428592205, 0.4505937099],
  [0.0259040371, 0.7827717662, -0.808675766],
];
const fromLab: Matrix = [
  [1, 0.3963377774, 0.2158037573],
  [1, -0.1055613458, -0.0638541728],
  [1, -0.0894841775, -1.291485548],
];
const fromCones: Matrix = [
  [4.0767416621, -3.3077115913, 0.2309699292],
  [-1.2684380046, 2.6097574011, -0.3413193965],
  [-0.0041960863, -0.7034186147, 1.707614701],
];

/** No green cones, no red cones: Machado, Oliveira & Fernandes (2009), severity 1, on linear RGB. */
const visions: Matrix[] = [
  [
    [0.367322, 0.860646, -0.227968],
    [0.280085, 0.672501, 0.047413],
    [-0.01182, 0.04294, 0.968881],
  ],
  [
    [0.152286, 1.052583, -0.204868],
    [0.114503, 0.786281, 0.099216],
    [-0.003882, -0.048116, 1.051998],
  ],
];

const linear = (value: number) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);
const gamma = (value: number) => (value <= 0.0031308 ? 12.92 * value : 1.055 * value ** (1 / 2.4) - 0.055);

const linearRgb = ([r, g, b]: Rgb): Lab => [linear(r / 255), linear(g / 255), linear(b / 255)];

function labOfLinear(rgb: Lab): Lab {
  const [l, m, s] = times(toCones, rgb);
  return times(toLab, [Math.cbrt(l), Math.cbrt(m), Math.cbrt(s)]);
}

/** A colour as seen with all cones, without green cones, without red cones. */
export function seenAs(rgb: Rgb): Lab[] {
  const light = linearRgb(rgb);
  const clipped = (vision: Matrix): Lab => {
    const [r, g, b] = times(vision, light);
    return [Math.min(1, Math.max(0, r)), Math.min(1, Math.max(0, g)), Math.min(1, Math.max(0, b))];
  };
  return [labOfLinear(light), ...visions.map((vision) => labOfLinear(clipped(vision)))];
}

/** 100 × the distance in OKLab; 2 is just noticeable side by side. */
export const deltaE = (a: Lab, b: Lab): number => 100 * Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]);

/** Hue in radians. */
export function lchOf(rgb: Rgb): { l: number; c: number; h: number } {
  const [l, a, b] = labOfLinear(linearRgb(rgb));
  return { l, c: Math.hypot(a, b), h: Math.atan2(b, a) };
}

/** @returns undefined for a colour that no screen can show */
export function rgbOf({ l, c, h }: { l: number; c: number; h: number }): Rgb | undefined {
  const [x, y, z] = times(fromLab, [l, c * Math.cos(h), c * Math.sin(h)]);
  const light = times(fromCones, [x ** 3, y ** 3, z ** 3]);
  if (light.some((value) => value < -1e-4 || value > 1 + 1e-4)) return undefined;
  return light.map((value) => Math.round(255 * Math.min(1, Math.max(0, gamma(Math.max(0, value)))))) as Rgb;
}
