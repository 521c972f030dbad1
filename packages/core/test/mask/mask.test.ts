import { describe, expect, test } from 'vitest';
import { categoriesOf, decodePanoptic, encodePanoptic, segmentsInfo } from '../../src/mask/mask.ts';
import { namedColours } from '../../src/screen/colours.ts';
import { overlayMask, overlayStrokes } from '../../src/screen/overlay.ts';
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

describe('overlays', () => {
  const image = { data: new Uint8Array(3 * 9).fill(100), width: 3, height: 3 };
  test('a segment is tinted, the background dimmed, the border white', () => {
    const { data } = overlayMask(
      image,
      { ids: Uint32Array.from([0, 0, 0, 0, 0, 0, 7, 7, 7]), width: 3, height: 3 },
      new Map([[7, [200, 0, 0]]]),
      0.5,
    );
    expect([...data.subarray(0, 3)]).toEqual([65, 65, 65]);
    expect([...data.subarray(9, 12)]).toEqual([255, 255, 255]);
    expect([...data.subarray(18, 21)]).toEqual([150, 50, 50]);
  });
  test('strokes take the colour of their segment', () => {
    const raster = { width: 3, height: 3, owner: Uint8Array.from([1, 0, 2, 0, 0, 0, 0, 0, 0]), segments: [0, 7] };
    const { data } = overlayStrokes(
      image,
      raster,
      new Map([
        [0, [1, 1, 1]],
        [7, [2, 2, 2]],
      ]),
    );
    expect([...data.subarray(0, 9)]).toEqual([1, 1, 1, 100, 100, 100, 2, 2, 2]);
  });
  test('two hundred segments without names have two hundred colours, those of one class are near each other', () => {
    const unnamed = Array.from({ length: 200 }, (_, i) => ({ id: i + 1, category: 'unnamed' }));
    expect(new Set([...namedColours(unnamed).values()].map(String)).size).toBe(201);
    const named = namedColours([
      { id: 4, category: 'cat' },
      { id: 7, category: 'cat' },
      { id: 9, category: 'sky' },
    ]);
    expect([named.get(0), named.get(4), named.get(9)]).toEqual([
      [128, 128, 128],
      [230, 159, 0],
      [86, 180, 233],
    ]);
    expect(named.get(7)).not.toEqual(named.get(4));
  });
});
