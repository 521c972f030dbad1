/** LISTEN on a connection of its own. A lost connection comes back, and then every listener is called with ''. */
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { openChannels } from '../channels.ts';
import type { Database } from '../database.ts';

/** How often the connection is pinged, and how long an answer may take: a host can vanish without closing it. */
const PING_MS = 15_000;
const PONG_MS = 5_000;
/** Milliseconds between attempts to reconnect, at first and at most. */
const RETRY_MS = { first: 100, most: 2_000 };

interface Connection {
  client: pg.Client;
  lost: Promise<void>;
}

/** Connects with the first listener. */
export function openNotifications(config: pg.ClientConfig): Pick<Database, 'listen' | 'close'> {
  const closing = new AbortController();
  let current: Connection | undefined;
  /** The first connection. */
  let started: Promise<void> | undefined;
  let kept: Promise<void> | undefined;

  const channels = openChannels(
    async (channel) => {
      started ??= start();
      await started;
      // If the connection is lost, the next one subscribes to all channels.
      const client = current?.client;
      await client?.query(`listen ${pg.escapeIdentifier(channel)}`).catch(() => destroy(client));
    },
    async (channel) => {
      await current?.client.query(`unlisten ${pg.escapeIdentifier(channel)}`).catch(() => {});
    },
  );

  async function start(): Promise<void> {
    try {
      kept = keep(await connect());
    } catch (error) {
      started = undefined;
      throw error;
    }
  }

  async function connect(): Promise<Connection> {
    closing.signal.throwIfAborted();
    const client = new pg.Client({ ...config, query_timeout: PONG_MS });
    const lost = new Promise<void>((resolve) => client.once('end', () => resolve()));
    client.on('error', () => {});
    client.on('notification', ({ channel, payload }) => channels.tell(payload ?? '', channel));
    try {
      await client.connect();
      // From here on, new listeners subscribe themselves.
      current = { client, lost };
      for (const channel of channels.names()) await client.query(`listen ${pg.escapeIdentifier(channel)}`);
      closing.signal.throwIfAborted();
      return current;
    } catch (error) {
      current = undefined;
      destroy(client);
      throw error;
    }
  }

  /** Stays connected until closed. */
  async function keep({ client, lost }: Connection): Promise<void> {
    const ping = setInterval(() => client.query('select 1').catch(() => destroy(client)), PING_MS);
    await lost;
    clearInterval(ping);
    current = undefined;
    const next = await reconnect();
    if (!next) return;
    channels.tell('');
    return keep(next);
  }

  async function reconnect(): Promise<Connection | undefined> {
    for (let pause = RETRY_MS.first; !closing.signal.aborted; pause = Math.min(pause * 2, RETRY_MS.most)) {
      try {
        return await connect();
      } catch {
        await sleep(pause, undefined, { signal: closing.signal }).catch(() => {});
      }
    }
  }

  return {
    listen: channels.listen,
    async close() {
      closing.abort(new Error('the database is closed'));
      await started?.catch(() => {});
      if (current) destroy(current.client);
      await kept;
    },
  };
}

/** Closes at once; a proper end waits for the other side. */
function destroy(client: pg.Client): void {
  client.end().catch(() => {});
  (client as unknown as { connection: pg.Connection }).connection.stream.destroy();
}
