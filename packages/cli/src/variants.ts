/** Variants of a bake-off, as the command line spells them. */
import type { VariantChoice } from '@saltworks/contract/api/bakeoffs';
import { codecPattern, type Facet, facets, presetNames } from '@saltworks/contract/kinds';
import type { Preset } from '@saltworks/contract/options';
import { InvalidArgumentError } from 'commander';

export type Variant = VariantChoice & { backbone: string };

type Fields = Omit<Variant, 'backbone'>;

/** What may stand after the colon. */
const fields: Record<string, (text: string) => Fields> = {
  layer: (text) => ({ layer: whole(text) }),
  facet: (text) => ({ facet: oneOf<Facet>(facets, text) }),
  'long-side': (text) => ({ longSide: whole(text) }),
  codec(text) {
    if (!codecPattern.test(text)) throw new InvalidArgumentError(`codec=${text}; expected float16, int8 or pca-N.`);
    return { codec: text };
  },
  preset: (text) => ({ preset: oneOf<Preset>(presetNames, text) }),
};

/**
 * Commas part backbones, and the settings of one: `a,b:layer=9,facet=value,c` are three variants.
 *
 * @throws InvalidArgumentError in words for people
 */
export function parseVariants(text: string): Variant[] {
  const found: Variant[] = [];
  for (const part of text.split(',').map((each) => each.trim())) {
    const colon = /^(.*?):(?=[a-z-]+=)/.exec(part);
    const last = found.at(-1);
    if (colon) found.push({ backbone: named(colon[1]), ...setting(part.slice(colon[0].length)) });
    else if (part.includes('=') && last) Object.assign(last, setting(part));
    else found.push({ backbone: named(part) });
  }
  return found;
}

function setting(part: string): Fields {
  const [name, value] = [part.slice(0, part.indexOf('=')), part.slice(part.indexOf('=') + 1)];
  if (!Object.hasOwn(fields, name)) {
    throw new InvalidArgumentError(`"${part}"; expected one of ${Object.keys(fields).join('=, ')}=.`);
  }
  return fields[name](value);
}

function named(text: string): string {
  if (text !== '' && !text.includes('=')) return text;
  throw new InvalidArgumentError(`"${text}"; expected the name of a backbone, then perhaps :layer=9,facet=value.`);
}

function whole(text: string): number {
  if (/^[0-9]{1,6}$/.test(text)) return Number(text);
  throw new InvalidArgumentError(`"${text}"; expected a whole number.`);
}

function oneOf<W extends string>(words: readonly W[], text: string): W {
  const found = words.find((word) => word === text);
  if (found !== undefined) return found;
  throw new InvalidArgumentError(`"${text}"; expected one of ${words.join(', ')}.`);
}

interface Products {
  layers?: readonly number[];
  facets?: readonly Facet[];
  codecs?: readonly string[];
  presets?: readonly Preset[];
}

/** Every backbone with every layer, facet, codec and preset; what a variant spells itself stays as it is. */
export function variantsOf(spelled: readonly Variant[], { layers, facets, codecs, presets }: Products): Variant[] {
  const by = <Name extends keyof Fields>(
    variants: readonly Variant[],
    name: Name,
    values: readonly Fields[Name][] | undefined,
  ): Variant[] =>
    variants.flatMap((variant) =>
      values === undefined || variant[name] !== undefined
        ? [variant]
        : values.map((value) => ({ ...variant, [name]: value })),
    );
  return by(by(by(by(spelled, 'layer', layers), 'facet', facets), 'codec', codecs), 'preset', presets);
}
