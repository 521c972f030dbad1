/** The campaign or dataset whose builds a page shows. */
import type { Me } from '@saltworks/contract/api/accounts';
import { getCampaign } from '@saltworks/contract/api/campaigns';
import { getDataset } from '@saltworks/contract/api/mask-sets';
import type { Subject } from '@saltworks/contract/documents/builds';
import { storedName } from '@saltworks/core/drawing/classes';
import type { ColouredClass } from '@saltworks/core/screen/colours';
import { useEffect, useState } from 'react';
import { ask } from '../api.ts';
import { campaignTabs } from '../campaigns/tabs.tsx';
import { datasetTabs } from '../datasets/tabs.ts';
import type { KeysDraft } from '../keys/draft.ts';
import { mayIn, useMe } from '../pages/me.ts';
import type { Tab } from '../pages/shell.tsx';

/** As addresses of the API name it. */
export const textOf = ({ kind, name }: Subject): string => `${kind}:${name}`;

/** The page of its builds, of one of them, or of that one's comparison. */
export const pathOf = ({ kind, name }: Subject, ...parts: string[]): string =>
  [`/${kind}s/${name}/builds`, ...parts].join('/');

interface Known {
  title: string;
  dataset: string;
  classes: readonly ColouredClass<string>[];
  /** The keys that it draws on now. */
  keys?: Partial<KeysDraft>;
  preset?: 'best' | 'paper';
  campaigns: readonly string[];
}

export interface SubjectPage extends Partial<Known> {
  title: string;
  tabs: Tab[];
  classes: readonly ColouredClass<string>[];
  me?: Me;
  manages: boolean;
  error?: Error;
}

const none: readonly ColouredClass<string>[] = [];

export function useSubject(of: Subject): SubjectPage {
  const me = useMe().value;
  const { kind, name } = of;
  const [known, setKnown] = useState<Known>();
  const [error, setError] = useState<Error>();
  useEffect(() => {
    readSubject({ kind, name }).then(setKnown, setError);
  }, [kind, name]);
  const manages = me?.role === 'admin' || (known?.campaigns ?? [name]).some((id) => mayIn(me, id, 'manager'));
  return {
    ...known,
    title: known?.title ?? name,
    tabs: kind === 'campaign' ? campaignTabs(name, me) : datasetTabs(name, { manages, admin: me?.role === 'admin' }),
    classes: known?.classes ?? none,
    me,
    manages,
    error,
  };
}

async function readSubject({ kind, name }: Subject): Promise<Known> {
  if (kind === 'campaign') {
    const campaign = await ask(getCampaign, { params: { campaign: name } });
    const { layer, longSide, codec = '', backbone, facet } = campaign;
    const text = (n: number | undefined) => (n === undefined ? '' : String(n));
    return {
      title: campaign.name,
      dataset: campaign.dataset,
      classes: campaign.categories.map((category) => ({
        ...{ id: storedName(category), colour: category.colour, name: category.name },
      })),
      keys: { backbone, facet: facet === 'key' ? '' : facet, codec, layer: text(layer), longSide: text(longSide) },
      preset: campaign.preset,
      campaigns: [name],
    };
  }
  const { masks, campaigns } = await ask(getDataset, { params: { dataset: name } });
  const classes = new Map(
    masks.flatMap(({ classes }) => classes.map(({ name: id, colour, called }) => [id, { id, colour, name: called }])),
  );
  return {
    title: name,
    dataset: name,
    classes: [...classes.values()],
    campaigns: campaigns.map(({ id }) => id),
  };
}
