/** COCO's run lengths as pixels: 1 where the mask is set, row-major. */
export function pixelsOf(counts: readonly number[], width: number, height: number): Uint8Array {
  const out = new Uint8Array(width * height);
  let place = 0;
  for (const [run, count] of counts.entries()) {
    for (const end = place + count; place < end; place++) {
      out[(place % height) * width + Math.floor(place / height)] = run % 2;
    }
  }
  return out;
}
