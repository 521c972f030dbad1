/**
 * zod as the contract writes its schemas: `zod/mini`, which makes the page's scripts a good deal smaller than `zod` does. Three
 * things that it leaves out are added: English words for what is wrong, fast objects, values read from texts.
 */
import { config, core, locales, never, transform, unknown, type util, ZodMiniObject } from 'zod/mini';

export * from 'zod/mini';

config(locales.en());

/** Parsed by code that is compiled for the shape, as objects of `zod` are, except on the page, whose policy forbids it. */
const CompiledObject = /* @__PURE__ */ core.$constructor<ZodMiniObject>('CompiledObject', (object, definition) => {
  core.$ZodObjectJIT.init(object, definition);
  ZodMiniObject.init(object, definition);
});

type Shape = core.$ZodLooseShape;

/** Other fields are left out. */
// @__NO_SIDE_EFFECTS__
export function object<T extends Shape>(shape: T) {
  return new CompiledObject({ type: 'object', shape }) as ZodMiniObject<util.Writeable<T>, core.$strip>;
}

/** Other fields are refused. */
// @__NO_SIDE_EFFECTS__
export function strictObject<T extends Shape>(shape: T) {
  return new CompiledObject({ type: 'object', shape, catchall: never() }) as ZodMiniObject<
    util.Writeable<T>,
    core.$strict
  >;
}

/** Other fields are kept. */
// @__NO_SIDE_EFFECTS__
export function looseObject<T extends Shape>(shape: T) {
  return new CompiledObject({ type: 'object', shape, catchall: unknown() }) as ZodMiniObject<
    util.Writeable<T>,
    core.$loose
  >;
}

/** Makes something else of a value before it is checked. */
// @__NO_SIDE_EFFECTS__
export function preprocess<S extends core.$ZodType>(make: (given: unknown) => unknown, schema: S) {
  return new core.$ZodPreprocess({ type: 'pipe', in: transform(make), out: schema }) as core.$ZodPreprocess<S>;
}

/** The schema itself, with a name or further keywords noted for JSON Schema. The same schema of another name is a clone. */
// @__NO_SIDE_EFFECTS__
export function described<S extends core.$ZodType>(schema: S, keywords: core.GlobalMeta): S {
  core.globalRegistry.add(schema, keywords);
  return schema;
}

/**
 * A schema that checks a value and changes nothing: readers hand the value on as it came, so fields that another version
 * added, and the order of fields, survive.
 */
export type Schema<T> = core.$ZodType<T, T>;
