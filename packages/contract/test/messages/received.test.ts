import { describe, expect, test, vi } from 'vitest';
import { shardActivities } from '../../src/messages/activities.ts';
import { annotateActivities, annotateImage } from '../../src/messages/annotate.ts';
import { agreeImages } from '../../src/messages/measure.ts';
import { received, receiving } from '../../src/messages/received.ts';
import { exportDataset, extractDataset } from '../../src/messages/runs.ts';

const extract = { backbone: 'dinov2-small-focus', facet: 'key' };
const image = { sha256: 'ab', name: 'a.png', object: 'images/a.png' };

describe('a message', () => {
  test('is the value that was sent, with the fields that another version added', () => {
    const sent = { shards: 2, images: 9, added: true };
    expect(received('answer', shardActivities.describeDataset.answer, sent)).toBe(sent);
  });

  test('of another form is a defect, and says where', () => {
    const read = () =>
      received('request of extractShard', shardActivities.extractShard.request, { dataset: 'd', extract });
    expect(read).toThrow(TypeError);
    expect(read).toThrow(/^request of extractShard\.shard: .*expected number/);
  });
});

test.each([
  ['a run without attempts', extractDataset.input, { dataset: 'd', window: 2, extract }],
  ['the first part of an export', exportDataset.input, { dataset: 'd', window: 2, recipe: 'r', format: 'voc' }],
  [
    'an assignment without a known worker',
    annotateImage.input,
    { image, extract, preset: 'best', solve: {}, assignment: 'a', lease: 1 },
  ],
  ['a question without settings', annotateImage.updates.refine.request, { n: 1 }],
  ['a mask of unknown uncertainty', annotateImage.updates.refine.answer, { n: 1, mask: 'm', ms: 3 }],
  [
    'pairs without classes',
    agreeImages.input,
    { pairs: [{ a: 'm', b: { dataset: 'd', sha256: 'ab', campaign: 'c' } }] },
  ],
])('messages of earlier versions are read: %s', (_, schema, sent) => {
  expect(schema.safeParse(sent)).toMatchObject({ success: true });
});

describe('activities behind the door', () => {
  const request = { whole: false, images: [image] };

  test('get the request that was sent, and give their answer', async () => {
    const showImages = vi.fn(async () => ['ab']);
    expect(await receiving(annotateActivities, { showImages }).showImages(request)).toEqual(['ab']);
    expect(showImages).toHaveBeenCalledWith(request);
  });

  test('do not begin with a request of another form', async () => {
    const showImages = vi.fn(async () => []);
    await expect(receiving(annotateActivities, { showImages }).showImages({ images: 'all' })).rejects.toThrow(
      TypeError,
    );
    expect(showImages).not.toHaveBeenCalled();
  });
});
