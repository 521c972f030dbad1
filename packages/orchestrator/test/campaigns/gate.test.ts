import { defaultThresholds } from '@saltworks/contract/documents/comparisons';
import type { Kysely } from 'kysely';
import { beforeAll, expect, test } from 'vitest';
import { changeCampaign } from '../../dist/campaigns/change.js';
import type { Schema } from '../../dist/db/schema.js';
import { describeDatabases } from '../databases.ts';
import { makeCampaign } from './campaign.ts';

describeDatabases('the gate of a campaign', ({ open }) => {
  let db: Kysely<Schema>;
  beforeAll(async () => {
    db = (await open()).db;
  });

  test('has the default thresholds until somebody sets others', async () => {
    const { id, gateWorse, gateChanged } = await makeCampaign(db);
    expect({ worse: gateWorse, changed: gateChanged }).toEqual(defaultThresholds);
    const changed = await changeCampaign(db, id, { gateChanged: 0.5 }, 'owner');
    expect(changed).toMatchObject({ gateWorse: defaultThresholds.worse, gateChanged: 0.5 });
    expect(await changeCampaign(db, id, { gateWorse: 0, gateChanged: 1 }, 'owner')).toMatchObject({
      gateWorse: 0,
      gateChanged: 1,
    });
  });
});
