import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Campaign } from '@saltworks/contract/api/campaigns';
import { campaignRecipe } from '@saltworks/contract/layout';
import { readSchema } from '@saltworks/store/datasets/classes';
import { fileStore } from '@saltworks/store/objects/files/file-store';
import { expect, onTestFinished, test } from 'vitest';
import { numberCategories } from '../../dist/campaigns/publish.js';

test('what a campaign asks of classes is noted by their numbers, and of what they count as', async () => {
  const root = mkdtempSync(join(tmpdir(), 'saltworks-published-'));
  onTestFinished(() => rmSync(root, { recursive: true }));
  const store = fileStore(root);
  const colour = '#808080';
  const campaign = {
    ...{ id: 'pond', dataset: 'pond', schema: 3 },
    categories: [
      { id: 7, name: 'cat', colour, isthing: true },
      { id: 8, name: 'tom', colour, isthing: true, merged: 7 },
      { id: 9, name: 'sky', colour, isthing: false },
    ],
    attributes: [
      { id: 1, name: 'asleep', of: 'segment', kind: 'flag', classes: [8] },
      { id: 2, name: 'weather', of: 'image', kind: 'choice', choices: ['rain', 'sun'] },
    ],
  } as Partial<Campaign> as Campaign;
  // The dataset has given 7 away.
  await numberCategories(store, campaign, [{ id: 7, name: 'dog', isthing: 1 }]);
  const noted = await readSchema(store, { dataset: 'pond', recipe: campaignRecipe('pond') });
  expect(noted?.attributes).toEqual([
    { id: 1, name: 'asleep', of: 'segment', kind: 'flag', classes: [8, 10] },
    { id: 2, name: 'weather', of: 'image', kind: 'choice', choices: ['rain', 'sun'] },
  ]);
});
