/** The form for a new schedule. */
import { getBackbones } from '@saltworks/contract/api/backbones';
import { getChannels } from '@saltworks/contract/api/channels';
import { getDatasets } from '@saltworks/contract/api/datasets';
import { mayOverlap, overlapPolicies, postSchedules } from '@saltworks/contract/api/schedules';
import { cadenceOf } from '@saltworks/contract/cadence';
import { type ExportFormat, exportFormatTitles } from '@saltworks/contract/export-formats';
import { useState } from 'react';
import { ask } from '../api.ts';
import { Field } from '../field.tsx';
import { KeysFields } from '../keys/keys-fields.tsx';
import { useLoaded } from '../load.ts';
import { mayIn, useMe } from '../pages/me.ts';
import { emptySchedule, type ScheduleDraft, scheduleOf } from './draft.ts';
import { kindNames, overlapWords, promoteWords } from './words.ts';

/** The zone of this computer's clock. */
const ownZone = () => Intl.DateTimeFormat().resolvedOptions().timeZone || 'UTC';

export function NewSchedule({ made }: { made(): void }) {
  const me = useMe().value;
  const admin = me?.role === 'admin';
  const [draft, setDraft] = useState<ScheduleDraft>(() => ({ ...emptySchedule, timezone: ownZone() }));
  const [said, setSaid] = useState<{ failure?: string; made?: string }>({});
  const datasets = useLoaded(getDatasets, { query: {} }).value ?? [];
  const change = (changes: Partial<ScheduleDraft>) => {
    setDraft((now) => ({ ...now, ...changes }));
    setSaid({});
  };
  const campaigns = (me?.campaigns ?? []).filter(({ id }) => mayIn(me, id, 'manager'));
  const subjects = [
    ...campaigns.map(({ id, name }) => [`campaign:${id}`, `Campaign ${name}`] as const),
    ...datasets.map(({ name }) => [`dataset:${name}`, `Dataset ${name}`] as const),
  ];
  const filled: ScheduleDraft = {
    ...draft,
    subject: draft.subject || (subjects[0]?.[0] ?? ''),
    campaign: draft.campaign || (campaigns[0]?.id ?? ''),
    dataset: draft.dataset || (draft.kind === 'import' ? (datasets[0]?.name ?? '') : ''),
  };
  const save = async (event: React.FormEvent) => {
    event.preventDefault();
    try {
      cadenceOf(filled.when);
      await ask(postSchedules, { body: scheduleOf(filled) });
      setSaid({ made: filled.id });
      setDraft({ ...emptySchedule, timezone: filled.timezone });
      made();
    } catch (error) {
      setSaid({ failure: (error as Error).message });
    }
  };
  const kinds = (Object.keys(kindNames) as ScheduleDraft['kind'][]).filter(
    (kind) => admin || !['import', 'expire-keys', 'expire-views'].includes(kind),
  );
  return (
    <form className="run-form wide" onSubmit={save}>
      <div className="fields">
        <Field label="Name" hint="a-z, 0-9 and -">
          <input
            required
            pattern="[a-z0-9][a-z0-9\-]{0,63}"
            title="a-z, 0-9 and -, at most 64"
            value={draft.id}
            onChange={(event) => change({ id: event.target.value })}
          />
        </Field>
        <Field label="What it does">
          <select
            value={draft.kind}
            onChange={(event) => change({ kind: event.target.value as ScheduleDraft['kind'], overlap: 'skip' })}
          >
            {kinds.map((kind) => (
              <option key={kind} value={kind}>
                {kindNames[kind]}
              </option>
            ))}
          </select>
        </Field>
      </div>
      <Work draft={filled} change={change} subjects={subjects} campaigns={campaigns} datasets={datasets} />
      <div className="fields">
        <Field label="When" hint="Minute, hour, day, month, weekday: 0 2 * * * is every night at two. Or: every 6h.">
          <input
            required
            list="cadences"
            value={draft.when}
            onChange={(event) => change({ when: event.target.value })}
          />
        </Field>
        <datalist id="cadences">
          <option value="0 2 * * *">every night at two</option>
          <option value="0 2 * * mon">every Monday at two</option>
          <option value="0 2 1 * *">on the first of a month at two</option>
          <option value="every 6h">every six hours</option>
        </datalist>
        <Field label="Time zone" hint="Whose clocks count, summer time included.">
          <input
            required
            list="zones"
            value={draft.timezone}
            onChange={(event) => change({ timezone: event.target.value })}
          />
        </Field>
        <datalist id="zones">
          {['UTC', ...Intl.supportedValuesOf('timeZone')].map((zone) => (
            <option key={zone}>{zone}</option>
          ))}
        </datalist>
        <Field label="While one is under way">
          <select
            value={draft.overlap}
            onChange={(event) => change({ overlap: event.target.value as ScheduleDraft['overlap'] })}
          >
            {overlapPolicies
              .filter((policy) => policy !== 'allow' || mayOverlap(draft.kind))
              .map((policy) => (
                <option key={policy} value={policy}>
                  {overlapWords[policy]}
                </option>
              ))}
          </select>
        </Field>
        <Field label="Times missed while nothing ran">
          <select value={draft.catchUp} onChange={(event) => change({ catchUp: event.target.value })}>
            <option value="">are left out</option>
            <option value="3600">are made up for within an hour</option>
            <option value="86400">are made up for within a day</option>
            <option value="604800">are made up for within a week</option>
          </select>
        </Field>
      </div>
      <Field label="Note" hint="May be left empty.">
        <input maxLength={500} value={draft.note} onChange={(event) => change({ note: event.target.value })} />
      </Field>
      <div className="submit">
        <button type="submit" className="main">
          Create schedule
        </button>
        <p role="alert" className="failure">
          {said.failure}
        </p>
        <p role="status">{said.made && `${said.made} is made.`}</p>
      </div>
    </form>
  );
}

interface WorkProps {
  draft: ScheduleDraft;
  change(changes: Partial<ScheduleDraft>): void;
  subjects: readonly (readonly [value: string, name: string])[];
  campaigns: readonly { id: string; name: string }[];
  datasets: readonly { name: string }[];
}

/** The fields of the chosen kind of work. */
function Work({ draft, change, subjects, campaigns, datasets }: WorkProps) {
  const backbones = useLoaded(getBackbones, {}).value;
  const channels = useLoaded(getChannels, {}).value ?? [];
  const subject = (
    <Field label="Of">
      <select required value={draft.subject} onChange={(event) => change({ subject: event.target.value })}>
        {subjects.map(([value, name]) => (
          <option key={value} value={value}>
            {name}
          </option>
        ))}
      </select>
    </Field>
  );
  switch (draft.kind) {
    case 'relabel':
      return (
        <>
          <div className="fields">
            {subject}
            <Field label="With">
              <select value={draft.channel} onChange={(event) => change({ channel: event.target.value })}>
                <option value="">a fixed backbone</option>
                {channels.map(({ name, entries }) => (
                  <option key={name} value={name}>
                    the newest of channel {name}
                    {entries.length > 0 && `, now ${entries[0].backbone}`}
                  </option>
                ))}
              </select>
            </Field>
            <Field label="Once it is made">
              <select
                value={draft.promote}
                onChange={(event) => change({ promote: event.target.value as ScheduleDraft['promote'] })}
              >
                {Object.entries(promoteWords).map(([mode, words]) => (
                  <option key={mode} value={mode}>
                    {words}
                  </option>
                ))}
              </select>
            </Field>
          </div>
          {draft.channel === '' && <KeysFields backbones={backbones} draft={draft} change={change} />}
        </>
      );
    case 'export':
      return (
        <div className="fields">
          {subject}
          <Field label="Format">
            <select value={draft.format} onChange={(event) => change({ format: event.target.value as ExportFormat })}>
              {Object.entries(exportFormatTitles).map(([value, name]) => (
                <option key={value} value={value}>
                  {name}
                </option>
              ))}
            </select>
          </Field>
          <Field label="Exports that stay" hint="Older ones are removed. Left empty: all stay.">
            <input
              type="number"
              min={1}
              max={1000}
              value={draft.keep}
              onChange={(event) => change({ keep: event.target.value })}
            />
          </Field>
        </div>
      );
    case 'consensus':
      return (
        <div className="fields">
          <Field label="Campaign">
            <select required value={draft.campaign} onChange={(event) => change({ campaign: event.target.value })}>
              {campaigns.map(({ id, name }) => (
                <option key={id} value={id}>
                  {name}
                </option>
              ))}
            </select>
          </Field>
          <Field label="Weights">
            <select
              value={draft.weights}
              onChange={(event) => change({ weights: event.target.value as ScheduleDraft['weights'] })}
            >
              <option value="reliability">by reliability</option>
              <option value="equal">all equal</option>
            </select>
          </Field>
        </div>
      );
    case 'import':
      return (
        <div className="fields">
          <Field label="Dataset">
            <select required value={draft.dataset} onChange={(event) => change({ dataset: event.target.value })}>
              {datasets.map(({ name }) => (
                <option key={name}>{name}</option>
              ))}
            </select>
          </Field>
          <Field label="From" hint="A folder that workers see, or s3://bucket/prefix. Left empty: where it came from.">
            <input maxLength={2000} value={draft.source} onChange={(event) => change({ source: event.target.value })} />
          </Field>
        </div>
      );
    case 'expire-keys':
      return (
        <div className="fields">
          <Field label="Dataset">
            <select value={draft.dataset} onChange={(event) => change({ dataset: event.target.value })}>
              <option value="">every dataset</option>
              {datasets.map(({ name }) => (
                <option key={name}>{name}</option>
              ))}
            </select>
          </Field>
          <Days
            label="Days without use"
            hint="Keys of what is shown always stay; others can be made again."
            value={draft.unused}
            change={(unused) => change({ unused })}
          />
        </div>
      );
    case 'expire-views':
      return (
        <div className="fields">
          <Days
            label="Days since they were made"
            hint="Views and thumbnails are made again when somebody looks."
            value={draft.older}
            change={(older) => change({ older })}
          />
        </div>
      );
  }
}

interface DaysProps {
  label: string;
  hint: string;
  value: string;
  change(value: string): void;
}

function Days({ label, hint, value, change }: DaysProps) {
  return (
    <Field label={label} hint={hint}>
      <input type="number" min={0} max={3650} required value={value} onChange={(event) => change(event.target.value)} />
    </Field>
  );
}
