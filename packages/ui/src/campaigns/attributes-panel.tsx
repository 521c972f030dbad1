/** What a running campaign wants to know of segments and images: added, changed, retired; every change is a version of its classes. */
import { type Campaign, getCampaign } from '@saltworks/contract/api/campaigns';
import { putCampaignSchema } from '@saltworks/contract/api/label-schemas';
import { type Attribute, attributeKinds, attributeTargets } from '@saltworks/contract/attributes';
import { useState } from 'react';
import { ask } from '../api.ts';
import { Field } from '../field.tsx';
import { Table } from '../plots/table.tsx';
import { Panel } from '../states.tsx';

export const attributeKindNames = { flag: 'yes or no', choice: 'choice', number: 'number', text: 'text' } as const;

interface Props {
  campaign: Campaign;
  changed(): void;
}

export function AttributesPanel({ campaign: { id: campaign, attributes = [] }, changed }: Props) {
  const [said, setSaid] = useState<{ failure?: string; done?: string }>({});
  const save = async (change: (now: Attribute[]) => Attribute[]) => {
    const params = { campaign };
    try {
      const { categories, schema, attributes = [] } = await ask(getCampaign, { params });
      const body = { after: schema, categories, attributes: change(attributes) };
      const { version } = await ask(putCampaignSchema, { params, body });
      setSaid({ done: `Saved as version ${version}; pages that draw know.` });
      changed();
      return true;
    } catch (error) {
      setSaid({ failure: (error as Error).message });
      return false;
    }
  };
  const set = (id: number, changes: Partial<Attribute>) =>
    save((now) => now.map((one) => (one.id === id ? { ...one, ...changes } : one)));
  return (
    <Panel title="Attributes">
      {attributes.length > 0 && (
        <Table
          caption="Attributes"
          columns={[{ name: 'Name' }, { name: 'Of' }, { name: 'Kind' }, { name: 'Handing in' }, { name: 'Change' }]}
          rows={attributes.map(({ id, name, of, kind, choices, required, retired }) => [
            `${name}${retired ? ' (retired)' : ''}`,
            of === 'image' ? 'images' : 'segments',
            choices ? choices.join(', ') : attributeKindNames[kind],
            required ? 'waits for it' : 'goes without',
            <span key="change">
              <button
                type="button"
                className="quiet"
                onClick={() => set(id, { required: required ? undefined : true })}
              >
                {required ? `Do not require ${name}` : `Require ${name}`}
              </button>
              <button type="button" className="quiet" onClick={() => set(id, { retired: retired ? undefined : true })}>
                {retired ? `Restore ${name}` : `Retire ${name}`}
              </button>
            </span>,
          ])}
        />
      )}
      <NewAttribute
        add={(attribute) => save((now) => [...now, { ...attribute, id: Math.max(0, ...now.map(({ id }) => id)) + 1 }])}
      />
      <p role="status">{said.done}</p>
      <p role="alert" className="failure">
        {said.failure}
      </p>
    </Panel>
  );
}

const empty = { name: '', of: 'segment', kind: 'flag', choices: '', required: false } as const;

function NewAttribute({ add }: { add(attribute: Omit<Attribute, 'id'>): Promise<boolean> }) {
  const [draft, setDraft] = useState<Record<'name' | 'of' | 'kind' | 'choices', string> & { required: boolean }>(empty);
  const change = (changes: Partial<typeof draft>) => setDraft((now) => ({ ...now, ...changes }));
  const submit = async (event: React.FormEvent) => {
    event.preventDefault();
    const { name, of, kind, choices, required } = draft;
    const listed = choices
      .split(',')
      .map((choice) => choice.trim())
      .filter((choice) => choice !== '');
    const attribute = {
      ...{ name: name.trim(), of: of as Attribute['of'], kind: kind as Attribute['kind'] },
      ...(kind === 'choice' && { choices: listed }),
      ...(required && { required }),
    };
    if (await add(attribute)) setDraft(empty);
  };
  return (
    <form className="sheet plain" onSubmit={submit}>
      <p className="hint">
        What annotators tell of segments or images beside the class. Name and kind stay once it is added.
      </p>
      <Field label="New attribute">
        <input required maxLength={100} value={draft.name} onChange={(event) => change({ name: event.target.value })} />
      </Field>
      <Field label="Of">
        <select value={draft.of} onChange={(event) => change({ of: event.target.value })}>
          {attributeTargets.map((of) => (
            <option key={of} value={of}>
              {of === 'image' ? 'images' : 'segments'}
            </option>
          ))}
        </select>
      </Field>
      <Field label="Kind">
        <select value={draft.kind} onChange={(event) => change({ kind: event.target.value })}>
          {attributeKinds.map((kind) => (
            <option key={kind} value={kind}>
              {attributeKindNames[kind]}
            </option>
          ))}
        </select>
      </Field>
      {draft.kind === 'choice' && (
        <Field label="Choices, separated by commas">
          <input required value={draft.choices} onChange={(event) => change({ choices: event.target.value })} />
        </Field>
      )}
      <label className="check">
        <input
          type="checkbox"
          checked={draft.required}
          onChange={(event) => change({ required: event.target.checked })}
        />
        Handing in waits for it
      </label>
      <div className="submit">
        <button type="submit" className="main">
          Add attribute
        </button>
      </div>
    </form>
  );
}
