/** The settings of an existing campaign, changeable and fixed. */

import { type Campaign, getCampaign, patchCampaign } from '@saltworks/contract/api/campaigns';
import { keysText } from '@saltworks/contract/keys-text';
import { useState } from 'react';
import { ask } from '../api.ts';
import { AttributesPanel } from '../campaigns/attributes-panel.tsx';
import { CorpusControl } from '../campaigns/corpus-control.tsx';
import { changesOf, draftOf, type SettingsDraft } from '../campaigns/draft.ts';
import { LabelSchemaPanel } from '../campaigns/label-schema-panel.tsx';
import { SettingsFields } from '../campaigns/settings-fields.tsx';
import { CampaignShelf } from '../campaigns/shelf-panel.tsx';
import { pauseOrResume, StateControl } from '../campaigns/state-control.tsx';
import { campaignTabs } from '../campaigns/tabs.tsx';
import { Field } from '../field.tsx';
import { useLoaded } from '../load.ts';
import { moment } from '../plots/figures.ts';
import { Await, Panel } from '../states.tsx';
import { WebhooksPanel } from '../webhooks/panel.tsx';
import { useMe } from './me.ts';
import { Shell } from './shell.tsx';

export function CampaignSettingsPage({ campaign: id }: { campaign: string }) {
  const me = useMe().value;
  const campaign = useLoaded(getCampaign, { params: { campaign: id } });
  const save = {
    keys: ['mod+enter', 'mod+s'],
    show: 'Ctrl Enter',
    label: 'save the settings',
    run: () => document.querySelector('form')?.requestSubmit(),
  };
  return (
    <Shell
      title={campaign.value?.name ?? id}
      tabs={campaignTabs(id, me)}
      shortcuts={[save, { keys: ['p'], show: 'P', label: 'pause or resume', run: pauseOrResume }]}
    >
      <Await loaded={campaign} what="the campaign">
        {(value) => (
          <>
            <Panel title="State">
              <StateControl campaign={value} changed={campaign.again} />
            </Panel>
            <Panel title="Settings">
              <Form campaign={value} changed={campaign.again} />
            </Panel>
            <Panel title="Corpus">
              <CorpusControl campaign={value} changed={campaign.again} />
            </Panel>
            <LabelSchemaPanel campaign={value} changed={campaign.again} />
            <AttributesPanel campaign={value} changed={campaign.again} />
            <WebhooksPanel topic={`campaign:${value.id}`} />
            <CampaignShelf campaign={value} changed={campaign.again} />
            <Panel title="Set when it was made">
              <p className="hint">Keys and preset become those of a build that is shown. The rest is fixed.</p>
              <Fixed campaign={value} />
            </Panel>
          </>
        )}
      </Await>
    </Shell>
  );
}

function Form({ campaign, changed }: { campaign: Campaign; changed(): void }) {
  const [draft, setDraft] = useState<SettingsDraft>(() => draftOf(campaign));
  const [said, setSaid] = useState<{ failure?: string; saved?: boolean }>({});
  const change = (changes: Partial<SettingsDraft>) => {
    setDraft((now) => ({ ...now, ...changes }));
    setSaid({});
  };
  const save = async (event: React.FormEvent) => {
    event.preventDefault();
    try {
      await ask(patchCampaign, { params: { campaign: campaign.id }, body: changesOf(draft) });
      setSaid({ saved: true });
      changed();
    } catch (error) {
      setSaid({ failure: (error as Error).message });
    }
  };
  return (
    <form className="sheet plain" onSubmit={save}>
      <Field label="Name">
        <input required maxLength={200} value={draft.name} onChange={(event) => change({ name: event.target.value })} />
      </Field>
      <SettingsFields draft={draft} change={change} />
      <div className="submit">
        <button type="submit" className="main">
          Save
        </button>
        <p role="alert" className="failure">
          {said.failure}
        </p>
        <p role="status">{said.saved && 'Saved.'}</p>
      </div>
    </form>
  );
}

const Fixed = ({ campaign }: { campaign: Campaign }) => (
  <dl className="facts">
    <dt>Id</dt>
    <dd>{campaign.id}</dd>
    <dt>Dataset</dt>
    <dd>{campaign.dataset}</dd>
    <dt>Keys</dt>
    <dd>
      {keysText(campaign)} <a href={`/datasets/${campaign.dataset}/keys`}>all keys of {campaign.dataset}</a>
    </dd>
    <dt>Preset</dt>
    <dd>{campaign.preset}</dd>
    <dt>Order</dt>
    <dd>{campaign.ordering === 'import' ? 'as imported' : 'random'}</dd>
    <dt>Images begin with</dt>
    <dd>
      {!campaign.start && 'nothing'}
      {campaign.start?.from === 'known' && 'their known masks'}
      {campaign.start?.from === 'predicted' && `their masks of ${campaign.start.masks ?? 'the pre-labels'}`}
      {campaign.start?.others === 'background' && '; classes that the campaign lacks are background'}
    </dd>
    <dt>Made</dt>
    <dd>{moment(campaign.created)}</dd>
  </dl>
);
