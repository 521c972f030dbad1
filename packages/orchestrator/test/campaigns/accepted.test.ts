import { expect, test } from 'vitest';
import { acceptedMasks } from '../../dist/campaigns/assignments/accepted.js';
import { appendInteractions } from '../../dist/campaigns/assignments/interactions.js';
import { reviewAssignment } from '../../dist/campaigns/assignments/reviews.js';
import { submitAssignment } from '../../dist/campaigns/assignments/submit.js';
import { takeTask } from '../../dist/campaigns/tasks/take.js';
import { describeDatabases } from '../databases.ts';
import { makeCampaign, makeUser } from './campaign.ts';

describeDatabases('what reviewers accept', ({ open }) => {
  test('is told by the uncertainty of accepted masks, from five on; three in four are as certain', async () => {
    const { db } = await open();
    const campaign = await makeCampaign(db, { images: 9 });
    const [ann, rev] = [await makeUser(db, 'ann'), await makeUser(db, 'rev')];
    const interactions = [{ seq: 1, interaction: { kind: 'segment' as const, id: 1, category: 1 } }];
    const options = { until: new Date(Date.now() + 60_000), size: { width: 9, height: 9 }, categories: [1, 2] };
    const handIn = async (uncertainty: number | null, accept = true) => {
      const id = (await takeTask(db, campaign, ann))!;
      await appendInteractions(db, id, { client: `window-${id}`, interactions }, options);
      await submitAssignment(db, id, { n: 1, mask: `mask of ${id}`, uncertainty });
      if (accept) await reviewAssignment(db, id, { verdict: 'accept' }, rev);
    };
    for (const uncertainty of [0.3, 0.1, 0.2, 0.4]) await handIn(uncertainty);
    await handIn(null);
    await handIn(0.9, false);
    expect(await acceptedMasks(db, campaign.id)).toBeNull();
    await handIn(0.5);
    expect(await acceptedMasks(db, campaign.id)).toEqual({ masks: 5, uncertainty: 0.4 });
    expect(await acceptedMasks(db, (await makeCampaign(db, { images: 1 })).id)).toBeNull();
  });
});
