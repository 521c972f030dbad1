import { describe, expect, test } from 'vitest';
import { Feed } from '../../src/datasets/feed.ts';

/** A list of numbers on a server: parts of given lengths, cursors that say where they begin. */
function served(lengths: number[]) {
  const asked: (string | null)[] = [];
  const read = async (after: string | null) => {
    asked.push(after);
    const part = after === null ? 0 : Number(after);
    const first = lengths.slice(0, part).reduce((sum, length) => sum + length, 0);
    const items = Array.from({ length: lengths[part] }, (_, i) => first + i);
    return { items, next: part + 1 < lengths.length ? String(part + 1) : null };
  };
  return { asked, read };
}

const rest = () => new Promise((done) => setTimeout(done, 5));

describe('a feed', () => {
  test('loads no further than the visible items', async () => {
    const { asked, read } = served([100, 100, 100]);
    const feed = new Feed(read);
    feed.look(0, 40);
    await rest();
    expect(asked).toEqual([null]);
    expect(feed.state).toEqual({ count: 100, complete: false });
    feed.look(80, 120);
    await rest();
    expect(asked).toEqual([null, '1']);
    expect(feed.at(119)).toBe(119);
    expect(feed.at(200)).toBeUndefined();
  });

  test('skips empty and short parts until the wanted items are there', async () => {
    const { asked, read } = served([0, 0, 3, 0, 5]);
    const feed = new Feed(read);
    feed.look(0, 6);
    await rest();
    expect(asked).toHaveLength(5);
    expect(feed.state).toEqual({ count: 8, complete: true });
    expect([...Array(8).keys()].map((i) => feed.at(i))).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  });

  test('drops parts far away and loads them again when visible', async () => {
    const { asked, read } = served(new Array(40).fill(10));
    const feed = new Feed(read);
    feed.look(0, 390);
    await rest();
    feed.look(380, 390);
    expect(feed.at(0)).toBeUndefined();
    expect(feed.at(389)).toBe(389);
    const before = asked.length;
    feed.look(0, 10);
    await rest();
    expect(feed.at(0)).toBe(0);
    expect(asked.slice(before)).toEqual([null]);
    expect(feed.state.count).toBe(390 + 10);
  });

  test('stops at an error, keeps its items, and continues on retry', async () => {
    const { read } = served([10, 10]);
    let broken = true;
    const feed = new Feed((after) => (after !== null && broken ? Promise.reject(new Error('away')) : read(after)));
    feed.look(0, 15);
    await rest();
    expect(feed.state).toMatchObject({ count: 10, complete: false, error: new Error('away') });
    broken = false;
    feed.again();
    await rest();
    expect(feed.state).toMatchObject({ count: 20, complete: true, error: undefined });
  });

  test('notifies nobody after it is closed', async () => {
    const { read } = served([10]);
    const feed = new Feed(read);
    let told = 0;
    feed.subscribe(() => told++);
    feed.look(0, 10);
    feed.close();
    await rest();
    expect(told).toBe(0);
  });
});
