/** CVAT's annotations.xml. */
import { basename } from 'node:path';
import type { AskedValue } from '@saltworks/contract/attributes';
import { InvalidInputError } from '@saltworks/contract/errors';
import { type CvatAsked, type CvatShape, cvatAsked, cvatMask, isCvatRegion } from '@saltworks/core/formats/cvat';
import { Classes } from '@saltworks/core/formats/paint';
import sax from 'sax';
import { sha256Of } from '../../objects/canonical.ts';
import { type Remark, type Size, statedSize } from '../offers.ts';
import { readLabelFile } from './files.ts';
import type { Labels, OpenLabels } from './labels.ts';
import { Pictures } from './pictures.ts';

interface ImageElement {
  name: string;
  size?: Size;
  /** Its place in the text. */
  from: number;
  to: number;
}

/** @throws InvalidInputError if this is no CVAT document for images */
export const openCvat: OpenLabels = async ({ names, document }): Promise<Labels> => {
  if (document === undefined) throw new InvalidInputError('no annotations.xml; expected one');
  const text = new TextDecoder().decode(await readLabelFile(document));
  const file = basename(document);
  const classes = new Classes();
  const { images, asked } = indexOf(text, file, classes);
  const declared = JSON.stringify([...asked].map(([label, attributes]) => [label, ...attributes]));
  const pictures = new Pictures(names);
  const remarks: Remark[] = [];
  const found = new Map<string, ImageElement>();
  for (const image of images) {
    const picture = pictures.find(image.name);
    if (picture === undefined) remarks.push({ name: file, note: `image ${JSON.stringify(image.name)} is not there` });
    else if (found.has(picture)) remarks.push({ name: picture, note: `${file} lists it twice; the first is taken` });
    else found.set(picture, image);
  }
  return {
    categories: classes.list,
    isLabels: (name) => /\.xml$/i.test(name),
    async of(name) {
      const image = found.get(name);
      if (!image) return undefined;
      const element = text.slice(image.from, image.to);
      // What a value is depends on what its label asks.
      const version = sha256Of(element.includes('<attribute') ? element + declared : element).slice(0, 16);
      return { version, said: image.size, read: async (size) => cvatMask(shapesOf(element), size, classes, asked) };
    },
    remarks: () => remarks,
  };
};

/** Elements within another, so deep that no document of CVAT has them. */
const maxDepth = 64;

/**
 * Walks an XML text. Entities of a document's own are never expanded: a document type is refused.
 *
 * @throws InvalidInputError if it is no XML
 */
function walk(
  text: string,
  on: {
    open?(tag: sax.Tag, parser: sax.SAXParser): void;
    close?(name: string, parser: sax.SAXParser): void;
    text?(text: string): void;
  },
): void {
  const parser = sax.parser(true, { position: true });
  let depth = 0;
  parser.onerror = (error) => {
    throw new InvalidInputError(`no XML: ${error.message.split('\n')[0]}`);
  };
  parser.ondoctype = () => {
    throw new InvalidInputError('a document type (<!DOCTYPE>); expected XML without one');
  };
  parser.onopentag = (tag) => {
    if (++depth > maxDepth) throw new InvalidInputError(`more than ${maxDepth} elements within each other`);
    on.open?.(tag as sax.Tag, parser);
  };
  parser.onclosetag = (name) => {
    depth--;
    on.close?.(name, parser);
  };
  parser.ontext = (text) => on.text?.(text);
  parser.write(text).close();
}

/**
 * The images of a document, what its task or project asks of shapes, and in `classes` the labels that this lists, then those
 * of its shapes.
 */
function indexOf(text: string, file: string, classes: Classes): { images: ImageElement[]; asked: CvatAsked } {
  const images: ImageElement[] = [];
  const asked = new Map<string, Map<string, AskedValue>>();
  const path: string[] = [];
  let isVideo = false;
  /** The label whose attributes are read, and texts of one of them by the names of their elements. */
  let ofLabel = '';
  let texts: Record<string, string> = {};
  try {
    walk(text, {
      open({ name, attributes }, { startTagPosition }) {
        path.push(name);
        if (name === 'attribute') texts = {};
        if (name === 'track') isVideo = true;
        if (name !== 'image') {
          const { label = '' } = attributes;
          if (isCvatRegion(name) && label !== '') classes.id(label);
          return;
        }
        const size = statedSize(attributes);
        images.push({ name: attributes.name ?? '', from: startTagPosition - 1, to: 0, size });
      },
      text(value) {
        const [within, name] = path.slice(-2);
        if (value.trim() === '' || !path.includes('meta')) return;
        if (within === 'attribute') texts[name] = value;
        if (within !== 'label' || name !== 'name') return;
        ofLabel = value.trim();
        classes.id(ofLabel);
      },
      close(name, { position }) {
        path.pop();
        if (name === 'attribute' && texts.name !== undefined && path.includes('meta')) {
          const known = asked.get(ofLabel) ?? new Map<string, AskedValue>();
          asked.set(ofLabel, known.set(texts.name, cvatAsked(texts.input_type?.trim() ?? '', texts.values ?? '')));
        }
        const image = images.at(-1);
        if (name === 'image' && image) image.to = position;
      },
    });
  } catch (error) {
    throw error instanceof InvalidInputError ? new InvalidInputError(`${file}: ${error.message}`) : error;
  }
  if (!/<annotations[\s>]/.test(text.slice(0, 10_000))) {
    throw new InvalidInputError(`${file}: expected a CVAT document with <annotations>`);
  }
  if (images.length === 0) {
    throw new InvalidInputError(
      `${file}: ${isVideo ? 'tracks of a video' : 'no images'}; expected "CVAT for images 1.1"`,
    );
  }
  return { images, asked };
}

function shapesOf(element: string): CvatShape[] {
  const shapes: (Omit<CvatShape, 'values'> & { values: [string, string][] })[] = [];
  const path: string[] = [];
  walk(element, {
    open({ name, attributes }) {
      path.push(name);
      // A tag says something of the whole picture.
      if (path[1] === 'tag') return;
      if (path.length === 2) shapes.push({ kind: name, attributes, values: [] });
      else if (path.length === 3 && name === 'attribute') shapes.at(-1)?.values.push([attributes.name ?? '', '']);
    },
    text(value) {
      const last = path.length === 3 && path[2] === 'attribute' && path[1] !== 'tag' && shapes.at(-1)?.values.at(-1);
      if (last) last[1] += value;
    },
    close() {
      path.pop();
    },
  });
  return shapes;
}
