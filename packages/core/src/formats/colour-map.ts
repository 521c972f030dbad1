/**
 * The i-th colour of the PASCAL VOC colour map: the bits of i are dealt to red, green and blue in turn, highest first. Every i
 * below 2²⁴ has a colour of its own; 0 is black.
 */
export function vocColour(i: number): [number, number, number] {
  const colour: [number, number, number] = [0, 0, 0];
  for (let bit = 0; bit < 24; bit++) colour[bit % 3] |= ((i >>> bit) & 1) << (7 - Math.floor(bit / 3));
  return colour;
}

/** The same as `#rrggbb`. */
export const vocHex = (i: number): string =>
  `#${vocColour(i)
    .map((level) => level.toString(16).padStart(2, '0'))
    .join('')}`;

/** A colour as one number: r + 256·g + 65536·b. */
export const colourNumber = ([red, green, blue]: readonly number[]): number => red + 256 * green + 65536 * blue;

/** The colour that VOC draws around objects: 224, 224, 192, the last of a palette. */
export const voidColour = colourNumber(vocColour(255));
