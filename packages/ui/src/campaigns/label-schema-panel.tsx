/** A running campaign's classes: added, renamed, merged, described, retired; every change is a version. */

import { type Campaign, getCampaignMembers, type LabelCategory } from '@saltworks/contract/api/campaigns';
import { getCampaignSchema, type LabelSchema, putCampaignSchema } from '@saltworks/contract/api/label-schemas';
import { useState } from 'react';
import { ask } from '../api.ts';
import { useLoaded } from '../load.ts';
import { moment } from '../plots/figures.ts';
import { Table } from '../plots/table.tsx';
import { Await, Panel } from '../states.tsx';
import { AddClasses } from './add-classes.tsx';
import { addCategories } from './categories.ts';
import { ClassPicturesEditor } from './class-pictures-editor.tsx';
import { namesOf } from './people.ts';

interface Props {
  campaign: Campaign;
  changed(): void;
}

export function LabelSchemaPanel({ campaign, changed }: Props) {
  const place = { params: { campaign: campaign.id } };
  const versions = useLoaded(getCampaignSchema, place, 30_000);
  const [made, setMade] = useState<string>();
  return (
    <Panel title="Classes" aside={versions.value && <span className="hint">Version {versions.value[0].version}</span>}>
      <Await loaded={versions} what="classes">
        {(all) => (
          <>
            <Editor
              // Another version, by whomever, is edited anew.
              key={all[0].version}
              campaign={campaign.id}
              now={all[0]}
              saved={(version) => {
                setMade(`Saved as version ${version}; pages that draw know.`);
                versions.again();
                changed();
              }}
              again={versions.again}
            />
            <p role="status">{made}</p>
            {all.length > 1 && <Versions campaign={campaign.id} versions={all} />}
          </>
        )}
      </Await>
    </Panel>
  );
}

interface EditorProps {
  campaign: string;
  now: LabelSchema;
  saved(version: number): void;
  again(): void;
}

function Editor({ campaign, now, saved, again }: EditorProps) {
  const [categories, setCategories] = useState(now.categories);
  const [failure, setFailure] = useState<string>();
  const set = (id: number, changes: Partial<LabelCategory> | ((category: LabelCategory) => Partial<LabelCategory>)) =>
    setCategories((all) =>
      all.map((category) =>
        category.id === id
          ? { ...category, ...(typeof changes === 'function' ? changes(category) : changes) }
          : category,
      ),
    );
  /** As it was saved: while a name is typed, its fields keep theirs. */
  const nameOf = (id: number) =>
    now.categories.find((category) => category.id === id)?.name ??
    categories.find((category) => category.id === id)?.name ??
    `class ${id}`;
  const isNew = (id: number) => !now.categories.some((category) => category.id === id);
  const save = async (event: React.FormEvent) => {
    event.preventDefault();
    try {
      const body = { after: now.version, categories };
      const { version } = await ask(putCampaignSchema, { params: { campaign }, body });
      setFailure(undefined);
      saved(version);
    } catch (error) {
      setFailure((error as Error).message);
      again();
    }
  };
  const same = JSON.stringify(categories) === JSON.stringify(now.categories);
  return (
    <form className="sheet plain categories running" onSubmit={save}>
      <p className="hint">
        A new name holds for all that was drawn, too. A retired class stays in what was drawn, and is no longer offered;
        what was drawn of a merged one counts as the other from then on. Exports may ask for any version.
      </p>
      <ol>
        {categories.map(
          ({ id, name, isthing, colour, description = '', pictures = [], retired = false, merged, shortcut = '' }) => (
            <li key={id}>
              <input
                type="color"
                value={colour}
                aria-label={`Colour of ${name}`}
                onChange={(event) => set(id, { colour: event.target.value })}
              />
              <span>
                <input
                  value={name}
                  maxLength={100}
                  required
                  aria-label={`Name of ${nameOf(id)}`}
                  onChange={(event) => set(id, { name: event.target.value })}
                />
                {!isthing && <small> stuff</small>}
                {retired && <small> {merged === undefined ? 'retired' : `counts as ${nameOf(merged)}`}</small>}
              </span>
              <input
                className="key"
                value={shortcut}
                maxLength={1}
                pattern="[0-9a-z]"
                placeholder="Key"
                aria-label={`Key of ${nameOf(id)}`}
                title="After a comma, this key begins a segment of the class"
                onChange={(event) => set(id, { shortcut: event.target.value.toLowerCase() || undefined })}
              />
              <input
                value={description}
                maxLength={2_000}
                placeholder="What belongs to it"
                aria-label={`Description of ${name}`}
                onChange={(event) => set(id, { description: event.target.value || undefined })}
              />
              {isNew(id) ? (
                <button
                  type="button"
                  className="quiet"
                  aria-label={`Remove ${name}`}
                  onClick={() => setCategories(categories.filter((category) => category.id !== id))}
                >
                  ×
                </button>
              ) : (
                <span>
                  <button
                    type="button"
                    className="quiet"
                    aria-label={`${retired ? 'Restore' : 'Retire'} ${nameOf(id)}`}
                    onClick={() => set(id, { retired: retired ? undefined : true, merged: undefined })}
                  >
                    {retired ? 'Restore' : 'Retire'}
                  </button>
                  {!retired && (
                    <select
                      value=""
                      aria-label={`Merge ${nameOf(id)} into`}
                      onChange={(event) => set(id, { retired: true, merged: Number(event.target.value) })}
                    >
                      <option value="">Merge into…</option>
                      {categories
                        .filter((other) => other.id !== id && !other.retired && other.isthing === isthing)
                        .map((other) => (
                          <option key={other.id} value={other.id}>
                            {other.name}
                          </option>
                        ))}
                    </select>
                  )}
                </span>
              )}
              <ClassPicturesEditor
                campaign={campaign}
                name={nameOf(id)}
                pictures={pictures}
                change={(next) =>
                  set(id, ({ pictures = [] }) => {
                    const now = next(pictures);
                    return { pictures: now.length > 0 ? now : undefined };
                  })
                }
              />
            </li>
          ),
        )}
      </ol>
      <AddClasses add={(text) => setCategories(withAdded(categories, text))} />
      <div className="submit">
        <button type="submit" className="main" disabled={same}>
          Save classes
        </button>
        <p role="alert" className="failure">
          {failure}
        </p>
      </div>
    </form>
  );
}

/** Classes with those of a text, each with the next id and a free colour. */
export function withAdded(categories: readonly LabelCategory[], text: string): LabelCategory[] {
  const first = Math.max(0, ...categories.map(({ id }) => id)) + 1;
  const added = addCategories(categories, text).slice(categories.length);
  return [...categories, ...added.map((category, i) => ({ id: first + i, ...category }))];
}

/** "bus added", "van merged into car". */
function changeText(categories: readonly LabelCategory[], category: number, kind: string): string {
  const found = categories.find(({ id }) => id === category);
  const into = categories.find(({ id }) => id === found?.merged);
  return `${found?.name} ${kind}${kind === 'merged' && into ? ` into ${into.name}` : ''}`;
}

function Versions({ campaign, versions }: { campaign: string; versions: LabelSchema[] }) {
  const members = useLoaded(getCampaignMembers, { params: { campaign } });
  const nameOf = namesOf(members.value);
  return (
    <Table
      caption="Versions of the classes"
      columns={[{ name: 'Version', number: true }, { name: 'When' }, { name: 'By' }, { name: 'What' }]}
      rows={versions.map(({ version, at, by, categories, attributes = [], changes }) => [
        version,
        <time key="at" dateTime={at}>
          {moment(at)}
        </time>,
        by === null ? 'an account that is gone' : nameOf(by),
        changes.length === 0
          ? 'the first classes'
          : changes
              .map(({ category, attribute, kind }) =>
                category === undefined
                  ? `attribute ${attributes.find(({ id }) => id === attribute)?.name} ${kind}`
                  : changeText(categories, category, kind),
              )
              .join(', '),
      ])}
    />
  );
}
