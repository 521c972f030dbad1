/** The pace of a campaign, and the day on which it will be done at that pace. */
import type { CampaignPace } from '@saltworks/contract/api/tasks';
import { type Kysely, sql } from 'kysely';
import type { Schema } from '../db/schema.ts';

const hourMs = 3_600_000;
const dayHours = 24;
const weekHours = 7 * dayHours;

/** The span that is counted: buckets, and hours in one. */
const spans = { hour: { buckets: 48, hours: 1 }, day: { buckets: 60, hours: dayHours } };

/** Masks that were submitted and not sent back, by hours and days of UTC. */
export async function paceOf(
  db: Kysely<Schema>,
  campaign: string,
  by: CampaignPace['by'],
  now = new Date(),
): Promise<CampaignPace> {
  const hour = Math.floor(now.getTime() / hourMs);
  const hours = await handedByHour(db, campaign, new Date((hour - spans.day.buckets * dayHours) * hourMs));
  const { lastHour, lastDay } = await lately(db, campaign, now);
  const { annotators, created } = await db
    .selectFrom('campaign')
    .select(['annotators', 'created'])
    .where('id', '=', campaign)
    .executeTakeFirstOrThrow();
  const remaining = await remainingOf(db, campaign, annotators);

  const week = hours.filter((row) => row.hour > hour - weekHours);
  const handed = week.reduce((sum, row) => sum + row.handed, 0);
  const since = new Date(Math.max(created.getTime(), now.getTime() - weekHours * hourMs));
  const { perHour, perDay } = rates(handed, week.length, now.getTime() - since.getTime());
  return {
    by,
    counts: buckets(hours, by, hour),
    remaining,
    window: { since: since.toISOString(), handed },
    perHour,
    perDay,
    finished: remaining > 0 && perDay ? finishedAt(now, remaining / perDay) : null,
    lastHour,
    lastDay,
  };
}

/** Masks that make a pace: `day` over whole days, `hour` within the first day. */
const few = { day: 4, hour: 10 };

/**
 * Masks an hour and a day. A part of a day is never scaled up to a whole one.
 *
 * @param handed masks
 * @param hours hours in which masks were submitted
 * @param ms the whole span
 */
function rates(handed: number, hours: number, ms: number): Pick<CampaignPace, 'perHour' | 'perDay'> {
  const days = ms / (dayHours * hourMs);
  const whole = days >= 1 && handed >= few.day;
  return {
    perHour: whole || handed >= few.hour ? handed / hours : null,
    perDay: whole ? handed / days : null,
  };
}

interface HourCount {
  /** Since 1970. */
  hour: number;
  handed: number;
  accepted: number;
}

/** Hours in which masks were submitted. */
async function handedByHour(db: Kysely<Schema>, campaign: string, since: Date): Promise<HourCount[]> {
  const { rows } = await sql<Record<keyof HourCount, string | number>>`
    select floor(extract(epoch from submitted) / 3600)::int as hour,
      count(*) as handed, count(*) filter (where state = 'accepted') as accepted
    from assignment
    where campaign = ${campaign} and submitted >= ${since} and state in ('submitted', 'accepted')
    group by 1`.execute(db);
  return rows.map(({ hour, handed, accepted }) => ({
    hour: Number(hour),
    handed: Number(handed),
    accepted: Number(accepted),
  }));
}

async function lately(db: Kysely<Schema>, campaign: string, now: Date) {
  const ago = (hours: number) => new Date(now.getTime() - hours * hourMs);
  const { rows } = await sql<{ hour: string | number; day: string | number }>`
    select count(*) filter (where submitted > ${ago(1)}) as hour, count(*) as day
    from assignment
    where campaign = ${campaign} and submitted > ${ago(dayHours)} and state in ('submitted', 'accepted')`.execute(db);
  return { lastHour: Number(rows[0].hour), lastDay: Number(rows[0].day) };
}

/** Masks still wanted: none of tasks that are done, and none of known images. */
async function remainingOf(db: Kysely<Schema>, campaign: string, annotators: number): Promise<number> {
  const { rows } = await sql<{ wanted: string | number; handed: string | number }>`
    with open as (select id, wanted from task where campaign = ${campaign} and state = 'open' and not honeypot and not former)
    select (select coalesce(sum(coalesce(wanted, ${annotators}::int)), 0) from open) as wanted,
      (select count(*) from open join assignment a on a.task = open.id where a.state in ('submitted', 'accepted'))
        as handed`.execute(db);
  return Math.max(0, Number(rows[0].wanted) - Number(rows[0].handed));
}

/** The last buckets, empty ones included. @param hour now */
function buckets(hours: readonly HourCount[], by: CampaignPace['by'], hour: number): CampaignPace['counts'] {
  const span = spans[by];
  const last = Math.floor(hour / span.hours);
  const counts = Array.from({ length: span.buckets }, (_, i) => ({
    at: new Date((last - span.buckets + 1 + i) * span.hours * hourMs).toISOString(),
    handed: 0,
    accepted: 0,
  }));
  for (const row of hours) {
    const found = counts[span.buckets - 1 - (last - Math.floor(row.hour / span.hours))];
    if (!found) continue;
    found.handed += row.handed;
    found.accepted += row.accepted;
  }
  return counts;
}

/** Null beyond the range of dates. */
function finishedAt(now: Date, days: number): string | null {
  const at = new Date(now.getTime() + days * dayHours * hourMs);
  return Number.isNaN(at.getTime()) ? null : at.toISOString();
}
