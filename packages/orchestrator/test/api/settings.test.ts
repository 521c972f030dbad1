import { InvalidInputError } from '@saltworks/contract/errors';
import { solveOptions } from '@saltworks/core/options';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { takeTask } from '../../dist/campaigns/tasks/take.js';
import type { Database } from '../../dist/db/database.js';
import { makeCampaign, makeUser } from '../campaigns/campaign.ts';
import { describeDatabases } from '../databases.ts';
import { openServer, type TestServer } from './server.ts';

/** A backbone with an unusual factor of σ. */
const wide = { name: 'wide', sigma: 0.4 };

describeDatabases('what labels are made with', ({ open }) => {
  let database: Database;
  let server: TestServer;
  let admin: string;
  beforeAll(async () => {
    database = await open();
    server = await openServer(database, {
      async recipeOf({ extract, preset, solve }) {
        if (extract.backbone !== wide.name) throw new InvalidInputError(`backbone ${extract.backbone}`);
        return { recipe: 'a recipe', options: solveOptions(preset, wide, solve) };
      },
    });
    admin = await server.key('admin', 'admin');
  }, 60_000);
  afterAll(() => server?.close());

  const assignmentIn = async (changes: Parameters<typeof makeCampaign>[1]) => {
    const { db } = server.deps;
    const campaign = await makeCampaign(db, { backbone: wide.name, ...changes });
    const id = await takeTask(db, campaign, await makeUser(db, 'ann'));
    return { campaign: campaign.id, id };
  };
  const optionsOf = async ({ id }: { id: string | undefined }) =>
    (await server.call('GET', `/api/assignments/${id}`, { key: admin })).body.options;
  const patch = (campaign: string, body: object) =>
    server.call('PATCH', `/api/campaigns/${campaign}`, { key: admin, body });

  test('reaches the page whole: the preset, its changes, and the backbone’s factor of σ', async () => {
    const made = await assignmentIn({ preset: 'paper', solve: { alpha: 0.4 } });
    expect(await optionsOf(made)).toEqual(solveOptions('paper', wide, { alpha: 0.4 }));
    expect(await optionsOf(made)).toMatchObject({ sigmaFactor: 0.4, strokes: 'tolerate' });
  });

  test('is null for a backbone that is no longer known', async () => {
    expect(await optionsOf(await assignmentIn({ backbone: 'gone' }))).toBeNull();
  });

  test('strokes are held or tolerated as the campaign says, from its start or after a change', async () => {
    const made = await assignmentIn({ solve: { graph: 'walk' } });
    const strokes = async () => {
      const { body } = await server.call('GET', `/api/campaigns/${made.campaign}`, { key: admin });
      return [body.strokes, (await optionsOf(made)).strokes];
    };
    expect(await strokes()).toEqual(['hold', 'hold']);
    expect((await patch(made.campaign, { strokes: 'tolerate' })).body).toMatchObject({
      strokes: 'tolerate',
      solve: { graph: 'walk', strokes: 'tolerate' },
    });
    expect(await strokes()).toEqual(['tolerate', 'tolerate']);
    // Other changes do not affect it.
    await patch(made.campaign, { name: 'Pans' });
    expect(await strokes()).toEqual(['tolerate', 'tolerate']);
    expect((await patch(made.campaign, { strokes: 'maybe' })).status).toBe(400);
    expect(await optionsOf(await assignmentIn({ strokes: 'tolerate' }))).toMatchObject({ strokes: 'tolerate' });
    expect(await optionsOf(await assignmentIn({ preset: 'paper', strokes: 'hold' }))).toMatchObject({
      strokes: 'hold',
    });
  });
});
