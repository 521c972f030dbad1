/**
 * JPEGs without their end marker. If all scans are there, the image is whole, and every viewer shows it; if the file was cut
 * inside a scan, it is not. Appended data tells the two apart: it changes the pixels of a cut image only.
 */

const MARKER = 0xff;
const END = 0xd9;
const SCAN = 0xda;

/** A JPEG that ends without an end marker. */
export interface OpenJpeg {
  /** The file has begun a scan for every bit of every coefficient of every component. */
  complete: boolean;
  /** Number, 0 … 7, of the next restart marker. */
  restart: number;
}

/** For each component, how many bits of each of its 64 coefficients are still to come; 255 before its first scan. */
type Missing = Map<number, Uint8Array>;

/** @returns undefined if this is not a JPEG, ends with its end marker, or was cut before its first scan */
export function openJpeg(bytes: Uint8Array): OpenJpeg | undefined {
  if (bytes[0] !== MARKER || bytes[1] !== 0xd8) return undefined;
  if (bytes.at(-2) === MARKER && bytes.at(-1) === END) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const missing: Missing = new Map();
  let restart = 0;
  let scans = 0;
  for (let at = 2; ; ) {
    at = bytes.indexOf(MARKER, at);
    while (bytes[at] === MARKER) at++;
    // No marker follows, or only a part of one.
    if (at <= 0 || at >= bytes.length) break;
    const code = bytes[at++];
    if (code === END) return undefined;
    if (code >= 0xd0 && code <= 0xd7) restart = (code + 1) & 7;
    // A zero marks the byte before it as data; the other codes have no segment.
    if (code <= 0x01 || (code >= 0xd0 && code <= 0xd8)) continue;
    const length = at + 2 <= bytes.length ? view.getUint16(at) : 0;
    if (length < 2 || at + length > bytes.length) return undefined;
    const segment = bytes.subarray(at + 2, at + length);
    if (isFrame(code))
      for (let i = 0; i < segment[5]; i++) missing.set(segment[6 + 3 * i], new Uint8Array(64).fill(255));
    if (code === SCAN) {
      receive(missing, segment);
      restart = 0;
      scans++;
    }
    at += length;
  }
  if (scans === 0) return undefined;
  return { complete: [...missing.values()].every((bits) => bits.every((count) => count === 0)), restart };
}

/** Frames of any process; the other codes in this range are tables. */
const isFrame = (code: number) => code >= 0xc0 && code <= 0xcf && code !== 0xc4 && code !== 0xc8 && code !== 0xcc;

/** Counts the bits of a scan as received: a range of coefficients of some components, except for their lowest `bits`. */
function receive(missing: Missing, scan: Uint8Array): void {
  const [from, to, bits] = scan.subarray(1 + 2 * scan[0]);
  for (let i = 0; i < scan[0]; i++) missing.get(scan[1 + 2 * i])?.fill(bits & 15, from, to + 1);
}

/** Appends the end marker. */
export const closeJpeg = (bytes: Uint8Array): Uint8Array =>
  Buffer.concat([scanData(bytes), Uint8Array.of(MARKER, END)]);

/**
 * Appends data where a decoder reads it if some is missing: in the current restart interval, and in the next.
 *
 * @param seed 0 … 3: the first two bits, which begin different codes; noise follows
 */
export function continueJpeg(bytes: Uint8Array, { restart }: OpenJpeg, seed: number): Uint8Array {
  const data = scanData(bytes);
  // No byte of the noise begins a marker.
  const noise = Uint8Array.from({ length: 256 }, (_, i) => (Math.imul(256 * seed + i + 1, 2654435761) >>> 16) & 0xfe);
  noise[0] = (seed << 6) | (noise[0] & 0x3e);
  // The first byte of a marker that was cut in half becomes data, too.
  const apart = data.at(-1) === MARKER ? [Uint8Array.of(0)] : [];
  return Buffer.concat([
    data,
    ...apart,
    noise,
    Uint8Array.of(MARKER, 0xd0 + restart),
    noise,
    Uint8Array.of(MARKER, END),
  ]);
}

/** Drops the zeros that some programs pad a file with: scans end with ones. */
function scanData(bytes: Uint8Array): Uint8Array {
  let end = bytes.length;
  while (end > 0 && bytes[end - 1] === 0) end--;
  return bytes.subarray(0, end);
}
