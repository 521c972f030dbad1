/** A campaign or a dataset, as the command line names it: a campaign's id, else a dataset's name. */
import { getCampaigns } from '@saltworks/contract/api/campaigns';
import { getDatasets } from '@saltworks/contract/api/datasets';
import { subjectText as subjectPattern } from '@saltworks/contract/api/fields';
import type { Subject } from '@saltworks/contract/documents/builds';
import { InvalidInputError } from '@saltworks/contract/errors';
import type { Api } from './api.ts';

/** As addresses have it. */
export const subjectText = ({ kind, name }: Subject): string => `${kind}:${name}`;

/**
 * @param name where both exist, the campaign is meant; `dataset:NAME` and `campaign:ID` say which
 * @throws InvalidInputError if there is neither
 */
export async function findSubject(api: Api, name: string): Promise<Subject> {
  const campaign = { kind: 'campaign', name } as const;
  const dataset = { kind: 'dataset', name } as const;
  if (name.includes(':')) {
    const [kind, named] = name.split(':', 2);
    if (subjectPattern.safeParse(name).success) return { kind: kind === 'campaign' ? kind : 'dataset', name: named };
    throw new InvalidInputError(`"${name}"; expected campaign:ID, dataset:NAME, or an id or a name alone`);
  }
  if ((await api(getCampaigns)).some(({ id }) => id === name)) return campaign;
  if ((await api(getDatasets, { query: {} })).some((each) => each.name === name)) return dataset;
  throw new InvalidInputError(
    `no campaign and no dataset ${name}; expected one of: saltworks campaign ls, saltworks dataset ls`,
  );
}
