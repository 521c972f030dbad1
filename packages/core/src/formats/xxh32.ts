/**
 * XXH32, the checksum of keys: 32 bits at memory's pace (github.com/Cyan4973/xxHash, doc/xxhash_spec.md). Libraries of it are
 * WebAssembly that opens asynchronously, or slower by several times.
 */

// One by one: constants out of a list are not known to the compiler, which takes twice the time.
const p1 = 0x9e3779b1 | 0;
const p2 = 0x85ebca77 | 0;
const p3 = 0xc2b2ae3d | 0;
const p4 = 0x27d4eb2f | 0;
const p5 = 0x165667b1 | 0;

/** @param parts one after the other; each but the last has a multiple of 16 bytes. @returns unsigned */
export function xxh32(...parts: Uint8Array[]): number {
  let [a, b, c, d] = [(p1 + p2) | 0, p2, 0, -p1 | 0];
  let length = 0;
  for (const part of parts) {
    const words = wordsOf(part);
    const end = words.length & ~3;
    for (let i = 0; i < end; i += 4) {
      a = (a + Math.imul(words[i], p2)) | 0;
      a = Math.imul((a << 13) | (a >>> 19), p1);
      b = (b + Math.imul(words[i + 1], p2)) | 0;
      b = Math.imul((b << 13) | (b >>> 19), p1);
      c = (c + Math.imul(words[i + 2], p2)) | 0;
      c = Math.imul((c << 13) | (c >>> 19), p1);
      d = (d + Math.imul(words[i + 3], p2)) | 0;
      d = Math.imul((d << 13) | (d >>> 19), p1);
    }
    length += part.length;
  }
  const turn = (value: number, by: number) => (value << by) | (value >>> (32 - by));
  let hash = length < 16 ? p5 : (turn(a, 1) + turn(b, 7) + turn(c, 12) + turn(d, 18)) | 0;
  hash = (hash + length) | 0;
  const rest = parts.at(-1)?.subarray(-(length & 15) || length) ?? new Uint8Array();
  const words = wordsOf(rest);
  for (const word of words) hash = Math.imul(turn((hash + Math.imul(word, p3)) | 0, 17), p4);
  for (const byte of rest.subarray(4 * words.length)) hash = Math.imul(turn((hash + Math.imul(byte, p5)) | 0, 11), p1);
  hash = Math.imul(hash ^ (hash >>> 15), p2);
  hash = Math.imul(hash ^ (hash >>> 13), p3);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** The whole words of bytes at any alignment, little-endian as every machine that runs the kernels. */
function wordsOf(bytes: Uint8Array): Int32Array {
  const { buffer, byteOffset, length } = bytes.byteOffset % 4 === 0 ? bytes : bytes.slice();
  return new Int32Array(buffer, byteOffset, length >> 2);
}
