/** Queries as steps of whatever asked for them: the kind of statement and its table, without a value. */
import { activeSpan, inSpan } from '@saltworks/telemetry/spans';
import type { PostgresPool, PostgresPoolClient, PostgresQueryResult } from 'kysely';

type System = 'postgresql' | 'pglite';

/** The same pool; outside all traces, calls go straight through. */
export function tracedPool(pool: PostgresPool, system: System): PostgresPool {
  return {
    async connect() {
      if (!activeSpan()) return pool.connect();
      const asked = performance.now();
      const client = await pool.connect();
      return traced(client, system, performance.now() - asked);
    },
    end: () => pool.end(),
  };
}

/** @param waited for the connection, milliseconds */
function traced(client: PostgresPoolClient, system: System, waited: number): PostgresPoolClient {
  let wait: number | undefined = waited >= 1 ? Math.round(waited) : undefined;
  const query = <R>(sql: string, parameters: readonly unknown[]): Promise<PostgresQueryResult<R>> => {
    const { operation, table } = statementOf(sql);
    const fields = {
      'db.system.name': system,
      'db.operation.name': operation,
      'db.collection.name': table,
      'saltworks.waited_ms': wait,
    };
    wait = undefined;
    return inSpan(table ? `${operation} ${table}` : operation, fields, () => client.query<R>(sql, parameters));
  };
  return { query: query as PostgresPoolClient['query'], release: () => client.release() };
}

const operations = /^\s*(select|insert|update|delete|with|begin|commit|rollback|set)\b/i;
const tables = /\b(?:from|into|update)\s+"([a-z_]+)"/i;

/** What a statement does, and to which table first. Kysely quotes names, and sends values apart. */
export function statementOf(sql: string): { operation: string; table?: string } {
  const operation = operations.exec(sql)?.[1].toLowerCase() ?? 'other';
  return { operation, table: tables.exec(sql)?.[1] };
}
