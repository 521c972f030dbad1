/**
 * What computing and storing cost, as people write it down for a forecast. Nothing has a default: what is left out costs
 * nothing that anybody knows, and is not counted.
 */
import * as z from '../zod.ts';

const money = z.number().check(z.gte(0));
const above = z.number().check(z.gt(0));

export const prices = z.strictObject({
  version: z.literal(1),
  /** As it is printed: EUR. */
  currency: z.string().check(z.minLength(1), z.maxLength(10)),
  devices: z.optional(
    z
      .array(
        z.strictObject({
          /** The device that the sample was measured on has the name that the report gives it: cpu, cuda … */
          name: z.string().check(z.minLength(1), z.maxLength(60)),
          /** Of an hour of it. */
          hour: z.optional(money),
          /** How many times as fast as the measured device it is. */
          faster: z.optional(above),
          /** Or what `backbone bench` measured there, by backbone; counts before `faster`. */
          imagesPerSecond: z.optional(z.record(z.string(), above)),
        }),
      )
      .check(z.maxLength(20)),
  ),
  /** Of an hour of one core that makes masks. */
  coreHour: z.optional(money),
  /** Of a thousand requests to the store, by kind. */
  requests: z.optional(
    z.strictObject({
      get: z.optional(money),
      put: z.optional(money),
      head: z.optional(money),
      list: z.optional(money),
    }),
  ),
  /** Of a gigabyte, 10⁹ bytes, kept for a month, and for how many months keys and masks are kept. */
  storage: z.optional(z.strictObject({ gigabyteMonth: money, months: above })),
});
export type Prices = z.infer<typeof prices>;
