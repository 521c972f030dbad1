import { type Campaign, campaignDefaults } from '@saltworks/contract/api/campaigns';
import { describe, expect, test } from 'vitest';
import { campaignOf, changesOf, draftOf, emptyDraft, readDraft, slugOf } from '../../src/campaigns/draft.ts';

describe('a campaign in the form', () => {
  test.each([
    ['Cups & their handles', 'cups-their-handles'],
    ['  Bäume, Straßen 2026!', 'baume-stra-en-2026'],
    ['---', ''],
    ['日本', ''],
    [`${'a'.repeat(63)} b`, 'a'.repeat(63)],
  ])('%s is called %s in addresses', (name, slug) => {
    expect(slugOf(name)).toBe(slug);
    expect(slug === '' || /^[a-z0-9][a-z0-9-]{0,63}$/.test(slug)).toBe(true);
  });

  test('typed fields become the API’s body: category ids by place, the campaign’s id by its name', () => {
    const categories = [
      { name: 'cat', colour: '#e69f00', isthing: true },
      { name: 'sky', colour: '#56b4e9', isthing: false },
    ];
    const draft = { ...emptyDraft, name: ' Cups ', dataset: 'cups', categories, honeypots: '12.5', lease: '0.5' };
    expect(campaignOf(draft)).toEqual({
      id: 'cups',
      name: 'Cups',
      dataset: 'cups',
      instructions: '',
      annotators: 1,
      honeypotRate: 0.125,
      deadline: null,
      leaseSeconds: 30,
      blind: true,
      strokes: 'hold',
      gateWorse: 0.01,
      gateChanged: 0.15,
      unlabelled: 'allow',
      backbone: 'dinov2-small-focus',
      preset: 'best',
      ordering: 'import',
      start: null,
      categories: [
        { id: 1, ...categories[0] },
        { id: 2, ...categories[1] },
      ],
    });
    expect(campaignOf({ ...draft, id: 'mine' }).id).toBe('mine');
    const known = { ...draft, start: 'known', others: 'background', masks: 'build.0123456789abcdef' } as const;
    expect(campaignOf(known).start).toEqual({ from: 'known', others: 'background' });
    const predicted = { ...known, start: 'predicted' } as const;
    expect(campaignOf(predicted).start).toEqual({
      ...{ from: 'predicted', others: 'background', masks: 'build.0123456789abcdef' },
    });
    expect(campaignOf({ ...predicted, masks: ' ' }).start).toEqual({ from: 'predicted', others: 'background' });
    const keys = { backbone: 'dino', layer: '0', facet: 'value', longSide: '224', codec: 'int8' } as const;
    expect(campaignOf({ ...draft, ...keys })).toMatchObject({ ...keys, layer: 0, longSide: 224 });
  });

  test('its defaults are those of the command and the API', () => {
    expect(changesOf(emptyDraft).leaseSeconds).toBe(campaignDefaults.leaseSeconds);
  });

  test('a stored draft comes back as typed; one that is no longer valid does not', () => {
    const typed = { ...emptyDraft, name: 'Cups', categories: [{ name: 'cup', colour: '#ff0000', isthing: true }] };
    expect(readDraft(JSON.stringify(typed))).toEqual(typed);
    expect(readDraft('{"name":"Cups","gone":1}')).toEqual({ ...emptyDraft, name: 'Cups' });
    for (const text of [null, '', '{', 'null', '[]', '{"name":7}', '{"preset":"worst"}']) {
      expect(readDraft(text)).toEqual(emptyDraft);
    }
  });

  test('settings that nobody edits stay unchanged', () => {
    const settings = {
      name: 'Cups',
      instructions: 'Every cup.\n',
      annotators: 3,
      honeypotRate: 0.07,
      deadline: '2026-12-24T18:30:00.000Z',
      leaseSeconds: 605,
      blind: false,
      strokes: 'tolerate',
      gateWorse: 0.0125,
      gateChanged: 0.07,
      unlabelled: 'refuse',
    };
    expect(changesOf(draftOf(settings as Campaign))).toEqual(settings);
  });
});
