/** Makes small uncompressed TIFFs of sample types that sharp cannot write. */

type Samples = Uint8Array | Uint16Array | Int16Array | Uint32Array | Int32Array | Float32Array | Float64Array;

export interface Page {
  data: Samples;
  width: number;
  height: number;
  /** 1 grey, 3 RGB, one more for alpha, or more bands. */
  channels?: number;
  /** EXIF orientation, 1 … 8. */
  orientation?: number;
  /** NewSubfileType: 1 is a smaller copy, 4 a mask. */
  kind?: number;
  /** Pages in its SubIFDs. */
  below?: Page[];
}

/** @param pages one or several, in order */
export function tiff(...pages: Page[]): Uint8Array {
  const chunks: Buffer[] = [Buffer.from('II*\0\0\0\0\0', 'latin1')];
  let end = 8;
  const add = (chunk: Buffer) => {
    const at = end;
    chunks.push(chunk);
    end += chunk.length;
    return at;
  };
  /** @returns the directory and its offset */
  const addPage = ({ data, width, height, channels = 1, orientation = 1, kind = 0, below = [] }: Page) => {
    const bits = 8 * data.BYTES_PER_ELEMENT;
    const format =
      data instanceof Float32Array || data instanceof Float64Array ? 3 : data.constructor.name[0] === 'I' ? 2 : 1;
    const colours = channels >= 3 ? 3 : 1;
    const shorts = (values: number[]) => Buffer.from(Uint16Array.from(values).buffer);
    const pixels = add(Buffer.from(data.buffer, data.byteOffset, data.byteLength));
    const perSample = (value: number) =>
      channels > 2
        ? add(shorts(Array.from({ length: channels + (channels % 2) }, () => value)))
        : value * (channels === 2 ? 0x10001 : 1);
    const inner = below.map((page) => addPage(page).at);
    const entries: [tag: number, type: 3 | 4, count: number, value: number][] = [
      [254, 4, 1, kind],
      [256, 4, 1, width],
      [257, 4, 1, height],
      [258, 3, channels, perSample(bits)],
      [259, 3, 1, 1],
      [262, 3, 1, colours === 3 ? 2 : 1],
      [273, 4, 1, pixels],
      [274, 3, 1, orientation],
      [277, 3, 1, channels],
      [278, 4, 1, height],
      [279, 4, 1, data.byteLength],
      ...(inner.length > 0
        ? [
            [330, 4, inner.length, inner.length > 1 ? add(Buffer.from(Uint32Array.from(inner).buffer)) : inner[0]] as [
              number,
              4,
              number,
              number,
            ],
          ]
        : []),
      ...(channels > colours
        ? [[338, 3, channels - colours, channels - colours > 1 ? 0x20002 : 2] as [number, 3, number, number]]
        : []),
      [339, 3, channels, perSample(format)],
    ];
    const directory = Buffer.alloc(2 + 12 * entries.length + 4);
    directory.writeUInt16LE(entries.length, 0);
    entries.forEach(([tag, type, count, value], i) => {
      directory.writeUInt16LE(tag, 2 + 12 * i);
      directory.writeUInt16LE(type, 4 + 12 * i);
      directory.writeUInt32LE(count, 6 + 12 * i);
      directory.writeUInt32LE(value, 10 + 12 * i);
    });
    return { directory, at: add(directory) };
  };
  let link = { chunk: chunks[0], at: 4 };
  for (const page of pages) {
    const { directory, at } = addPage(page);
    link.chunk.writeUInt32LE(at, link.at);
    link = { chunk: directory, at: directory.length - 4 };
  }
  return new Uint8Array(Buffer.concat(chunks));
}
