import { decode } from 'fast-png';
import { expect, test } from 'vitest';
import { decodePanoptic } from '../../../src/mask/mask.ts';
import { exported, open, some } from '../export-images.ts';

test('PNG and JSON hold the masks unchanged', async () => {
  const { files, documents } = await exported(open('coco-panoptic'), some);
  const panoptic = JSON.parse(documents.get('panoptic.json')!);
  expect(panoptic.images).toEqual(
    some.map(({ id, fileName, mask: { width, height } }) => ({ id, file_name: fileName, width, height })),
  );
  for (const [i, { id, mask, segments }] of some.entries()) {
    const { file_name, image_id, segments_info } = panoptic.annotations[i];
    expect(image_id).toBe(id);
    expect(segments_info).toEqual(segments);
    const { data, width, height } = decode(files.get(`panoptic/${file_name}`)!);
    expect(decodePanoptic({ data: new Uint8Array(data), width, height })).toEqual(mask);
  }
});
test('categories have a kind, a supercategory and a colour of their own', async () => {
  const { documents } = await exported(open('coco-panoptic'), []);
  expect(JSON.parse(documents.get('panoptic.json')!).categories).toEqual([
    { id: 1, name: 'cat', supercategory: 'thing', isthing: 1, color: [128, 0, 0] },
    { id: 2, name: 'sky', supercategory: 'stuff', isthing: 0, color: [0, 128, 0] },
    { id: 5, name: 'dog', supercategory: 'thing', isthing: 1, color: [128, 128, 0] },
  ]);
});
