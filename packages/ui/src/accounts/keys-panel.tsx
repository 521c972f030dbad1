/** The caller's API keys, for scripts and commands. */
import { deleteMeKey, getMeKeys, postMeKeys } from '@saltworks/contract/api/api-keys';
import { useState } from 'react';
import { ask } from '../api.ts';
import { AskTwice } from '../ask-twice.tsx';
import { useAttempt } from '../attempt.ts';
import { useLoaded } from '../load.ts';
import { moment } from '../plots/figures.ts';
import { Table } from '../plots/table.tsx';
import { Secret } from '../secret.tsx';
import { Await, Panel } from '../states.tsx';

export function KeysPanel() {
  const keys = useLoaded(getMeKeys, {});
  const [name, setName] = useState('');
  const [made, setMade] = useState<string>();
  const { failure, attempt } = useAttempt(keys.again);
  const add = (event: React.FormEvent) => {
    event.preventDefault();
    void attempt(async () => {
      setMade((await ask(postMeKeys, { body: { name: name.trim() } })).key);
      setName('');
    });
  };
  return (
    <Panel title="API keys">
      <p className="hint">
        Whoever has one is you: the command line takes it as <code>SALTWORKS_API_KEY</code>, scripts as a bearer token.
      </p>
      <Await loaded={keys} what="keys">
        {(list) =>
          list.length === 0 ? (
            <p>None yet.</p>
          ) : (
            <Table
              caption="My API keys"
              columns={[
                { name: 'Name' },
                { name: 'Made' },
                { name: 'Last used' },
                { name: 'Ends' },
                { name: 'Revoke' },
              ]}
              rows={list.map((key) => [
                key.name,
                moment(key.created),
                key.lastUsed ? moment(key.lastUsed) : 'never',
                key.expires ? moment(key.expires) : 'never',
                <AskTwice
                  key={key.id}
                  label="Revoke"
                  what={key.name}
                  act={() => void attempt(() => ask(deleteMeKey, { params: { key: key.id } }))}
                />,
              ])}
            />
          )
        }
      </Await>
      <form onSubmit={add}>
        <div className="add">
          <label>
            New key, called
            <input required maxLength={100} value={name} onChange={(event) => setName(event.target.value)} />
          </label>
          <button type="submit">Make</button>
        </div>
      </form>
      <p role="alert" className="failure">
        {failure}
      </p>
      <div role="status">
        {made && (
          <Secret name="The new key" value={made}>
            This is the key. It is kept as a hash, so it is not shown again.
          </Secret>
        )}
      </div>
    </Panel>
  );
}
