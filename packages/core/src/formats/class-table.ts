/** Tables of classes beside masks of class numbers: CSV, JSON or text. */
import { parseJsonText } from '@saltworks/contract/documents/json';
import { InvalidInputError } from '@saltworks/contract/errors';
import { colourNumber } from './colour-map.ts';

export interface ClassEntry {
  /** The number of its pixels. */
  value: number;
  name: string;
  isthing: 0 | 1;
  /** The colour of its pixels in a mask in colours: r + 256·g + 65536·b. */
  colour?: number;
}

/** Names that tools give to pixels of no class. */
export const isNothing = (name: string): boolean =>
  /^_*(background|bg|void|unlabell?ed|ignore|none|nothing|unknown)_*$/i.test(name.trim());

/**
 * Reads a table of classes:
 * - CSV with a header: the name under `name`, `class` or `label`; its number under `index`, `id`, `value`, `pixel` or `label_id`;
 *   colours under `r`, `g`, `b` or whole words, or `color` as `r g b` or `#rrggbb`; `isthing` or `has_instances` as 0 or 1
 * - JSON: a list of names, `{"0": "name"}`, `{"name": 0}`, or a list of objects with these fields
 * - text: a name a line, counted from 0; `0 name`, `0: name`; or `name:r,g,b::` as in VOC's label map
 *
 * @throws InvalidInputError if it holds no classes, or one number twice
 */
export function parseClassTable(text: string, fileName: string): ClassEntry[] {
  const plain = text.replace(/^\ufeff/, '');
  const made = /\.json$/i.test(fileName)
    ? fromJson(parseJsonText(plain))
    : /\.[ct]sv$/i.test(fileName)
      ? fromCsv(plain)
      : fromText(plain);
  if (made.length === 0) throw new InvalidInputError(`${fileName}: no classes; expected a name a line, CSV or JSON`);
  const twice = made.find(({ value }, i) => made.findIndex((other) => other.value === value) !== i);
  if (twice) throw new InvalidInputError(`${fileName}: two classes have the number ${twice.value}; expected one each`);
  return made;
}

/** A row whose fields are found by the names of its columns. */
type Row = Readonly<Record<string, unknown>>;

const columns = {
  name: ['name', 'class', 'class_name', 'label', 'label_name', 'category'],
  value: ['index', 'id', 'value', 'pixel', 'pixel_value', 'class_id', 'label_id', 'number', 'trainid'],
  isthing: ['isthing', 'is_thing', 'has_instances', 'hasinstances'],
  colour: ['color', 'colour', 'rgb', 'hex'],
} as const;

function entryOf(fields: Row, place: number): ClassEntry | undefined {
  const row = Object.fromEntries(Object.entries(fields).map(([key, value]) => [key.trim().toLowerCase(), value]));
  const get = (of: keyof typeof columns) => {
    const key = columns[of].find((name) => row[name] !== undefined && row[name] !== '');
    return key === undefined ? undefined : row[key];
  };
  const name = get('name');
  const value = get('value');
  if (name === undefined) return undefined;
  const number = value === undefined ? place : Number(value);
  // Cityscapes calls its plate of licences −1.
  if (!Number.isInteger(number) || number < 0) return undefined;
  const thing = get('isthing');
  const colour = colourOf(get('colour') ?? [row.r ?? row.red, row.g ?? row.green, row.b ?? row.blue]);
  return {
    value: number,
    name: String(name),
    isthing: thing === undefined || /^(1|true|yes)$/i.test(String(thing)) ? 1 : 0,
    ...(colour !== undefined && { colour }),
  };
}

function colourOf(value: unknown): number | undefined {
  const text = Array.isArray(value) ? value.join(' ') : String(value);
  const hex = /^#?([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})$/i.exec(text);
  const levels = hex ? hex.slice(1).map((part) => Number.parseInt(part, 16)) : (text.match(/\d+/g) ?? []).map(Number);
  if (levels.length !== 3 || levels.some((level) => level > 255)) return undefined;
  return colourNumber(levels);
}

const present = (entries: readonly (ClassEntry | undefined)[]) => entries.filter((entry) => entry !== undefined);

function fromJson(document: unknown): ClassEntry[] {
  const list = Array.isArray(document)
    ? document
    : (['classes', 'labels', 'categories', 'names'].map((key) => Object(document)[key]).find(Array.isArray) ??
      Object.entries(Object(document)).map(([key, value]) =>
        typeof value === 'number'
          ? { name: key, value }
          : typeof value === 'object'
            ? { value: key, ...value }
            : { name: value, value: key },
      ));
  return present(
    list.map((entry: unknown, place: number) =>
      typeof entry === 'string' ? entryOf({ name: entry }, place) : entryOf(Object(entry) as Row, place),
    ),
  );
}

function fromCsv(text: string): ClassEntry[] {
  const separator = text.includes('\t') ? '\t' : text.includes(';') && !text.includes(',') ? ';' : ',';
  const rows = csvRows(text, separator).filter((row) => row.some((field) => field.trim() !== ''));
  const [header = []] = rows;
  const known: readonly string[] = [...columns.name, ...columns.value];
  if (header.some((field) => known.includes(field.trim().toLowerCase()))) {
    return present(
      rows.slice(1).map((row, i) => entryOf(Object.fromEntries(header.map((name, k) => [name, row[k]?.trim()])), i)),
    );
  }
  // Without a header: a number and a name, a name and a colour, or a name.
  return present(
    rows.map((row, i) => {
      const fields = row.map((field) => field.trim());
      if (/^\d+$/.test(fields[0]) && fields.length > 1) return entryOf({ value: fields[0], name: fields[1] }, i);
      const [r, g, b] = fields.slice(-3);
      return entryOf(fields.length > 3 ? { name: fields[0], r, g, b } : { name: fields[0] }, i);
    }),
  );
}

/** RFC 4180. */
function csvRows(text: string, separator: string): string[][] {
  const rows: string[][] = [[]];
  let field = '';
  let quoted = false;
  const endField = () => {
    (rows.at(-1) as string[]).push(field);
    field = '';
  };
  for (let i = 0; i < text.length; i++) {
    const character = text[i];
    if (quoted) {
      if (character !== '"') field += character;
      else if (text[i + 1] === '"') field += text[++i];
      else quoted = false;
    } else if (character === '"' && field === '') quoted = true;
    else if (character === separator) endField();
    else if (character === '\n') {
      endField();
      rows.push([]);
    } else if (character !== '\r') field += character;
  }
  if (field !== '' || (rows.at(-1) as string[]).length > 0) endField();
  else rows.pop();
  return rows;
}

/** A field as RFC 4180 has it. */
export const csvField = (text: string): string => (/[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

function fromText(text: string): ClassEntry[] {
  const lines = text
    .split(/\r?\n/)
    .map((line) => line.trimEnd())
    .filter((line) => line.trim() !== '' && !line.startsWith('#'));
  return present(
    lines.map((line, i) => {
      const map = /^([^:]+):(\d+,\d+,\d+)?:[^:]*:[^:]*$/.exec(line);
      if (map) return entryOf({ name: map[1], ...(map[2] && { color: map[2] }) }, i);
      const numbered = /^\s*(\d+)\s*[:=\t ]\s*(\S.*)$/.exec(line);
      return numbered ? entryOf({ value: numbered[1], name: numbered[2] }, i) : entryOf({ name: line.trim() }, i);
    }),
  );
}
