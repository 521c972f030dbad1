/** What the pages of a TIFF are, which libvips does not tell: pictures, smaller copies of them, masks. */

/** Where a page lies, for sharp: the place among those at the top, and below one of these. */
export interface TiffPage {
  page: number;
  /** −1 for the page at the top itself. */
  subifd: number;
  kind: 'picture' | 'copy' | 'mask';
  width: number;
  height: number;
}

const tags = { kind: 254, width: 256, height: 257, below: 330 } as const;
const reduced = 1;
const mask = 4;

/** More than any real file has; a chain that bites its tail ends here. */
const mostPages = 10_000;

interface Directory {
  /** Tag → its values, of those above. */
  values: Map<number, number[]>;
  next: number;
}

/**
 * The page that a TIFF is taken for: the first one, unless that is a mask, a smaller copy by its own word, or at most half as
 * wide and as high as another; then the largest picture.
 *
 * @returns the page and how many there are at the top; undefined if this is no TIFF, or its directories cannot be followed
 */
export function mainPage(bytes: Uint8Array): (TiffPage & { pages: number; first: TiffPage }) | undefined {
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
    const pictures = found.filter(({ kind }) => kind === 'picture');
    const [largest = first] = pictures.toSorted((a, b) => area(b) - area(a));
    const small = 2 * first.width <= largest.width && 2 * first.height <= largest.height;
    return { ...(pictures.includes(first) && !small ? first : largest), pages, first };
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

function describe({ values }: Directory): Pick<TiffPage, 'kind' | 'width' | 'height'> {
  const [bits = 0] = values.get(tags.kind) ?? [];
  const kind = bits & mask ? 'mask' : bits & reduced ? 'copy' : 'picture';
  const [width = 0] = values.get(tags.width) ?? [];
  const [height = 0] = values.get(tags.height) ?? [];
  return { kind, width, height };
}

/** Reads directories of either order of bytes, with offsets of 32 or 64 bits. @throws RangeError beyond the file's end */
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
  /** By the type of an entry: SHORT, LONG and IFD, and their like of 64 bits. */
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
