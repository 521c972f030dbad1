/** All accounts, for administrators. */

import {
  type Account,
  type AccountChanges,
  deleteUserAccess,
  getUsers,
  patchUser,
  postUserLink,
  postUsers,
} from '@saltworks/contract/api/accounts';
import { useState } from 'react';
import { ask } from '../api.ts';
import { AskTwice } from '../ask-twice.tsx';
import { useAttempt } from '../attempt.ts';
import { useLoaded } from '../load.ts';
import { Table } from '../plots/table.tsx';
import { Await, Panel } from '../states.tsx';
import { SignInLinks, useSignInLinks } from './sign-in-links.tsx';

export function PeoplePanel({ me }: { me: string }) {
  const accounts = useLoaded(getUsers, {});
  const { links, add } = useSignInLinks();
  const { failure, attempt } = useAttempt(accounts.again);
  const change = (id: string, changes: AccountChanges) =>
    void attempt(() => ask(patchUser, { params: { user: id }, body: changes }));
  const invite = ({ id, email }: Account) =>
    void attempt(async () => add(email, (await ask(postUserLink, { params: { user: id } })).link));
  const revoke = ({ id }: Account) => void attempt(() => ask(deleteUserAccess, { params: { user: id } }));
  return (
    <Panel title="Accounts">
      <Await loaded={accounts} what="accounts">
        {(list) => (
          <Table
            caption="All accounts"
            columns={[
              { name: 'Name' },
              { name: 'E-mail' },
              { name: 'Role' },
              { name: 'Sign-in' },
              { name: 'Sessions and keys' },
              { name: 'End' },
            ]}
            rows={list.map((account) => [
              account.name,
              account.email,
              // Administrators cannot demote or disable themselves: somebody must be able to undo it.
              account.id === me ? (
                account.role
              ) : (
                <select
                  key={account.id}
                  value={account.role}
                  aria-label={`Role of ${account.name}`}
                  onChange={({ target }) => change(account.id, { role: target.value as Account['role'] })}
                >
                  <option value="member">member</option>
                  <option value="admin">admin</option>
                </select>
              ),
              account.disabled ? (
                'ended'
              ) : (
                <button
                  key={account.id}
                  type="button"
                  className="quiet"
                  aria-label={`Make a link that signs ${account.name} in`}
                  onClick={() => invite(account)}
                >
                  Make a link
                </button>
              ),
              account.disabled ? (
                'ended'
              ) : (
                <AskTwice key={account.id} label="Revoke" what={account.name} act={() => revoke(account)} />
              ),
              account.id === me ? (
                ''
              ) : account.disabled ? (
                <button
                  key={account.id}
                  type="button"
                  className="quiet"
                  aria-label={`Restore ${account.name}`}
                  onClick={() => change(account.id, { disabled: false })}
                >
                  Restore
                </button>
              ) : (
                <AskTwice
                  key={account.id}
                  label="End"
                  what={account.name}
                  act={() => change(account.id, { disabled: true })}
                />
              ),
            ])}
          />
        )}
      </Await>
      <p role="alert" className="failure">
        {failure}
      </p>
      <SignInLinks links={links} />
      <NewAccount
        made={(who, link, mailed) => {
          if (link) add(who, link, mailed);
          accounts.again();
        }}
      />
    </Panel>
  );
}

function NewAccount({ made }: { made(who: string, link?: string, mailed?: boolean): void }) {
  const [failure, setFailure] = useState('');
  const add = async (event: React.FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = event.currentTarget;
    const [email, name] = ['email', 'name'].map((field) => String(new FormData(form).get(field)).trim());
    try {
      const { link, mailed } = await ask(postUsers, { body: { email, name } });
      setFailure('');
      form.reset();
      made(email, link, mailed);
    } catch (error) {
      setFailure((error as Error).message);
    }
  };
  return (
    <form onSubmit={add}>
      <div className="add">
        <label>
          Name
          <input name="name" required maxLength={100} autoComplete="off" />
        </label>
        <label>
          E-mail
          <input name="email" type="email" required autoComplete="off" />
        </label>
        <button type="submit">Make an account</button>
      </div>
      <p role="alert" className="failure">
        {failure}
      </p>
    </form>
  );
}
