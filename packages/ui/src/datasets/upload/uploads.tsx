/** Pictures arrive in the browser: dropped or chosen, sent, imported; and uploads that wait for somebody. */
import {
  deleteUpload,
  getUpload,
  getUploadLimits,
  getUploads,
  postUploadImport,
  postUploads,
  type Upload,
  type UploadLabels,
} from '@saltworks/contract/api/uploads';
import type { UploadLine } from '@saltworks/contract/documents/uploads';
import { labelFormatFacts, labelFormatNames } from '@saltworks/contract/label-formats';
import { useEffect, useRef, useState } from 'react';
import { ask } from '../../api.ts';
import { AskTwice } from '../../ask-twice.tsx';
import { useAttempt } from '../../attempt.ts';
import { Field } from '../../field.tsx';
import { useLoaded } from '../../load.ts';
import { count, counted, size } from '../../plots/figures.ts';
import { chosenFiles, type Dropped, droppedFiles } from './dropped.ts';
import { Places } from './places.tsx';
import { type Sending, sendFiles } from './send.ts';

interface Props {
  /** The dataset that the pictures join; without one, the person names it. */
  dataset?: string;
  /** Called once pictures have joined a dataset. */
  changed(): void;
}

interface Underway {
  upload: string;
  sending: Sending;
  stop: AbortController;
}

export function Uploads({ dataset, changed }: Props) {
  const [name, setName] = useState('');
  const [labels, setLabels] = useState<UploadLabels>('auto');
  const [underway, setUnderway] = useState<Underway>();
  const [refused, setRefused] = useState<UploadLine[]>([]);
  const list = useLoaded(getUploads, { query: { dataset } }, 1_500);
  const { failure, attempt } = useAttempt(list.again);
  const target = dataset ?? name.trim();

  const states = (list.value ?? []).map(({ id, state }) => `${id} ${state}`).join();
  const before = useRef<string>(undefined);
  useEffect(() => {
    if (before.current !== undefined && before.current !== states && states.includes('done')) changed();
    if (list.value) before.current = states;
  }, [states, list.value, changed]);

  useEffect(() => {
    if (!underway) return;
    const ask = (event: BeforeUnloadEvent) => event.preventDefault();
    addEventListener('beforeunload', ask);
    return () => removeEventListener('beforeunload', ask);
  }, [underway]);

  const send = (files: Promise<Dropped[]>) =>
    attempt(async () => {
      const all = await files;
      if (all.length === 0) throw new Error('Nothing in there is a file that can be seen.');
      if (target === '') throw new Error('The dataset needs a name first.');
      const { id } = await ask(postUploads, { body: { dataset: target } });
      const stop = new AbortController();
      setRefused([]);
      try {
        const sent = await sendFiles(id, all, {
          signal: stop.signal,
          onChange: (sending) => setUnderway({ upload: id, sending, stop }),
        });
        setRefused(sent.refused);
      } catch (error) {
        if (!stop.signal.aborted) throw error;
        return;
      } finally {
        setUnderway(undefined);
      }
      const { files: told, whole } = await ask(getUpload, { params: { upload: id } });
      if (whole > 0 && whole === told) await ask(postUploadImport, { params: { upload: id }, body: { labels } });
    });

  return (
    <>
      <div className="run-form">
        <div className="fields">
          {dataset === undefined && (
            <Field label="Name of the new dataset" hint="Small letters, digits, dots, - and _; an existing one grows.">
              <input value={name} onChange={(event) => setName(event.target.value)} autoComplete="off" maxLength={64} />
            </Field>
          )}
          <LabelsField labels={labels} change={setLabels} />
        </div>
        <DropZone disabled={underway !== undefined} take={(files) => void send(files)} />
        <p role="alert" className="failure">
          {failure}
        </p>
        {underway && <Progress underway={underway} />}
        <Lines title="refused" lines={refused} all={refused.length} />
        <Places dataset={target} labels={labels} started={list.again} />
      </div>
      {list.value && list.value.length > 0 && (
        <ul className="runs" aria-label="Uploads">
          {list.value.map((upload) => (
            <li key={upload.id}>
              <Item
                upload={upload}
                labels={labels}
                sending={underway?.upload === upload.id}
                linked={dataset === undefined}
                changed={list.again}
              />
            </li>
          ))}
        </ul>
      )}
    </>
  );
}

function LabelsField({ labels, change }: { labels: UploadLabels; change(to: UploadLabels): void }) {
  return (
    <Field label="Labels beside the pictures" hint="They become the known masks of their pictures.">
      <select value={labels} onChange={(event) => change(event.target.value as UploadLabels)}>
        <option value="auto">recognised by themselves</option>
        <option value="none">none: pictures alone</option>
        {labelFormatNames.map((format) => (
          <option key={format} value={format}>
            {labelFormatFacts[format].title}
          </option>
        ))}
      </select>
    </Field>
  );
}

/** `webkitdirectory`: React has no name for it. */
const folders = { webkitdirectory: '' };

function DropZone({ disabled, take }: { disabled: boolean; take(files: Promise<Dropped[]>): void }) {
  const [over, setOver] = useState(false);
  const choose = (event: React.ChangeEvent<HTMLInputElement>) => {
    take(Promise.resolve(chosenFiles(event.target.files ?? [])));
    // The same files may be chosen again.
    event.target.value = '';
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the fields within do the same by keyboard
    <div
      className={over ? 'drop-zone over' : 'drop-zone'}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => {
        event.preventDefault();
        setOver(false);
        if (!disabled) take(droppedFiles(event.dataTransfer));
      }}
    >
      <p>
        <strong>Drop pictures, a folder or a ZIP here</strong>, or choose them:
      </p>
      <Limits />
      <p className="actions">
        <label>
          Files or a ZIP
          <input type="file" multiple disabled={disabled} onChange={choose} />
        </label>
        <label>
          A folder
          <input type="file" {...folders} multiple disabled={disabled} onChange={choose} />
        </label>
      </p>
    </div>
  );
}

/** What an upload may have, as the server says. */
function Limits() {
  const limits = useLoaded(getUploadLimits, {}).value;
  if (!limits) return null;
  const { file, zip, bytes, files } = limits;
  return (
    <p className="hint">
      At most {counted(files, 'file')} and {size(bytes)} an upload, {size(file)} a picture, {size(zip)} a ZIP.
    </p>
  );
}

function Progress({ underway: { sending, stop } }: { underway: Underway }) {
  const { files, through, bytes, sent, waits } = sending;
  return (
    <div className="progress-line">
      <progress value={bytes > 0 ? sent / bytes : 0} max={1} aria-label="Progress of the upload" />
      <span>
        {count(through)} of {counted(files, 'file')}, {size(sent)} of {size(bytes)}
      </span>
      <span role="status" className="failure">
        {waits}
      </span>
      <span>
        <button type="button" onClick={() => stop.abort()}>
          Stop
        </button>
      </span>
    </div>
  );
}

interface ItemProps {
  upload: Upload;
  /** As the form says them, for another try. */
  labels: UploadLabels;
  /** Whether this window sends it. */
  sending: boolean;
  /** Whether its dataset is linked. */
  linked: boolean;
  changed(): void;
}

const stateWords = {
  open: 'unfinished',
  importing: 'importing',
  done: 'done',
  failed: 'failed',
  cancelled: 'cancelled',
};

function Item({ upload, labels, sending, linked, changed }: ItemProps) {
  const { id, dataset, state, files, whole, bytes, received, reason, report, from } = upload;
  const shown = from && [from.place, ...(from.path === '' ? [] : [from.path])].join('/');
  const what = shown === null ? `the upload to ${dataset}` : `the import from ${shown} to ${dataset}`;
  const { failure, attempt } = useAttempt(changed);
  const start = () => attempt(() => ask(postUploadImport, { params: { upload: id }, body: { labels } }));
  const remove = () => void attempt(() => ask(deleteUpload, { params: { upload: id } }));
  const waits = state === 'open' && !sending;
  return (
    <div className="run">
      <p>
        {shown === null ? (
          <strong>Upload</strong>
        ) : (
          <>
            <strong>Import</strong> from {shown}
          </>
        )}{' '}
        to {linked && state === 'done' ? <a href={`/datasets/${dataset}`}>{dataset}</a> : dataset}{' '}
        <span className="tag">{sending ? 'sending' : stateWords[state]}</span>
      </p>
      {waits && (
        <p>
          {whole === files
            ? `${counted(files, 'file')}, ${size(bytes)}, ${files === 1 ? 'is' : 'are'} here.`
            : `${count(whole)} of ${counted(files, 'file')}, ${size(received)} of ${size(bytes)}, are here. Drop the same files again to go on.`}
        </p>
      )}
      {state === 'importing' && (
        <p role="status">
          {report?.step === 'importing'
            ? `${counted(report.files, 'file')} read, ${count(report.added)} new`
            : `${counted(report?.files ?? 0, 'file')} ${from ? 'read' : 'unpacked'}`}
        </p>
      )}
      {state === 'done' && report && <p>{outcomeOf(report)}</p>}
      {reason !== null && <p className="failure">{reason}</p>}
      {report && <Lines title="could not be used" lines={report.failures} all={report.failed} />}
      {report && <Lines title="with a remark" lines={report.notes} all={report.noted} />}
      <p role="alert" className="failure">
        {failure}
      </p>
      {!sending && (
        <p className="actions">
          {((waits && whole > 0) || state === 'failed' || state === 'cancelled' || (state === 'done' && from)) && (
            <button type="button" onClick={() => void start()} aria-label={`${startWords(upload)}: ${what}`}>
              {startWords(upload)}
            </button>
          )}
          {state === 'done' ? (
            <button type="button" className="quiet" onClick={remove} aria-label={`Dismiss ${what}`}>
              Dismiss
            </button>
          ) : (
            <AskTwice label="Discard" what={what} act={remove} />
          )}
        </p>
      )}
    </div>
  );
}

/** A place is read again for what is new, or was mended. */
function startWords({ state, report }: Upload): string {
  if (state === 'open') return 'Import what is here';
  return state === 'done' && report?.failed === 0 ? 'Import what is new' : 'Try again';
}

/** What came of an import, in one line. */
function outcomeOf({ added, unchanged, duplicates, replaced, truths, labels }: NonNullable<Upload['report']>): string {
  const parts = [
    `${count(added)} new`,
    ...(unchanged > 0 ? [`${count(unchanged)} were there`] : []),
    ...(duplicates > 0 ? [counted(duplicates, 'duplicate')] : []),
    ...(replaced > 0 ? [`${count(replaced)} replaced another picture of the same name`] : []),
    ...(truths > 0 ? [`${count(truths)} with known masks`] : []),
    ...(labels === null ? [] : [`labels of ${labels}`]),
  ];
  return `${parts.join(', ')}.`;
}

/** A line for each file; all of them are behind a click. */
function Lines({ title, lines, all }: { title: string; lines: readonly UploadLine[]; all: number }) {
  if (all === 0) return null;
  return (
    <details className="more" open={all <= 5}>
      <summary>
        {counted(all, 'file')} {title}
      </summary>
      <ul className="file-lines">
        {lines.map(({ name, reason }, i) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a file may have several lines
          <li key={i}>
            <code>{name}</code> {reason}
          </li>
        ))}
        {all > lines.length && <li>and {count(all - lines.length)} more</li>}
      </ul>
    </details>
  );
}
