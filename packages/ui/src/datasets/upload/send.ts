/** Sends files in parts: several at a time, patiently while nobody answers, from where an earlier try stopped. */
import {
  batchFiles,
  partBytes,
  postUploadFiles,
  putUploadFile,
  type UploadFile,
} from '@saltworks/contract/api/uploads';
import type { UploadLine } from '@saltworks/contract/documents/uploads';
import { ApiError, ask } from '../../api.ts';
import type { Dropped } from './dropped.ts';

export interface Sending {
  files: number;
  /** Files that are through: sent, or refused. */
  through: number;
  bytes: number;
  sent: number;
  refused: UploadLine[];
  /** Why it waits; empty while it goes on. */
  waits: string;
}

/** Files at the same time, and milliseconds between two requests: a caller has 1,200 a minute for everything. */
const [atOnce, paceMs] = [4, 75];
/** Milliseconds until the next try, doubled with each. */
const patience = { first: 1_000, most: 30_000 };

/**
 * @param onChange called with every step
 * @throws ApiError if the server refuses for good, the signal's reason if it is aborted
 */
export async function sendFiles(
  upload: string,
  files: readonly Dropped[],
  { signal, onChange }: { signal: AbortSignal; onChange(now: Sending): void },
): Promise<Sending> {
  const sending: Sending = {
    ...{ files: files.length, through: 0, sent: 0, refused: [], waits: '' },
    bytes: files.reduce((sum, { file }) => sum + file.size, 0),
  };
  const told = (changes: Partial<Sending>) => onChange({ ...Object.assign(sending, changes) });
  const patiently = patientOf(signal, (waits) => told({ waits }));
  const params = { upload };

  const tell = (some: readonly Dropped[]): Promise<UploadFile[]> =>
    patiently(() =>
      ask(postUploadFiles, {
        params,
        body: { files: some.map(({ name, file }) => ({ name, bytes: file.size, modified: file.lastModified })) },
      }),
    );

  const send = async (dropped: Dropped, known: UploadFile) => {
    const { file } = dropped;
    const before = sending.sent;
    let now = known;
    while (now.reason === null && now.file !== null && now.received < file.size) {
      const { file: number, received: at } = now;
      const part = file.slice(at, at + partBytes);
      told({ sent: before + at });
      try {
        now = await patiently(() =>
          ask(putUploadFile, { params: { ...params, file: String(number) }, query: { at }, body: part }),
        );
      } catch (error) {
        // Another part is due: perhaps an answer was lost.
        if (!(error instanceof ApiError) || error.status !== 409) throw error;
        [now] = await tell([dropped]);
      }
    }
    const { reason } = now;
    told({
      ...{ sent: before + file.size, through: sending.through + 1 },
      ...(reason !== null && { refused: [...sending.refused, { name: dropped.name, reason }] }),
    });
  };

  for (let from = 0; from < files.length; from += batchFiles) {
    const some = files.slice(from, from + batchFiles);
    const waiting = (await tell(some)).map((known, i) => ({ dropped: some[i], known }));
    const lane = async () => {
      for (let next = waiting.shift(); next; next = waiting.shift()) await send(next.dropped, next.known);
    };
    await Promise.all(Array.from({ length: atOnce }, lane));
  }
  return sending;
}

function patientOf(signal: AbortSignal, waiting: (why: string) => void) {
  let due = 0;
  return async <T>(work: () => Promise<T>): Promise<T> => {
    for (let wait = patience.first; ; wait = Math.min(2 * wait, patience.most)) {
      due = Math.max(due + paceMs, Date.now());
      await pause(due - Date.now(), signal);
      signal.throwIfAborted();
      try {
        const answer = await work();
        waiting('');
        return answer;
      } catch (error) {
        if (!(error instanceof ApiError) || !mayPass(error)) throw error;
        waiting(`${error.message} It goes on by itself.`);
        await pause(wait, signal);
      }
    }
  };
}

/** Nobody answered, too many requests, or trouble on the server's side; no room passes, too. */
const mayPass = ({ status }: ApiError) => status === 0 || status === 429 || status >= 500;

const pause = (ms: number, signal: AbortSignal): Promise<void> =>
  new Promise((go) => {
    const through = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', through);
      go();
    };
    const timer = setTimeout(through, ms);
    signal.addEventListener('abort', through);
  });
