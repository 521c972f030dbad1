/** Two campaigns and everybody who could have to do with them. */
import { keysKey, maskKey, thumbnailKey, viewKey } from '@saltworks/core/contract/layout';
import { findAssignment } from '../../dist/campaigns/assignments.js';
import { addEvent } from '../../dist/campaigns/events.js';
import { takeTask } from '../../dist/campaigns/tasks.js';
import { makeCampaign, makeUser } from '../campaigns/campaign.ts';
import type { TestServer } from './server.ts';

export const roles = [
  'nobody',
  'stranger',
  'annotator',
  'colleague',
  'reviewer',
  'manager',
  'outsider',
  'admin',
] as const;
export type Role = (typeof roles)[number];

export interface World {
  keys: Record<Role, string | undefined>;
  /** Of the campaign that is looked at, and of another one, which only `outsider` and `admin` have to do with. */
  ours: Objects;
  theirs: Objects;
}

export interface Objects {
  campaign: string;
  task: string;
  /** `annotator` has it. */
  assignment: string;
  /** One that was an answer to it. */
  mask: string;
}

export async function makeWorld(server: TestServer): Promise<World> {
  const { db, store } = server.deps;
  const keys = Object.fromEntries(
    await Promise.all(
      roles.map(async (role) => [
        role,
        role === 'nobody' ? undefined : await server.key(role, role === 'admin' ? 'admin' : 'member'),
      ]),
    ),
  );
  const make = async (annotator: string, members: Parameters<typeof makeCampaign>[1], letter: string) => {
    await makeUser(db, annotator);
    const campaign = await makeCampaign(db, { annotators: 20, images: 3, ...members });
    const assignment = (await takeTask(db, campaign, annotator, { chance: 1 }))!;
    const { task, image } = await findAssignment(db, assignment);
    const mask = letter.repeat(64);
    await db.transaction().execute((tx) => addEvent(tx, assignment, 'pixel', { n: 1, mask }));
    const row = { task, mask, weights: '{}' };
    await db.insertInto('consensus').values(row).execute();
    for (const key of [
      viewKey(image.sha256),
      thumbnailKey(image.sha256),
      keysKey(campaign.backbone, image.sha256),
      maskKey(mask, '.png'),
    ]) {
      await store.put(key, new TextEncoder().encode(`${letter} of ${key}`));
    }
    await store.put(
      `catalog/${campaign.dataset}.json`,
      JSON.stringify({ version: 1, name: campaign.dataset, images: 3, bytes: 3, shards: 0, updated: '' }),
    );
    return { campaign: campaign.id, task, assignment, mask };
  };
  const ours = { annotator: ['annotator', 'colleague'], reviewer: ['reviewer'], manager: ['manager'] };
  return {
    keys,
    ours: await make('annotator', { members: ours }, 'a'),
    theirs: await make('outsider', { members: { manager: ['outsider'] } }, 'b'),
  };
}
