/** Nodes put between other tensors or given other attributes, and names that no tensor has yet. */
import { makeNode } from './make.ts';
import { ATTRIBUTE, NODE, type Node, readNode } from './model.ts';
import { type Field, lastOf, readFields, stringOf, stringPart, writeFields } from './protobuf.ts';

/** The same node, attributes and unknown fields included, with other inputs, and other outputs if given. */
export function rewire(node: Node, inputs: readonly string[], outputs: readonly string[] = node.outputs): Node {
  const ends: readonly number[] = [NODE.input, NODE.output];
  const kept = readFields(node.bytes, 'ONNX node').filter(({ number }) => !ends.includes(number));
  return readNode(
    writeFields([
      ...inputs.map((name) => stringPart(NODE.input, name)),
      ...outputs.map((name) => stringPart(NODE.output, name)),
      ...kept,
    ]),
  );
}

/** The same node with one attribute replaced, or added. */
export function withInts(node: Node, name: string, values: readonly number[]): Node {
  const kept = readFields(node.bytes, 'ONNX node').filter(
    (field) => field.number !== NODE.attribute || attributeName(field) !== name,
  );
  const made = readFields(makeNode('', [], [], { [name]: [...values] }).bytes, 'ONNX node');
  return readNode(writeFields([...kept, ...made.filter(({ number }) => number === NODE.attribute)]));
}

function attributeName({ payload }: Field): string {
  const field = lastOf(readFields(payload, 'ONNX attribute'), ATTRIBUTE.name);
  return field ? stringOf(field) : '';
}

/** Makes names that no tensor has, each once. @param names of all tensors of the graph */
export function freshNames(names: Iterable<string>): (wanted: string) => string {
  const taken = new Set(names);
  return (wanted) => {
    let name = wanted;
    for (let i = 2; taken.has(name); i++) name = `${wanted}.${i}`;
    taken.add(name);
    return name;
  };
}
