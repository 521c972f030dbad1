/** Tells the pages of a TIFF apart, which libvips does not: images, smaller copies of them, masks. */

/** A page, by the numbers that sharp takes. */
export interface TiffPage {
  /** Its place among the top pages, or that of the page which it lies below. */
  page: number;
  /** Its place below that page; −1 for the top page itself. */
  subifd: number;
  kind: 'image' | 'copy' | 'mask';
  width: number;
  height: number;
}

/** The page to read; how many top pages there are, and the first of them. */
export type MainPage = TiffPage & { pages: number; first: TiffPage };

const tags = { kind: 254, width: 256, height: 257, below: 330 } as const;
const reduced = 1;
const mask = 4;

/** More than any real file has; it ends a chain that loops. */
const mostPages = 10_000;

interface Directory {
  /** The values of the tags above. */
  values: Map<number, number[]>;
  next: number;
}

/**
 * Chooses the page of a TIFF to read: the first, unless it is a mask, calls itself a smaller copy, or is at most half as wide
 * and as high as another; then the largest image.
 *
 * @returns undefined if this is not a TIFF, or its directories cannot be followed
 */
export function mainPage(bytes: Uint8Array): MainPage | undefined {
  try {
    const read = reader(bytes);
    if (!read) return undefined;
    const found: TiffPage[] = [];
    let pages = 0;
    for (let at = read.first; at !== 0 && pages < mostPages; pages++) {
      const directory = read.directory(at);
      found.push({ page: pages, subifd: -1, ...describe(directory) });
      (directory.values.get(tags.below) ?? []).forEach((below, subifd) => {
        found.push({ page: pages, subifd, ...describe(read.directory(below)) });
      });
      at = directory.next;
    }
    if (found.length === 0) return undefined;
    const [first] = found;
    const area = ({ width, height }: TiffPage) => width * height;
    const images = found.filter(({ kind }) => kind === 'image');
    const [largest = first] = images.toSorted((a, b) => area(b) - area(a));
    const small = 2 * first.width <= largest.width && 2 * first.height <= largest.height;
    return { ...(images.includes(first) && !small ? first : largest), pages, first };
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

function describe({ values }: Directory): Pick<TiffPage, 'kind' | 'width' | 'height'> {
  const [bits = 0] = values.get(tags.kind) ?? [];
  const kind = bits & mask ? 'mask' : bits & reduced ? 'copy' : 'image';
  const [width = 0] = values.get(tags.width) ?? [];
  const [height = 0] = values.get(tags.height) ?? [];
  return { kind, width, height };
}

/** Reads directories in either byte order, with offsets of 32 or 64 bits. @throws RangeError beyond the end of the file */
function reader(bytes: Uint8Array): { first: number; directory(at: number): Directory } | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const order = String.fromCharCode(...bytes.subarray(0, 2));
  if (order !== 'II' && order !== 'MM') return undefined;
  const little = order === 'II';
  const version = view.getUint16(2, little);
  if (version !== 42 && version !== 43) return undefined;
  const big = version === 43;
  const short = (at: number) => view.getUint16(at, little);
  const long = (at: number) => view.getUint32(at, little);
  const offset = (at: number) => (big ? Number(view.getBigUint64(at, little)) : long(at));
  const word = big ? 8 : 4;
  /** Readers by type of entry: SHORT, LONG, IFD, and the last two of 64 bits. */
  const kinds = new Map([
    [3, { size: 2, read: short }],
    [4, { size: 4, read: long }],
    [13, { size: 4, read: long }],
    [16, { size: 8, read: offset }],
    [18, { size: 8, read: offset }],
  ]);
  const wanted = new Set<number>(Object.values(tags));
  return {
    first: offset(big ? 8 : 4),
    directory(at) {
      const count = big ? offset(at) : short(at);
      const entries = at + (big ? 8 : 2);
      const step = 4 + 2 * word;
      const values: Directory['values'] = new Map();
      for (let i = 0, entry = entries; i < count; i++, entry += step) {
        const tag = short(entry);
        const kind = kinds.get(short(entry + 2));
        if (!wanted.has(tag) || !kind) continue;
        const length = Math.min(offset(entry + 4), mostPages);
        const field = entry + 4 + word;
        const start = length * kind.size <= word ? field : offset(field);
        values.set(
          tag,
          Array.from({ length }, (_, k) => kind.read(start + k * kind.size)),
        );
      }
      return { values, next: offset(entries + count * step) };
    },
  };
}
