/** The database: whether it answers and lets us in, its version, its tables, its clock. */

import { type DatabaseState, lookAtDatabase } from '@saltworks/orchestrator/db/look';
import { isPostgres } from '@saltworks/orchestrator/db/open';
import { type Check, type Finding, fails, ok, oneLine, warning } from './check.ts';
import { skewOf } from './clock.ts';
import { isServer } from './deployment.ts';

const OLDEST = 15;

export const checkDatabase: Check = async (place, signal) => {
  const { settings, embedded, running } = place;
  if (!isServer(place)) return [];
  const { database } = settings;
  if (!isPostgres(database)) {
    // One process at a time may have the folder open: that is the server.
    if (embedded && running) return [ok('database', `${database}, open in the stack's server`)];
    if (!embedded) {
      return [
        warning(
          'database',
          `${database} is a folder of this machine`,
          'SALTWORKS_DATABASE=postgres://…, unless this is the only server',
        ),
      ];
    }
  }
  let state: DatabaseState | undefined;
  try {
    state = await lookAtDatabase(database, { signal });
  } catch (error) {
    return [fails('database', oneLine(error), mendOf(error))];
  }
  if (!state) return [ok('database', `none yet in ${database}; the first start makes it`)];
  const { version, now, asked, missing, newer, unknown, mayCreate, connections } = state;
  const findings: Finding[] = [ok('database', `${state.place} answers`)];
  if (version !== null) {
    const said = `PostgreSQL ${version}`;
    findings.push(
      Number.parseInt(version, 10) >= OLDEST
        ? ok('database.version', said)
        : fails('database.version', said, `an upgrade of PostgreSQL to ${OLDEST} or later`),
    );
    findings.push(skewOf('database.clock', 'PostgreSQL', now.getTime() - asked.getTime()));
  }
  if (connections && connections.used > 0.8 * connections.most) {
    findings.push(
      warning(
        'database.connections',
        `${connections.used} of ${connections.most} connections in use`,
        'max_connections of PostgreSQL; each server takes 11',
      ),
    );
  }
  findings.push(tables({ missing, newer, unknown, mayCreate }));
  return findings;
};

function tables({
  missing,
  newer,
  unknown,
  mayCreate,
}: Pick<DatabaseState, 'missing' | 'newer' | 'unknown' | 'mayCreate'>): Finding {
  const code = 'database.migrations';
  if (unknown !== null) return fails(code, unknown, 'the version of this process: the tables need a newer one');
  if (missing.length > 0 && !mayCreate) {
    return fails(
      code,
      `${missing.length} missing, and this account may make no tables`,
      'grant it CREATE on the schema, or let its owner run saltworks migrate',
    );
  }
  if (missing.length > 0) {
    return fails(
      code,
      `${missing.length} missing, the first ${missing[0]}`,
      'saltworks migrate; a server does it as it starts',
    );
  }
  const more = newer.length > 0 ? `; ${newer.length} of a newer version, which this one need not know` : '';
  return ok(code, `up to date${more}`);
}

/** What an error of PostgreSQL or of the network asks for. */
function mendOf(error: unknown): string {
  const { code = '' } = error as { code?: string };
  if (code.startsWith('28')) return 'user and password in SALTWORKS_DATABASE, or pg_hba.conf of PostgreSQL';
  if (code === '3D000') return 'the name in SALTWORKS_DATABASE, or make it: createdb';
  if (code === '53300') return 'max_connections of PostgreSQL';
  if (/^(ECONN|EHOST|ENET|ETIMEDOUT|ENOTFOUND|EAI_AGAIN)/.test(code)) {
    return 'host and port in SALTWORKS_DATABASE, the network, or PostgreSQL';
  }
  return 'SALTWORKS_DATABASE, or what the message says';
}
