/** Queries of campaigns that several commands share. */

import { type Account, getUsers } from '@saltworks/contract/api/accounts';
import { type Assignment, getCampaignAssignments } from '@saltworks/contract/api/assignments';
import { getCampaignMembers } from '@saltworks/contract/api/campaigns';
import type { AssignmentState } from '@saltworks/contract/api/states';
import { InvalidInputError } from '@saltworks/contract/errors';
import type { Api } from './api.ts';

/** @throws InvalidInputError unless the text can be a campaign's id */
export function campaignAt(id: string): { params: { campaign: string } } {
  if (!/^[a-z0-9][a-z0-9-]{0,63}$/.test(id)) {
    throw new InvalidInputError(`campaign "${id}"; expected a-z, 0-9 and -, at most 64`);
  }
  return { params: { campaign: id } };
}

const pageSize = 200;

/** Assignments that were submitted and not sent back. */
export const handedIn = (api: Api, id: string): Promise<Assignment[]> =>
  assignmentsIn(api, id, ['submitted', 'accepted']);

/** Assignments in these states, page by page, the newest first. */
export async function assignmentsIn(api: Api, id: string, states: readonly AssignmentState[]): Promise<Assignment[]> {
  const found: Assignment[] = [];
  for (const state of states) {
    for (let before: string | undefined; ; ) {
      const query = { state, limit: pageSize, before };
      const page = await api(getCampaignAssignments, { ...campaignAt(id), query });
      found.push(...page);
      if (page.length < pageSize) break;
      before = page[page.length - 1].id;
    }
  }
  return found;
}

/** Annotators' names by account id; a former member is named by the id. */
export async function namesOf(api: Api, id: string): Promise<(user: string) => string> {
  const members = await api(getCampaignMembers, campaignAt(id));
  const emails = new Map(members.map(({ user, email }) => [user, email]));
  return (user) => emails.get(user) ?? user;
}

/** @throws InvalidInputError if the campaign has none */
export async function findAccount(api: Api, email: string): Promise<Account> {
  const found = (await api(getUsers)).find((user) => user.email === email.toLowerCase());
  if (!found) throw new InvalidInputError(`no account ${email}; expected one of: saltworks account ls`);
  return found;
}

/** The account of a campaign's member. @throws InvalidInputError if there is none with this address */
export async function findMember(api: Api, id: string, email: string): Promise<string> {
  const members = await api(getCampaignMembers, campaignAt(id));
  const found = members.find((member) => member.email === email.toLowerCase());
  if (!found) throw new InvalidInputError(`no member ${email}; expected one of: saltworks campaign members ${id}`);
  return found.user;
}
