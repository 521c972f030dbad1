/**
 * JPEGs without their end marker. A picture whose scans are all there is whole, and every viewer shows it; one that was cut
 * inside a scan is not. Which of the two it is shows when other data is put behind it: a picture that is whole does not care.
 */

const MARKER = 0xff;
const END = 0xd9;
const SCAN = 0xda;

/** A JPEG that ends without an end marker. */
export interface OpenJpeg {
  /** Every coefficient of every component was begun to be sent, to its last bit. */
  complete: boolean;
  /** The number, 0 … 7, of the restart marker that would come next. */
  restart: number;
}

/** Bits of a component's 64 coefficients that are still to come; 255 while nothing came. */
type Missing = Map<number, Uint8Array>;

/** @returns undefined if this is no JPEG, ends with a marker as it should, or is cut before its first scan */
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
    // Nothing follows, or what follows cannot be told from nothing.
    if (at <= 0 || at >= bytes.length) break;
    const code = bytes[at++];
    if (code === END) return undefined;
    if (code >= 0xd0 && code <= 0xd7) restart = (code + 1) & 7;
    // A zero says that the byte before it is data; the others stand alone.
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

/** Frames of any process; what else is numbered like them are tables. */
const isFrame = (code: number) => code >= 0xc0 && code <= 0xcf && code !== 0xc4 && code !== 0xc8 && code !== 0xcc;

/** A scan brings coefficients from one to another of some components, but for so many of their lowest bits. */
function receive(missing: Missing, scan: Uint8Array): void {
  const [from, to, bits] = scan.subarray(1 + 2 * scan[0]);
  for (let i = 0; i < scan[0]; i++) missing.get(scan[1 + 2 * i])?.fill(bits & 15, from, to + 1);
}

/** The file with its end marker. */
export const closeJpeg = (bytes: Uint8Array): Uint8Array =>
  Buffer.concat([scanData(bytes), Uint8Array.of(MARKER, END)]);

/**
 * The file with other data behind it, where a decoder finds it that misses some: in the interval that was under way, and in
 * the next one.
 *
 * @param seed 0 … 3: its first two bits, which begin different codes; what follows is noise
 */
export function continueJpeg(bytes: Uint8Array, { restart }: OpenJpeg, seed: number): Uint8Array {
  const data = scanData(bytes);
  // No byte of it could be a marker's first.
  const noise = Uint8Array.from({ length: 256 }, (_, i) => (Math.imul(256 * seed + i + 1, 2654435761) >>> 16) & 0xfe);
  noise[0] = (seed << 6) | (noise[0] & 0x3e);
  // The first byte of a marker that is cut through becomes data, too.
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

/** Without the zeros that some programs fill up a file with: scans end with ones. */
function scanData(bytes: Uint8Array): Uint8Array {
  let end = bytes.length;
  while (end > 0 && bytes[end - 1] === 0) end--;
  return bytes.subarray(0, end);
}
