/** A person's marks on the images of a comparison: take the new mask, or keep the old one. They survive a reload. */
import * as z from '@saltworks/contract/zod';
import { readStored } from '../stored.ts';

const mark = z.enum(['take', 'keep']);
export type Mark = z.infer<typeof mark>;

const schema = z.object({
  /** By the image's number. */
  marks: z.catch(z.record(z.string(), mark), {}),
  /** What marks were before each change, the last change last. */
  past: z.catch(z.array(z.object({ image: z.number(), was: z.nullable(mark) })), []),
});
export type Marks = z.infer<typeof schema>;

/** The most changes that can be undone. */
const mostPast = 1000;

export const noMarks: Marks = { marks: {}, past: [] };

export const readMarks = (text: string | null): Marks => readStored(text, schema);

export const markOf = ({ marks }: Marks, image: number): Mark | undefined => marks[image];

/** The same mark twice takes it away. */
export function setMark(now: Marks, image: number, mark: Mark): Marks {
  const was = now.marks[image] ?? null;
  const past = [...now.past, { image, was }].slice(-mostPast);
  return { marks: marked(now.marks, image, was === mark ? null : mark), past };
}

/** @returns the marks before the last change, and its image; undefined where nothing is left to undo */
export function undoMark({ marks, past }: Marks): { marks: Marks; image: number } | undefined {
  const last = past.at(-1);
  if (!last) return undefined;
  return { marks: { marks: marked(marks, last.image, last.was), past: past.slice(0, -1) }, image: last.image };
}

function marked(marks: Marks['marks'], image: number, mark: Mark | null): Marks['marks'] {
  const { [image]: _, ...others } = marks;
  return mark === null ? others : { ...others, [image]: mark };
}

/** Numbers of the images with this mark, ascending. */
export const imagesOf = ({ marks }: Marks, mark: Mark): number[] =>
  Object.entries(marks)
    .filter(([, each]) => each === mark)
    .map(([image]) => Number(image))
    .sort((a, b) => a - b);
