import { expect, test } from 'vitest';
import { imagesOf, type Marks, markOf, noMarks, readMarks, setMark, undoMark } from '../../src/builds/marks.ts';

const after = (...changes: [image: number, mark: 'take' | 'keep'][]): Marks =>
  changes.reduce((now, [image, mark]) => setMark(now, image, mark), noMarks);

test('an image has one mark; the same mark again takes it away', () => {
  const marks = after([7, 'take'], [3, 'take'], [7, 'keep'], [5, 'keep']);
  expect([imagesOf(marks, 'take'), imagesOf(marks, 'keep')]).toEqual([[3], [5, 7]]);
  expect(markOf(setMark(marks, 5, 'keep'), 5)).toBeUndefined();
});

test('undo goes back mark by mark and says of which image', () => {
  const marks = after([7, 'take'], [7, 'keep'], [9, 'take']);
  const once = undoMark(marks)!;
  expect([once.image, imagesOf(once.marks, 'take'), markOf(once.marks, 7)]).toEqual([9, [], 'keep']);
  const twice = undoMark(once.marks)!;
  expect([twice.image, markOf(twice.marks, 7)]).toEqual([7, 'take']);
  expect(undoMark(undoMark(twice.marks)!.marks)).toBeUndefined();
});

test('stored marks are read back; what is not one counts as none', () => {
  const marks = after([7, 'take'], [3, 'keep']);
  expect(readMarks(JSON.stringify(marks))).toEqual(marks);
  expect([null, 'x', '{"marks":{"1":"maybe"}}'].map(readMarks)).toEqual([noMarks, noMarks, noMarks]);
});
