/** Sums of pixels over the cells of a grid, for image/fast/cells.ts. */

/** The most rows whose sum fits 16 bits. */
const most = 257;

/**
 * Sums of one row of cells.
 *
 * @param pixels `[rows, width, 3]` bytes, and 16 more
 * @param ends int32: the column before which each of w cells ends
 * @param line scratch, 6·width + 32 bytes
 * @param out `[w, 3]` uint32
 */
export function addCells(pixels: usize, rows: i32, width: i32, ends: usize, w: i32, line: usize, out: usize): void {
  const bytes: usize = 3 * <usize>width;
  memory.fill(out, 0, 12 * <usize>w);
  for (let first = 0; first < rows; first += most) {
    memory.fill(line, 0, 2 * bytes + 32);
    for (let y = first; y < min(first + most, rows); y++, pixels += bytes) {
      // The last vector may run over into the next row; nothing reads its sums there.
      for (let o: usize = 0; o < bytes; o += 16) {
        const sixteen = v128.load(pixels + o);
        const to = line + (o << 1);
        v128.store(to, i16x8.add(v128.load(to), i16x8.extend_low_i8x16_u(sixteen)));
        v128.store(to, i16x8.add(v128.load(to, 16), i16x8.extend_high_i8x16_u(sixteen)), 16);
      }
    }
    let at = line;
    for (let cell: usize = 0; cell < <usize>w; cell++) {
      const end = line + 6 * <usize>load<i32>(ends + (cell << 2));
      let red: u32 = 0;
      let green: u32 = 0;
      let blue: u32 = 0;
      for (; at < end; at += 6) {
        red += load<u16>(at);
        green += load<u16>(at, 2);
        blue += load<u16>(at, 4);
      }
      const to = out + 12 * cell;
      store<u32>(to, load<u32>(to) + red);
      store<u32>(to, load<u32>(to, 4) + green, 4);
      store<u32>(to, load<u32>(to, 8) + blue, 8);
    }
  }
}
