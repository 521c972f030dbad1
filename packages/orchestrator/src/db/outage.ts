/** Errors that mean that the database cannot be reached. */

/** Codes of the network, and PostgreSQL's for broken connections, servers that stop or start, and too many connections. */
const codes = /^(E(CONN|HOST|NET)\w+|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_AGAIN|08\w{3}|57P0[123]|53300)$/;

/** Messages of the drivers: these errors have no code. */
const words =
  /^(Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error|the thread of the database has ended|the database was busy for)/;

export function isDatabaseOutage(error: unknown): boolean {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    const { code } = cause as { code?: unknown };
    if (typeof code === 'string' && codes.test(code)) return true;
    if (words.test(cause.message)) return true;
    if (cause instanceof AggregateError && cause.errors.some(isDatabaseOutage)) return true;
  }
  return false;
}
