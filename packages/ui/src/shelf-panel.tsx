/** Puts a campaign or a dataset into the archive, takes it out again, or deletes it once its name is typed. */
import { type ReactNode, useState } from 'react';
import { useAttempt } from './attempt.ts';
import { Panel } from './states.tsx';
import { TypeToConfirm } from './type-to-confirm.tsx';

export function ShelfPanel({
  what,
  name,
  archived,
  words,
  warning,
  archive,
  unarchive,
  remove,
  changed,
}: {
  what: 'campaign' | 'dataset';
  /** To be typed. */
  name: string;
  archived: boolean;
  /** What the archive is, for what lies in it and for what does not yet. */
  words: { archived: string; current: string };
  /** What goes when it is deleted. */
  warning: ReactNode;
  archive(): Promise<unknown>;
  unarchive(): Promise<unknown>;
  remove(): Promise<unknown>;
  changed(): void;
}) {
  const { failure, attempt } = useAttempt(changed);
  const [asked, setAsked] = useState(false);
  return (
    <Panel title="Archive and delete">
      <div className="state">
        <p>{archived ? words.archived : words.current}</p>
        <span className="buttons">
          {archived ? (
            <button type="button" onClick={() => void attempt(unarchive)}>
              Take out of the archive
            </button>
          ) : (
            <button type="button" onClick={() => void attempt(archive)}>
              Archive
            </button>
          )}
          <button type="button" onClick={() => setAsked(true)}>
            Delete this {what}
          </button>
        </span>
      </div>
      <p role="alert" className="failure">
        {failure}
      </p>
      {asked && (
        <TypeToConfirm
          title={`Delete this ${what}`}
          name={name}
          label="Delete"
          act={() => {
            setAsked(false);
            void attempt(remove);
          }}
          close={() => setAsked(false)}
        >
          <p>{warning}</p>
        </TypeToConfirm>
      )}
    </Panel>
  );
}
