/** Listeners by channel of the database. */

type Listener = (payload: string) => void;

export interface Channels {
  names(): string[];
  /** Calls the listeners of one channel, or of all. */
  tell(payload: string, channel?: string): void;
  listen(channel: string, listener: Listener): Promise<() => Promise<void>>;
}

/** @param subscribe like `unsubscribe`, may be called more than once for a channel; calls take effect in their order */
export function openChannels(
  subscribe: (channel: string) => Promise<void>,
  unsubscribe: (channel: string) => Promise<void>,
): Channels {
  const channels = new Map<string, Set<Listener>>();
  const leave = async (channel: string, listener: Listener) => {
    const listeners = channels.get(channel);
    if (!listeners?.delete(listener) || listeners.size > 0) return;
    channels.delete(channel);
    await unsubscribe(channel);
  };
  return {
    names: () => [...channels.keys()],
    tell(payload, channel) {
      const told = channel === undefined ? [...channels.values()] : [channels.get(channel) ?? new Set<Listener>()];
      for (const listeners of told) for (const listener of [...listeners]) listener(payload);
    },
    async listen(channel, given) {
      // A function that listens twice counts twice.
      const listener: Listener = (payload) => given(payload);
      const listeners = channels.get(channel) ?? new Set();
      channels.set(channel, listeners.add(listener));
      try {
        await subscribe(channel);
      } catch (error) {
        await leave(channel, listener).catch(() => {});
        throw error;
      }
      return () => leave(channel, listener);
    },
  };
}
