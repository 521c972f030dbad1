/** Functions that a model defines itself: each call is replaced by the nodes of its body. */
import { InvalidInputError } from '@saltworks/contract/errors';
import { ATTRIBUTE, GRAPH, MODEL, type Model, NODE, type Node, OPSET, readNode, VALUE_INFO } from './model.ts';
import { blockPart, type Field, intOf, lastOf, readFields, stringOf, stringPart, writeFields } from './protobuf.ts';

const FUNCTION = { name: 1, input: 4, output: 5, node: 7, opset: 9, domain: 10, defaults: 11, overload: 13 };
const REF_ATTRIBUTE = 21;
const OVERLOAD = 8;
const NODE_NAME = 3;

/** Functions may call functions, and a small file may so claim billions of nodes. */
const MAX_DEPTH = 16;
const MAX_NODES = 50_000;

interface FunctionBody {
  inputs: string[];
  outputs: string[];
  nodes: Node[];
  /** Default attributes, by name. */
  defaults: ReadonlyMap<string, readonly Field[]>;
}

/**
 * Replaces all calls of a model's own functions.
 *
 * @throws InvalidInputError for functions that call each other without end, and for operators of another version
 */
export function inlined(model: Model): Model {
  const fields = model.rest.filter(({ number }) => number === MODEL.functions);
  if (fields.length === 0) return model;
  const opsets = new Map(model.opsets);
  const bodies = new Map<string, FunctionBody>();
  for (const { payload } of fields) {
    const own = readFields(payload, 'ONNX function');
    for (const field of own.filter(({ number }) => number === FUNCTION.opset)) importOpset(opsets, field);
    const key = [textOf(own, FUNCTION.domain), textOf(own, FUNCTION.name), textOf(own, FUNCTION.overload)].join('\n');
    bodies.set(key, readBody(own));
  }
  const nodes: Node[] = [];
  let calls = 0;
  const put = (node: Node, depth: number) => {
    const overload = textOf(readFields(node.bytes, 'ONNX node'), OVERLOAD);
    const body = bodies.get([node.domain, node.opType, overload].join('\n'));
    if (!body) {
      if (nodes.push(node) > MAX_NODES) throw new InvalidInputError(`over ${MAX_NODES} nodes; expected fewer`);
      return;
    }
    if (depth > MAX_DEPTH) throw new InvalidInputError(`functions nested ${depth} deep; expected ≤ ${MAX_DEPTH}`);
    for (const inner of bodyOf(body, node, `${node.opType}.${++calls}/`)) put(inner, depth + 1);
  };
  for (const node of model.graph.nodes) put(node, 1);
  const imports = [...opsets].filter(([domain]) => !model.opsets.has(domain));
  return {
    ...model,
    opsets,
    functions: 0,
    graph: { ...model.graph, nodes },
    rest: [
      ...model.rest.filter(({ number }) => number !== MODEL.functions),
      ...imports.flatMap(([domain, version]) => importField(domain, version)),
    ],
  };
}

function importOpset(opsets: Map<string, number>, { payload }: Field): void {
  const fields = readFields(payload, 'operator set');
  const domain = textOf(fields, OPSET.domain).replace(/^ai\.onnx$/, '');
  const field = lastOf(fields, OPSET.version);
  const version = field ? intOf(field) : 0;
  const known = opsets.get(domain) ?? version;
  if (known !== version) {
    throw new InvalidInputError(
      `a function on version ${version} of operators ${domain || 'ai.onnx'}; expected ${known}`,
    );
  }
  opsets.set(domain, version);
}

function importField(domain: string, version: number): Field[] {
  const digits: number[] = [];
  let rest = version;
  for (; rest >= 128; rest = Math.floor(rest / 128)) digits.push((rest % 128) + 128);
  const number = { number: OPSET.version, wire: 0, payload: Uint8Array.from([...digits, rest]) };
  return readFields(writeFields([blockPart(MODEL.opset, [stringPart(OPSET.domain, domain), number])]), 'model');
}

function readBody(fields: readonly Field[]): FunctionBody {
  const of = (wanted: number) => fields.filter(({ number }) => number === wanted);
  const defaults = of(FUNCTION.defaults).map(({ payload }) => readFields(payload, 'ONNX attribute'));
  return {
    inputs: of(FUNCTION.input).map(stringOf),
    outputs: of(FUNCTION.output).map(stringOf),
    nodes: of(FUNCTION.node).map(({ payload }) => readNode(payload)),
    defaults: new Map(defaults.map((attribute) => [textOf(attribute, ATTRIBUTE.name), attribute])),
  };
}

/** The nodes of one call: tensors of the caller where the function names its own, other names made unique. */
function bodyOf({ inputs, outputs, nodes, defaults }: FunctionBody, call: Node, prefix: string): Node[] {
  const names = new Map([['', '']]);
  for (const [i, name] of inputs.entries()) names.set(name, call.inputs[i] ?? '');
  for (const [i, name] of outputs.entries()) if (call.outputs[i]) names.set(name, call.outputs[i]);
  for (const { outputs: made } of nodes) {
    for (const name of made) if (!names.has(name)) names.set(name, prefix + name);
  }
  const given = (name: string) => call.attributes.get(name) ?? defaults.get(name);
  return nodes.map((node) => readNode(renamed(node.bytes, names, given)));
}

type Attributes = (name: string) => readonly Field[] | undefined;

/** A node with other names for its tensors, and with the call's attributes where it refers to them. */
function renamed(bytes: Uint8Array, names: ReadonlyMap<string, string>, given: Attributes): Uint8Array {
  const rename = (field: Field) => {
    const name = stringOf(field);
    return stringPart(field.number, names.get(name) ?? name);
  };
  return writeFields(
    readFields(bytes, 'ONNX node').flatMap((field) => {
      // The same node comes with each call, and its name must not come again.
      if (field.number === NODE_NAME) return [];
      if (field.number === NODE.input || field.number === NODE.output) return [rename(field)];
      return field.number === NODE.attribute ? attributeOf(field, names, given) : [field];
    }),
  );
}

function attributeOf(field: Field, names: ReadonlyMap<string, string>, given: Attributes) {
  const fields = readFields(field.payload, 'ONNX attribute');
  const reference = textOf(fields, REF_ATTRIBUTE);
  if (reference !== '') {
    const value = given(reference)?.filter(({ number }) => number !== ATTRIBUTE.name);
    return value
      ? [blockPart(NODE.attribute, [stringPart(ATTRIBUTE.name, textOf(fields, ATTRIBUTE.name)), ...value])]
      : [];
  }
  if (!fields.some(({ number }) => number === ATTRIBUTE.g || number === ATTRIBUTE.graphs)) return [field];
  const parts = fields.map((own) =>
    own.number === ATTRIBUTE.g || own.number === ATTRIBUTE.graphs
      ? blockPart(own.number, graphOf(own.payload, names, given))
      : own,
  );
  return [blockPart(NODE.attribute, parts)];
}

/** The body of control flow inside a function: captured names follow the call's. */
function graphOf(bytes: Uint8Array, names: ReadonlyMap<string, string>, given: Attributes): Uint8Array {
  return writeFields(
    readFields(bytes, 'ONNX graph').map((field) => {
      if (field.number === GRAPH.node) return blockPart(field.number, renamed(field.payload, names, given));
      if (field.number !== GRAPH.output) return field;
      const fields = readFields(field.payload, 'ONNX value info');
      const parts = fields.map((own) => {
        const name = own.number === VALUE_INFO.name ? stringOf(own) : '';
        return names.has(name) && name !== '' ? stringPart(VALUE_INFO.name, names.get(name) ?? name) : own;
      });
      return blockPart(field.number, parts);
    }),
  );
}

function textOf(fields: readonly Field[], number: number): string {
  const field = lastOf(fields, number);
  return field ? stringOf(field) : '';
}
