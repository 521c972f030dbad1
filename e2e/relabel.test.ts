import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startStack } from '../bench/stack.mjs';
import { type DrawnCampaign, drawnCampaign, photographs, type Stack } from './drawn-campaign.ts';

describe('a campaign that is re-labelled', () => {
  let stack: Stack;
  let drawn: DrawnCampaign;

  beforeAll(async () => {
    stack = await startStack();
    drawn = await drawnCampaign(stack, 'table');
  });
  afterAll(() => stack?.stop());

  test('has strokes', async () => {
    expect(drawn.works.ann.map(({ image }) => image.name)).toEqual(photographs);
    console.log(stack.run('campaign', 'status', 'table'), stack.run('campaign', 'agreement', 'table'));
  });
});
