/** A picture to measure with where none is given: gradients, waves and disks, the same every time. */
import type { RgbImage } from '@saltworks/core/image/image';

const [WIDTH, HEIGHT] = [640, 480];

export function testPicture(): RgbImage {
  const data = new Uint8Array(3 * WIDTH * HEIGHT);
  for (let y = 0, o = 0; y < HEIGHT; y++) {
    for (let x = 0; x < WIDTH; x++, o += 3) {
      const disk = Math.hypot((x % 160) - 80, (y % 160) - 80) < 50 ? 90 : 0;
      data[o] = (160 * x) / WIDTH + disk;
      data[o + 1] = 120 + 100 * Math.sin(x / 23) * Math.cos(y / 31);
      data[o + 2] = (200 * y) / HEIGHT + disk / 2;
    }
  }
  return { data, width: WIDTH, height: HEIGHT };
}
