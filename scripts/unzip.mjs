// The files of a ZIP file, read by its central directory (APPNOTE 4.3.12).
import { inflateRawSync } from 'node:zlib';

/**
 * @param {Buffer} file of files that are stored or deflated and smaller than 4 GB
 * @returns {Map<string, Buffer>} bytes by name
 * @throws Error for anything else
 */
export function unzip(file) {
  const end = file.lastIndexOf(Buffer.from('PK\x05\x06', 'latin1'));
  if (end < 0) throw new Error('no end of central directory; expected a ZIP file');
  const found = new Map();
  let at = file.readUInt32LE(end + 16);
  for (let i = 0; i < file.readUInt16LE(end + 10); i++) {
    if (file.readUInt32LE(at) !== 0x02014b50) throw new Error(`no entry at ${at}; expected one more of the directory`);
    const [method, packed, size] = [file.readUInt16LE(at + 10), file.readUInt32LE(at + 20), file.readUInt32LE(at + 24)];
    const [name, extra, comment] = [28, 30, 32].map((offset) => file.readUInt16LE(at + offset));
    const local = file.readUInt32LE(at + 42);
    const from = local + 30 + file.readUInt16LE(local + 26) + file.readUInt16LE(local + 28);
    const bytes = file.subarray(from, from + packed);
    const content = method === 8 ? inflateRawSync(bytes) : bytes;
    if (content.length !== size) throw new Error(`${content.length} bytes; expected ${size}`);
    found.set(file.toString('utf8', at + 46, at + 46 + name), content);
    at += 46 + name + extra + comment;
  }
  return found;
}

/**
 * The same, of texts.
 *
 * @param {Buffer} file
 * @returns {Record<string, string>}
 */
export const unzipTexts = (file) =>
  Object.fromEntries([...unzip(file)].map(([name, content]) => [name, content.toString()]));
