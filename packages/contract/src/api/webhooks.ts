/** Webhooks: addresses that are told what happens to builds and schedules, as Standard Webhooks has it. */
import { subject } from '../documents/builds.ts';
import { gate } from '../documents/comparisons.ts';
import * as z from '../zod.ts';
import { endpoint } from './endpoint.ts';
import { id, limit, nothing, pageOf } from './fields.ts';

/**
 * `build.ready`: the gate let it through, nobody shows it yet. `build.held`: a person must look. `build.shown`: promoted.
 * `build.rolled_back`: the build before it is shown again. `build.failed`: it was not made. `schedule.failed`: what a schedule
 * started ended without success.
 */
export const noticeEvents = [
  'build.ready',
  'build.held',
  'build.shown',
  'build.rolled_back',
  'build.failed',
  'schedule.failed',
] as const;
export type NoticeEvent = (typeof noticeEvents)[number];

/** The JSON that is sent. Readers ignore fields and types that they do not know. */
export const noticeBody = z.described(
  z.object({
    version: z.literal(1),
    /** `test`: somebody tries the webhook. */
    type: z.enum([...noticeEvents, 'test']),
    /** When it happened, ISO 8601. */
    timestamp: z.string(),
    data: z.object({
      /** Null where a schedule works for none. */
      subject: z.nullable(subject),
      /** The build that this is about, and the one that was shown before. */
      build: z.optional(z.nullable(z.string())),
      base: z.optional(z.nullable(z.string())),
      /** Name of the account; null where a schedule or the program did it. */
      by: z.optional(z.nullable(z.string())),
      /** In words: why the build was made, or why something failed. */
      why: z.optional(z.string()),
      gate: z.optional(z.nullable(gate)),
      /** The schedule that started it. */
      schedule: z.optional(z.string()),
    }),
  }),
  { id: 'Notice' },
);
export type NoticeBody = z.infer<typeof noticeBody>;

const address = z.described(z.string().check(z.maxLength(2000), z.regex(/^https?:\/\//, 'an address, https://…')), {
  format: 'uri',
});

export const webhook = z.described(
  z.object({
    id,
    url: z.string(),
    /** What it is told of; empty: everything. */
    events: z.array(z.enum(noticeEvents)),
    /** Name of the account that added it; null where that is gone. */
    by: z.nullable(z.string()),
    created: z.string(),
  }),
  { id: 'Webhook' },
);
export type Webhook = z.infer<typeof webhook>;

/** `waiting`: tried again later. `failed`: given up after the last try. */
export const deliveryStates = ['waiting', 'delivered', 'failed'] as const;

/** A notice on its way to one webhook. */
export const delivery = z.described(
  z.object({
    id,
    /** `webhook-id`: the same in all attempts. */
    message: z.string(),
    event: noticeBody.shape.type,
    state: z.enum(deliveryStates),
    created: z.string(),
    /** The newest last. Of an answer, its status alone is kept. */
    attempts: z.array(
      z.object({
        at: z.string(),
        ms: z.int(),
        status: z.nullable(z.int()),
        /** Why it counts as failed; null where it does not. */
        reason: z.nullable(z.string()),
      }),
    ),
  }),
  { id: 'Delivery' },
);
export type Delivery = z.infer<typeof delivery>;

const at = '/api/topics/:topic/webhooks';

export const getTopicWebhooks = endpoint({ method: 'GET', url: at, response: z.array(webhook) });

/** @property secret signs; told once */
export const postTopicWebhooks = endpoint({
  method: 'POST',
  url: at,
  body: z.strictObject({
    url: address,
    events: z._default(z.array(z.enum(noticeEvents)).check(z.maxLength(noticeEvents.length)), []),
  }),
  response: z.object({ webhook, secret: z.string() }),
});

export const deleteTopicWebhook = endpoint({ method: 'DELETE', url: `${at}/:webhook`, response: nothing });

/** Sends a trial. */
export const postTopicWebhookTest = endpoint({
  method: 'POST',
  url: `${at}/:webhook/test`,
  response: z.object({ delivery: id }),
});

/** The newest first. */
export const getTopicWebhookDeliveries = endpoint({
  method: 'GET',
  url: `${at}/:webhook/deliveries`,
  query: z.object({ after: z.optional(z.string()), limit }),
  response: pageOf(delivery),
});

/** Sends a delivery that is over once more, under the same `webhook-id`. */
export const postTopicWebhookRedeliver = endpoint({
  method: 'POST',
  url: `${at}/:webhook/redeliver/:delivery`,
  response: nothing,
});
