/**
 * The ONNX messages that graph surgery needs, as plain objects over their wire bytes. Each object keeps its message as
 * `bytes` and never changes: surgery makes new objects (make.ts) and new lists of them, and writing a model joins the
 * bytes. So every other field, known or unknown, is written back unchanged.
 *
 * Source: https://github.com/onnx/onnx/blob/main/onnx/onnx.proto (field numbers)
 */
import { InvalidInputError } from '@saltworks/contract/errors';
import {
  blockPart,
  type Field,
  floatOf,
  intOf,
  intPart,
  intsOf,
  lastOf,
  type Part,
  readFields,
  stringOf,
  writeFields,
} from './protobuf.ts';

export const MODEL = { irVersion: 1, graph: 7, opset: 8, functions: 25 };
export const OPSET = { domain: 1, version: 2 };
export const GRAPH = { node: 1, initializer: 5, input: 11, output: 12, valueInfo: 13, sparseInitializer: 15 };
export const NODE = { input: 1, output: 2, opType: 4, attribute: 5, domain: 7 };
export const ATTRIBUTE = { name: 1, f: 2, i: 3, s: 4, t: 5, g: 6, ints: 8, graphs: 11, type: 20 };
export const TENSOR = { dims: 1, dataType: 2, int64Data: 7, name: 8, rawData: 9, externalData: 13, dataLocation: 14 };
export const VALUE_INFO = { name: 1, type: 2 };
export const TENSOR_TYPE = { elemType: 1, shape: 2 };
export const DIM = { value: 1, param: 2 };

/** TensorProto.DataType */
export const FLOAT = 1;
export const INT64 = 7;
export const FLOAT16 = 10;
export const BFLOAT16 = 16;

/** A TensorProto; its values stay in `bytes`. */
export interface Tensor {
  readonly name: string;
  readonly dims: readonly number[];
  readonly dataType: number;
  /** The values lie in another file. */
  readonly external: boolean;
  readonly bytes: Uint8Array;
}

export interface Node {
  readonly opType: string;
  /** '' is ONNX itself. */
  readonly domain: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** Attribute messages by name. */
  readonly attributes: ReadonlyMap<string, readonly Field[]>;
  readonly bytes: Uint8Array;
}

/** A graph input or output, or the annotation of a tensor. A dim is a number, a name, or null if it is not given. */
export interface ValueInfo {
  readonly name: string;
  readonly elemType: number;
  /** null if the shape is not given */
  readonly dims: readonly (number | string | null)[] | null;
  readonly bytes: Uint8Array;
}

export interface Graph {
  readonly nodes: readonly Node[];
  readonly initializers: readonly Tensor[];
  readonly inputs: readonly ValueInfo[];
  readonly outputs: readonly ValueInfo[];
  readonly valueInfo: readonly ValueInfo[];
  /** All other fields. */
  readonly rest: readonly Field[];
}

export interface Model {
  readonly irVersion: number;
  /** Operator set versions by domain. */
  readonly opsets: ReadonlyMap<string, number>;
  /** How many functions the model defines itself. */
  readonly functions: number;
  readonly graph: Graph;
  /** All other fields, the operator sets and functions among them. */
  readonly rest: readonly Field[];
}

/**
 * Reads a model.
 *
 * @throws InvalidInputError if the bytes are not an ONNX model, or are damaged
 */
export function readModel(bytes: Uint8Array): Model {
  const fields = readFields(bytes, 'ONNX model');
  const graphs = fields.filter(({ number }) => number === MODEL.graph);
  if (graphs.length !== 1) {
    throw new InvalidInputError(`${bytes.length} bytes with ${graphs.length} graphs; expected an ONNX model`);
  }
  const opsets = new Map<string, number>();
  for (const { payload } of fields.filter(({ number }) => number === MODEL.opset)) {
    const opset = readFields(payload, 'operator set');
    opsets.set(domainOf(opset, OPSET.domain), int(opset, OPSET.version));
  }
  return {
    irVersion: int(fields, MODEL.irVersion),
    opsets,
    functions: fields.filter(({ number }) => number === MODEL.functions).length,
    graph: readGraph(graphs[0].payload),
    rest: fields.filter(({ number }) => number !== MODEL.graph && number !== MODEL.irVersion),
  };
}

/** Writes a model, fields in the order of their numbers: the bytes that were read, if nothing was changed. */
export function writeModel(model: Model): Uint8Array {
  const parts = [intPart(MODEL.irVersion, model.irVersion), blockPart(MODEL.graph, graphParts(model.graph))];
  return writeFields(inOrder([...parts, ...model.rest]));
}

export function readGraph(bytes: Uint8Array): Graph {
  const known = new Set([GRAPH.node, GRAPH.initializer, GRAPH.input, GRAPH.output, GRAPH.valueInfo]);
  const fields = readFields(bytes, 'ONNX graph');
  const all = <T>(wanted: number, read: (bytes: Uint8Array) => T) =>
    fields.filter(({ number }) => number === wanted).map(({ payload }) => read(payload));
  if (lastOf(fields, GRAPH.sparseInitializer)) throw new InvalidInputError('sparse initializers; expected dense ones');
  return {
    nodes: all(GRAPH.node, readNode),
    initializers: all(GRAPH.initializer, readTensor),
    inputs: all(GRAPH.input, readValueInfo),
    outputs: all(GRAPH.output, readValueInfo),
    valueInfo: all(GRAPH.valueInfo, readValueInfo),
    rest: fields.filter(({ number }) => !known.has(number)),
  };
}

function graphParts(graph: Graph): Part[] {
  const all = (number: number, items: readonly { bytes: Uint8Array }[]) =>
    items.map(({ bytes }) => blockPart(number, bytes));
  return inOrder([
    ...all(GRAPH.node, graph.nodes),
    ...all(GRAPH.initializer, graph.initializers),
    ...all(GRAPH.input, graph.inputs),
    ...all(GRAPH.output, graph.outputs),
    ...all(GRAPH.valueInfo, graph.valueInfo),
    ...graph.rest,
  ]);
}

function inOrder(parts: Part[]): Part[] {
  return parts.sort((a, b) => a.number - b.number);
}

export function readNode(bytes: Uint8Array): Node {
  const fields = readFields(bytes, 'ONNX node');
  const strings = (wanted: number) => fields.filter(({ number }) => number === wanted).map(stringOf);
  const attributes = fields
    .filter(({ number }) => number === NODE.attribute)
    .map(({ payload }) => readFields(payload, 'ONNX attribute'));
  return {
    opType: text(fields, NODE.opType),
    domain: domainOf(fields, NODE.domain),
    inputs: strings(NODE.input),
    outputs: strings(NODE.output),
    attributes: new Map(attributes.map((attribute) => [text(attribute, ATTRIBUTE.name), attribute])),
    bytes,
  };
}

export function intAttribute(node: Node, name: string): number | undefined {
  const field = attributeField(node, name, ATTRIBUTE.i);
  return field && intOf(field);
}

export function floatAttribute(node: Node, name: string): number | undefined {
  const field = attributeField(node, name, ATTRIBUTE.f);
  return field && floatOf(field);
}

export function intsAttribute(node: Node, name: string): number[] | undefined {
  const attribute = node.attributes.get(name);
  return attribute && intsOf(attribute, ATTRIBUTE.ints);
}

export function stringAttribute(node: Node, name: string): string | undefined {
  const field = attributeField(node, name, ATTRIBUTE.s);
  return field && stringOf(field);
}

export function tensorAttribute(node: Node, name: string): Tensor | undefined {
  const field = attributeField(node, name, ATTRIBUTE.t);
  return field && readTensor(field.payload);
}

/** The bodies of If, Loop and Scan. */
export function bodies(node: Node): Graph[] {
  return [...node.attributes.values()]
    .flatMap((fields) => fields.filter(({ number }) => number === ATTRIBUTE.g || number === ATTRIBUTE.graphs))
    .map(({ payload }) => readGraph(payload));
}

function attributeField(node: Node, name: string, number: number): Field | undefined {
  const attribute = node.attributes.get(name);
  return attribute && lastOf(attribute, number);
}

export function readTensor(bytes: Uint8Array): Tensor {
  const fields = readFields(bytes, 'ONNX tensor');
  return {
    name: text(fields, TENSOR.name),
    dims: intsOf(fields, TENSOR.dims),
    dataType: int(fields, TENSOR.dataType),
    external: int(fields, TENSOR.dataLocation) === 1,
    bytes,
  };
}

/** The values of a small int64 tensor, such as a shape; undefined for other types. */
export function intValues(tensor: Tensor): number[] | undefined {
  if (tensor.dataType !== INT64) return undefined;
  const fields = readFields(tensor.bytes, 'ONNX tensor');
  const raw = lastOf(fields, TENSOR.rawData)?.payload;
  if (!raw) return intsOf(fields, TENSOR.int64Data);
  const view = new DataView(raw.buffer, raw.byteOffset, raw.length);
  return Array.from({ length: Math.floor(raw.length / 8) }, (_, i) => Number(view.getBigInt64(8 * i, true)));
}

export function readValueInfo(bytes: Uint8Array): ValueInfo {
  const fields = readFields(bytes, 'ONNX value info');
  // TypeProto.tensor_type is field 1, like Dimension inside TensorShapeProto.
  const type = inside(inside(fields, VALUE_INFO.type), 1);
  const dims = inside(type, TENSOR_TYPE.shape)?.map(({ payload }) => {
    const dim = readFields(payload, 'ONNX dimension');
    const value = lastOf(dim, DIM.value);
    return value ? intOf(value) : text(dim, DIM.param) || null;
  });
  return {
    name: text(fields, VALUE_INFO.name),
    elemType: type ? int(type, TENSOR_TYPE.elemType) : 0,
    dims: dims ?? null,
    bytes,
  };
}

function inside(fields: readonly Field[] | undefined, number: number): Field[] | undefined {
  const field = fields && lastOf(fields, number);
  return field && readFields(field.payload, 'ONNX type');
}

function int(fields: readonly Field[], number: number): number {
  const field = lastOf(fields, number);
  return field ? intOf(field) : 0;
}

function text(fields: readonly Field[], number: number): string {
  const field = lastOf(fields, number);
  return field ? stringOf(field) : '';
}

/** 'ai.onnx' is the long name of ''. */
function domainOf(fields: readonly Field[], number: number): string {
  const domain = text(fields, number);
  return domain === 'ai.onnx' ? '' : domain;
}
