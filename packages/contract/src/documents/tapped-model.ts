/** The document beside a tapped model in a home: what the tap found, what its check said, and what the host fills in. */
import * as z from '../zod.ts';

/** One result of the self-check. */
export const modelCheck = z.object({
  /** identity: freeing the size changed nothing. attention: query, key and value make the model's own. grid: the tokens. */
  check: z.enum(['identity', 'attention', 'grid']),
  /** Rows × columns of patches. */
  at: z.string(),
  passed: z.boolean(),
  /** The largest difference and the largest allowed, as shares of the largest value. */
  figure: z.optional(z.number()),
  limit: z.optional(z.number()),
  note: z.optional(z.string()),
});
export type ModelCheck = z.infer<typeof modelCheck>;

/** What the tap found in a model. */
export const tapFacts = z.object({
  /** Attention layers of the image's encoder. */
  layers: z.number(),
  heads: z.number(),
  /** Length of a key, heads merged. */
  dim: z.number(),
  /** Side of a patch in pixels. */
  patch: z.number(),
  /** Tokens before the patches: CLS, registers. */
  prefixTokens: z.number(),
  /** The graph's own arithmetic, a stored table, rotation of queries and keys, or none that was found. */
  positions: z.enum(['graph', 'learned', 'rope', 'none']),
  /** Rows and columns of the stored position embedding. */
  positionGrid: z.optional(z.array(z.number())),
  /** Height and width that the file declares or implies. */
  nativeSize: z.optional(z.array(z.number())),
  /** Whether the tapped model takes any multiples of the patch. */
  anySize: z.boolean(),
  /** Why the native size is the only one. */
  fixed: z.optional(z.string()),
  /** Version of the ONNX operators. */
  opset: z.number(),
  /** Of the weights of the first key projection. */
  precision: z.enum(['float32', 'float16', 'bfloat16', 'int8', 'int4']),
});
export type TapFacts = z.infer<typeof tapFacts>;

const wave = z.object({ of: z.enum(['cos', 'sin']), along: z.enum(['y', 'x']), frequency: z.number() });

export const tappedModel = z.object({
  version: z.literal(1),
  /** Of the rules that made the model: another one makes it again. */
  tap: z.number(),
  /** Hex sha256 of the file that was tapped, of the tapped model, and of the tables. */
  source: z.string(),
  model: z.string(),
  tables: z.optional(z.string()),
  input: z.string(),
  outputs: z.array(z.object({ name: z.string(), layer: z.number(), facet: z.enum(['key', 'query', 'value']) })),
  /** Tables that the host fills in; their numbers lie in a safetensors file: `prefix.N`, `grid.N`. */
  positions: z.array(z.object({ input: z.string(), d: z.number(), waves: z.optional(z.array(wave)) })),
  facts: tapFacts,
  checks: z.array(modelCheck),
});
export type TappedModel = z.infer<typeof tappedModel>;
