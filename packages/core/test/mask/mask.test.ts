import { describe, expect, test } from 'vitest';
import { categoriesOf, decodePanoptic, encodePanoptic, segmentsInfo } from '../../src/mask/mask.ts';
import { goldenJson } from '../golden.ts';
import { readPng } from '../png.ts';

const golden = goldenJson('mask.json');
const mask = { ids: Uint32Array.from(golden.ids), width: golden.width, height: golden.height };

describe('panoptic masks', () => {
  test('ids are R + 256·G + 65536·B', () => {
    expect(encodePanoptic(mask)).toEqual(readPng('mask.png'));
    expect(decodePanoptic(readPng('mask.png'))).toEqual(mask);
  });

  test('segments_info holds area and tightest box of every segment with pixels', () => {
    const segments = golden.segments_info.map(({ id }: { id: number }) => ({ id, category: 'cat', isthing: true }));
    const unseen = { id: 12, category: 'dog', isthing: true };
    const info = segmentsInfo(mask, [...segments, unseen], categoriesOf([unseen, ...segments]));
    expect(info).toEqual(golden.segments_info.map((segment: object) => ({ ...segment, category_id: 2 })));
  });

  test('a category is a name and a kind', () => {
    const segments = [
      { id: 1, category: 'wood', isthing: true },
      { id: 2, category: 'sky', isthing: false },
      { id: 3, category: 'wood', isthing: false },
      { id: 4, category: 'wood', isthing: true },
    ];
    expect(categoriesOf(segments)).toEqual([
      { id: 1, name: 'wood', isthing: 1 },
      { id: 2, name: 'sky', isthing: 0 },
      { id: 3, name: 'wood', isthing: 0 },
    ]);
    const known = [{ id: 9, name: 'sky', isthing: 0 as const }];
    expect(categoriesOf(segments, known)).toEqual([
      ...known,
      { id: 10, name: 'wood', isthing: 1 },
      { id: 11, name: 'wood', isthing: 0 },
    ]);
    expect(known).toHaveLength(1);
  });
});
